"""Two entries that are one server: made one, and two again. Every change is audited with its reason.

A merged server keeps its own observations. What the other one lacked is copied to it, tick by tick noted, so that
separating takes back exactly that. Both run under the lock of the stream's telemetry, and leave a batch in the
stream's books: whoever caches windows reads the ticks in it again.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from webapp.core.clock import now
from webapp.core.db import Session
from webapp.core.errors import Conflict, NotFound
from webapp.core.events import Event, EventKind
from webapp.core.jobs import BreachScan
from webapp.core.models.assets import Asset
from webapp.core.models.merges import AssetMerge
from webapp.core.models.streams import Stream
from webapp.core.models.telemetry import TelemetryBatch
from webapp.core.policies import inventory as policy
from webapp.core.repositories import assets as asset_rows
from webapp.core.repositories import locks, merges, telemetry
from webapp.core.repositories.assets import Known
from webapp.core.services import audit, streams
from webapp.core.uow import UnitOfWork, unit_of_work
from webapp.core.views.streams import Source

Key = tuple[int, int]


def merge(slug: str, name: str, into: str, by: str, reason: str) -> int:
    """Make `name` another name of the server `into`; how many ticks of its observations fill gaps of that one.

    Raises NotFound, Conflict or Invalid, naming the field.
    """
    said = policy.reason_of(reason)
    with unit_of_work() as uow:
        stream, asset = _held(uow, slug, name)
        target = asset_rows.by_name(uow.session, asset.stream_id, into.strip())
        if target is None:
            raise policy.wrong("into", f"{slug} has no server called {into[:60]}. Name the one to keep.")
        assert asset.id is not None and target.id is not None
        _check(uow.session, asset, target)
        made = AssetMerge(asset_id=asset.id, into_id=target.id, merged_by=by[:64], merged_at=now(), reason=said)
        uow.session.add(made)
        uow.session.flush()
        merges.fill(uow.session, made)
        ticks = _book(uow, made, by)
        uow.enqueue(BreachScan(asset.stream_id))
        detail = {"stream": slug, "into": target.name, "ticks": ticks}
        audit.record(uow, by, "merge", "asset", asset.name, said, detail)
        uow.emit(Event(EventKind.STREAM_CHANGED, stream.id, slug))
        return ticks


def separate(slug: str, name: str, by: str, reason: str) -> int:
    """Let a merged server stand for itself again; how many copied ticks the other one gives back.

    Raises NotFound, Conflict or Invalid.
    """
    said = policy.reason_of(reason)
    with unit_of_work() as uow:
        locks.take(uow.session, f"stream {slug}")
        stream = streams.find(uow.session, slug)
        assert stream.id is not None
        policy.check_real(Source(stream.source), slug)
        asset = asset_rows.entry(uow.session, stream.id, name)
        if asset is None or asset.id is None:
            raise NotFound(f"{slug} has no server called {name[:60]}.")
        held = merges.of(uow.session, asset.id)
        if held is None:
            raise Conflict(f"{asset.name} is not merged into another server.")
        target = asset_rows.by_id(uow.session, held.into_id)
        assert target is not None, "a merge refers to it"
        ticks = _take_back(uow, held, by)
        uow.enqueue(BreachScan(stream.id))
        detail = {"stream": slug, "from": target.name, "ticks": ticks}
        audit.record(uow, by, "separate", "asset", asset.name, said, detail)
        uow.emit(Event(EventKind.STREAM_CHANGED, stream.id, slug))
        return ticks


def _held(uow: UnitOfWork, slug: str, name: str) -> tuple[Stream, Asset]:
    locks.take(uow.session, f"stream {slug}")
    stream, asset = streams.server(uow.session, slug, name)
    policy.check_real(Source(stream.source), slug)
    return stream, asset


def _check(session: Session, asset: Asset, target: Asset) -> None:
    assert asset.id is not None
    if asset.id == target.id:
        raise policy.wrong("into", f"{asset.name} and {target.name} are one server already. Name another one.")
    if target.retired_at is not None:
        raise policy.wrong("into", f"{target.name} is retired. Bring it back first, or name another one.")
    if merges.into(session, asset.id):
        raise Conflict(f"Others are merged into {asset.name}. Separate them first, or merge the other way round.")


def _take_back(uow: UnitOfWork, held: AssetMerge, by: str) -> int:
    """Undo a merge; what others, merged into the same server, can fill of the gaps, they fill."""
    span = merges.span(uow.session, held.asset_id)
    ticks = merges.empty(uow.session, held)
    merges.drop(uow.session, held)
    for other in merges.into(uow.session, held.into_id):
        merges.fill(uow.session, other)
    if span is not None:
        _batch(uow, held.asset_id, *span, by)
    return ticks


def _book(uow: UnitOfWork, made: AssetMerge, by: str) -> int:
    """Leave a batch for what was copied; how many ticks that is."""
    span = merges.span(uow.session, made.asset_id)
    if span is None:
        return 0
    _batch(uow, made.asset_id, *span, by)
    return span[2]


def _batch(uow: UnitOfWork, asset_id: int, first: int, last: int, rows: int, by: str) -> None:
    asset = asset_rows.by_id(uow.session, asset_id)
    assert asset is not None
    batch = TelemetryBatch(
        stream_id=asset.stream_id, first_tick=first, last_tick=last, rows=rows, source=by[:64], stored_at=now()
    )
    telemetry.insert(uow.session, batch, [])


def give_way(session: Session, keys: Sequence[Key], stored: Mapping[Key, object]) -> set[Key]:
    """Drop copies that stand where servers' own observations have come now; which of the `stored` keys those were."""
    copies = merges.copied(session, [key for key in keys if key in stored])
    merges.uncopy(session, sorted(copies))
    return copies


def pass_on(session: Session, known: Mapping[str, Known], rows: Sequence[dict[str, Any]]) -> None:
    """Let just stored rows of merged servers fill the ticks that the others lack."""
    into = {one.id: one.into_id for one in known.values() if one.into_id is not None}
    wanted = [row for row in rows if row["asset_id"] in into]
    if not wanted:
        return
    there = telemetry.existing(session, [(into[row["asset_id"]] or 0, row["tick"]) for row in wanted])
    filled: dict[Key, dict[str, Any]] = {}
    for row in wanted:
        filled.setdefault((into[row["asset_id"]] or 0, row["tick"]), row)
    lacking = {key: row for key, row in filled.items() if key not in there}
    merges.note(session, [{"asset_id": row["asset_id"], "tick": row["tick"]} for row in lacking.values()])
    telemetry.insert_rows(session, [{**row, "asset_id": key[0]} for key, row in lacking.items()])
