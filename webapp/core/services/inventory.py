"""The inventory of a stream: what there is, and servers that get other names, retire and come back.

Every change is audited with its reason. Each runs in one transaction under the lock of the stream's telemetry, so a
batch sees a server as it was before or as it is afterwards, and a cycle reads whichever holds when it opens.
"""

from collections.abc import Mapping, Sequence

from ml.schema import TICK_SECONDS, Profile
from ml.streams.fleet import profile_of
from webapp.core.clock import now, tick_of, time_of
from webapp.core.db import Session, reading
from webapp.core.errors import Conflict
from webapp.core.events import Event, EventKind
from webapp.core.jobs import BreachScan
from webapp.core.models.assets import Asset, AssetAlias
from webapp.core.models.streams import Stream
from webapp.core.policies import dependencies as graphs
from webapp.core.policies import inventory as policy
from webapp.core.policies.clocks import STALE_TICKS
from webapp.core.policies.dependencies import Graph
from webapp.core.repositories import assets as rows
from webapp.core.repositories import locks, merges, telemetry
from webapp.core.repositories import streams as stream_rows
from webapp.core.services import audit, dependencies, profiles, streams, thresholds
from webapp.core.uow import UnitOfWork, unit_of_work
from webapp.core.views.inventory import Inventory, InventoryTotals, MergedEntry, Retirement, ServerEntry
from webapp.core.views.profiles import Ground, Rule
from webapp.core.views.streams import Source


def inventory(slug: str) -> Inventory:
    """Every server of a stream, retired ones too. Raises NotFound."""
    with reading() as session:
        stream = streams.find(session, slug)
        assert stream.id is not None
        graph, spans = dependencies.graph(session, stream.id), telemetry.spans(session, stream.id)
        rules, aliases = profiles.rules_of(session, stream.id), _aliases(session, stream.id)
        merged, newest = _merged(session, stream.id), _newest(stream)
        servers = tuple(
            _entry(asset, rules, graph, spans.get(asset.id or 0), newest, aliases, merged)
            for asset in rows.kept(session, stream.id)
        )
        locked = policy.locked(Source(stream.source), slug)
        return Inventory(streams.view(session, stream), now(), locked, rules, servers, graphs.circles(graph))


def _newest(stream: Stream) -> int:
    """The tick that a server which reports now has: of the wall clock, or of the stream's own."""
    live = Source(stream.source).live
    return tick_of(now()) if live or stream.tick is None else stream.tick


def _entry(
    asset: Asset, rules: Sequence[Rule], graph: Graph, span: tuple[int, int] | None, newest: int,
    aliases: Mapping[int, Sequence[str]], merged: Mapping[int, Sequence[MergedEntry]],
) -> ServerEntry:  # fmt: skip
    assert asset.id is not None
    silent = span is None or newest - span[1] > STALE_TICKS
    return ServerEntry(
        name=asset.name, chosen=profiles.chosen(asset, rules), told=asset.told_profile, set_by=asset.set_by,
        set_at=asset.set_at, labels=tuple(sorted(asset.labels.items())), sender=asset.sender, added_at=asset.added_at,
        first_at=time_of(span[0]) if span else None, last_at=time_of(span[1]) if span else None,
        aliases=tuple(aliases.get(asset.id, ())), merged=tuple(merged.get(asset.id, ())), retired=retirement(asset),
        reporting=_still_reports(asset, span, newest), silent=silent, depends_on=graph[asset.name],
        needed_by=graphs.needed_by(graph, asset.name),
    )  # fmt: skip


def retirement(asset: Asset) -> Retirement | None:
    """Since when and why a server is not watched, None while it is."""
    if asset.retired_at is None:
        return None
    return Retirement(asset.retired_at, asset.retired_by or "", asset.retired_reason or "")


def _still_reports(asset: Asset, span: tuple[int, int] | None, newest: int) -> bool:
    """Whether a retired server was heard of after that, and lately."""
    if asset.retired_at is None or span is None or newest - span[1] > STALE_TICKS:
        return False
    return time_of(span[1]).timestamp() > asset.retired_at.timestamp() + TICK_SECONDS / 2


def _aliases(session: Session, stream_id: int) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for alias in rows.aliases(session, stream_id):
        found.setdefault(alias.asset_id, []).append(alias.name)
    return found


def _merged(session: Session, stream_id: int) -> dict[int, list[MergedEntry]]:
    found: dict[int, list[MergedEntry]] = {}
    for one in merges.of_stream(session, stream_id):
        asset, span = rows.by_id(session, one.asset_id), merges.span(session, one.asset_id)
        assert asset is not None, "a merge refers to it"
        entry = MergedEntry(asset.name, one.merged_at, one.merged_by, one.reason, span[2] if span else 0)
        found.setdefault(one.into_id, []).append(entry)
    return found


