"""What servers depend on: the graph of a stream, and changes to it. Every change is audited.

Names are kept as they were given. Whoever reads the graph gets present names: a renamed or merged server keeps its
edges, and separating two servers gives each its own back.
"""

from collections.abc import Mapping, Sequence

from webapp.core.db import Session, reading
from webapp.core.events import Event, EventKind
from webapp.core.models.assets import Asset
from webapp.core.policies import dependencies as graphs
from webapp.core.policies import inventory as policy
from webapp.core.policies.dependencies import Graph
from webapp.core.repositories import assets as asset_rows
from webapp.core.repositories import locks
from webapp.core.services import audit, streams
from webapp.core.uow import UnitOfWork, unit_of_work
from webapp.core.views.streams import Source

_SHOWN = 40


def graph(session: Session, stream_id: int) -> Graph:
    """Who needs whom, by present names, in the order of the servers; retired ones too, merged ones never."""
    every = asset_rows.every(session, stream_id)
    present = names(session, stream_id)
    found: dict[str, dict[str, None]] = {}
    for asset in every:
        server = present[asset.name]
        needs = found.setdefault(server, {})
        for one in asset.depends_on:
            needed = present.get(one, one)
            if needed != server:
                needs[needed] = None
    return {server: tuple(needs) for server, needs in found.items()}


def names(session: Session, stream_id: int) -> Mapping[str, str]:
    """The present name of the server that each name means."""
    known = asset_rows.known(session, stream_id)
    ids = {one.id: one.name for one in known.values()}
    return {name: ids[one.into_id or one.id] for name, one in known.items()}


def set_needs(slug: str, name: str, needs: Sequence[str], by: str, reason: str = "") -> tuple[str, ...]:
    """Say what one server depends on; its needs by present names. Nothing for the same again.

    Raises NotFound, Conflict, or Invalid for an unknown name and for itself.
    """
    said = policy.reason_of(reason, needed=False)
    with unit_of_work() as uow:
        stream_id, present = _held(uow, slug)
        _, asset = streams.server(uow.session, slug, name)
        wanted: dict[str, None] = {}
        for one in needs:
            needed = present.get(one)
            if needed is None:
                raise policy.wrong("depends_on", f"There is no server {one[:60]} in {slug}. Check the name.")
            try:
                graphs.check(asset.name, needed, len(wanted))
            except ValueError as error:
                raise policy.wrong("depends_on", f"{error}.") from None
            wanted[needed] = None
        before = graph(uow.session, stream_id)
        if set(before[asset.name]) == set(wanted):
            return before[asset.name]
        _write(uow, asset_rows.every(uow.session, stream_id), present, before, {**before, asset.name: tuple(wanted)})
        detail = {"stream": slug, "depends_on": list(wanted), "before": list(before[asset.name])}
        audit.record(uow, by, "set_dependencies", "asset", asset.name, said, detail)
        uow.emit(Event(EventKind.STREAM_CHANGED, stream_id, slug))
        return tuple(wanted)


def set_graph(slug: str, text: str, by: str, reason: str = "") -> tuple[int, int]:
    """Put a whole graph, as text or CSV, in the place of the one there is: how many edges came, and how many went.

    Raises NotFound, Conflict, or Invalid that names the line.
    """
    said = policy.reason_of(reason, needed=False)
    with unit_of_work() as uow:
        stream_id, present = _held(uow, slug)
        before = graph(uow.session, stream_id)
        wanted = {**dict.fromkeys(before, ()), **graphs.parse(text, present.get)}
        old, new = ({(one, needed) for one, needs in each.items() for needed in needs} for each in (before, wanted))
        if old == new:
            return 0, 0
        _write(uow, asset_rows.every(uow.session, stream_id), present, before, wanted)
        detail: dict[str, object] = {"edges": len(new)}
        detail |= {"came": _edges(new - old), "went": _edges(old - new)}
        audit.record(uow, by, "set_dependencies", "stream", slug, said, detail)
        uow.emit(Event(EventKind.STREAM_CHANGED, stream_id, slug))
        return len(new - old), len(old - new)


def written(slug: str, *, csv: bool = False) -> str:
    """The graph of a stream as it is edited, or as CSV. Raises NotFound."""
    with reading() as session:
        stream = streams.find(session, slug)
        assert stream.id is not None
        found = graph(session, stream.id)
    return graphs.as_csv(found) if csv else graphs.written(found)


def _held(uow: UnitOfWork, slug: str) -> tuple[int, Mapping[str, str]]:
    locks.take(uow.session, f"stream {slug}")
    stream = streams.find(uow.session, slug)
    policy.check_set(Source(stream.source), slug)
    assert stream.id is not None
    return stream.id, names(uow.session, stream.id)


def _write(uow: UnitOfWork, every: Sequence[Asset], present: Mapping[str, str], before: Graph, after: Graph) -> None:
    """Give each server whose needs change its own list; of what is merged into it, nothing adds to it any more."""
    changed = {server for server, needs in after.items() if before.get(server, ()) != needs}
    for asset in every:
        server = present[asset.name]
        if server in changed:
            asset.depends_on = list(after[server]) if server == asset.name else []
            uow.session.add(asset)


def _edges(edges: set[tuple[str, str]]) -> list[str]:
    listed = sorted(f"{server} -> {needed}" for server, needed in edges)
    return listed[:_SHOWN] + ([f"and {len(listed) - _SHOWN} more"] if len(listed) > _SHOWN else [])