def current_name(slug: str, name: str) -> str:
    """The present name of the server that a name means; the name itself where there is none."""
    with reading() as session:
        stream = stream_rows.by_slug(session, slug)
        asset = rows.by_name(session, stream.id, name) if stream is not None and stream.id is not None else None
        return name if asset is None else asset.name


def rename(slug: str, name: str, new_name: str, by: str, reason: str) -> str:
    """Give a server another name; the one that it had stays an alias. Its present name.

    Raises NotFound, Conflict or Invalid, naming the field.
    """
    said, wanted = policy.reason_of(reason), policy.name_of(new_name)
    with unit_of_work() as uow:
        stream, asset = _held(uow, slug, name)
        if asset.name == wanted:
            return wanted
        taken = rows.entry(uow.session, asset.stream_id, wanted)
        if taken is not None and taken.id != asset.id:
            whose = "" if taken.name == wanted else f", as a former name of {taken.name}"
            raise policy.wrong("name", f"There is a server {wanted} in {slug} already{whose}. Choose another name.")
        before = asset.name
        rows.forget_alias(uow.session, asset.stream_id, wanted)
        assert asset.id is not None
        uow.session.add(AssetAlias(stream_id=asset.stream_id, name=before, asset_id=asset.id, given_up_at=now()))
        asset.name = wanted
        held = asset.profile
        _keep_guess(uow, asset, before, by)
        thresholds.follow_profiles(uow, asset.stream_id, () if asset.profile == held else (asset.profile,))
        _changed(uow, stream, asset, by, "rename", said, {"before": before, "profile": asset.profile})
        return wanted


def _keep_guess(uow: UnitOfWork, asset: Asset, before: str, by: str) -> None:
    """A server that is renamed does what it did: a profile that the old name gave stays, set by who renamed it."""
    rules, held = profiles.rules_of(uow.session, asset.stream_id), asset.profile
    profiles.follow(asset, rules)
    guessed = profiles.chosen(asset, rules).ground in (Ground.NAME, Ground.NOBODY)
    if asset.profile != held and guessed and profile_of(before) == held:
        asset.profile = asset.set_profile = held
        asset.set_by, asset.set_at = by[:64], now()


def retire(slug: str, name: str, by: str, reason: str) -> None:
    """Watch a server no more; its history stays, and what it still sends is stored.

    Raises NotFound, Conflict or Invalid, naming the field.
    """
    said = policy.reason_of(reason)
    with unit_of_work() as uow:
        stream, asset = _held(uow, slug, name)
        if asset.retired_at is not None:
            raise Conflict(f"{asset.name} is retired already.")
        asset.retired_at, asset.retired_by, asset.retired_reason = now(), by[:64], said
        uow.enqueue(BreachScan(asset.stream_id))  # nobody follows its open incidents any more
        _changed(uow, stream, asset, by, "retire", said, {})


def restore(slug: str, name: str, by: str, reason: str) -> None:
    """Watch a retired server again, from the next cycle on. Raises NotFound, Conflict or Invalid, naming the field."""
    said = policy.reason_of(reason)
    with unit_of_work() as uow:
        stream, asset = _held(uow, slug, name)
        if asset.retired_at is None:
            raise Conflict(f"{asset.name} is not retired.")
        asset.retired_at = asset.retired_by = asset.retired_reason = None
        _changed(uow, stream, asset, by, "restore", said, {})


def _held(uow: UnitOfWork, slug: str, name: str) -> tuple[Stream, Asset]:
    """A server of a stream of real ones, whose telemetry waits until the change is done."""
    locks.take(uow.session, f"stream {slug}")
    stream, asset = streams.server(uow.session, slug, name)
    policy.check_real(Source(stream.source), slug)
    return stream, asset


def _changed(
    uow: UnitOfWork, stream: Stream, asset: Asset, by: str, action: str, reason: str, detail: Mapping[str, object]
) -> None:
    uow.session.add(asset)
    audit.record(uow, by, action, "asset", asset.name, reason, {"stream": stream.slug, **detail})
    uow.emit(Event(EventKind.STREAM_CHANGED, stream.id, stream.slug))


def totals() -> InventoryTotals:
    """All streams' servers in numbers, and which retired ones still report."""
    servers = unknown = retired = 0
    reporting: list[str] = []
    with reading() as session:
        every = stream_rows.all_streams(session)
        for stream in every:
            assert stream.id is not None
            spans, newest = telemetry.spans(session, stream.id), _newest(stream)
            for asset in rows.kept(session, stream.id):
                servers += asset.retired_at is None
                unknown += asset.retired_at is None and asset.profile == Profile.UNKNOWN
                retired += asset.retired_at is not None
                if _still_reports(asset, spans.get(asset.id or 0), newest):
                    reporting.append(asset.name)
    return InventoryTotals(servers, len(every), unknown, retired, tuple(reporting))
