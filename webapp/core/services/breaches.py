"""Finding breaches: what a stream has observed becomes incidents, slice by slice, beside the forecasts.

A row says how far a stream is judged: up to which tick, knowing which batches. A slice is read and judged without a
transaction; it is stored only if that row still says what it said, so two workers never both store one. Batches with
older ticks (late rows, history) take it back to the oldest of them, and what they change is judged anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from ml.schema import METRIC_INDEX, METRIC_NAMES, TICKS_PER_HOUR
from webapp.core import dispatch
from webapp.core.clock import monotonic, now, tick_of
from webapp.core.db import Session, reading
from webapp.core.events import Event, EventKind
from webapp.core.jobs import BreachScan
from webapp.core.models.assets import Asset
from webapp.core.models.incidents import Incident as Row
from webapp.core.models.streams import Stream
from webapp.core.policies import incidents as policy
from webapp.core.policies.incidents import Incident, Judged, Slice
from webapp.core.repositories import assets, forecasts, incidents, locks, scenarios, streams, telemetry
from webapp.core.services import maintenance, thresholds, twins
from webapp.core.uow import UnitOfWork, unit_of_work
from webapp.core.views.streams import Source

ROWS = 40_000
"""Observations of a slice, about: a tenth of a second, some ten megabytes."""
_LEAST_TICKS = 12
_LONGEST_S = 60.0
_SILENT = timedelta(hours=1)
"""A live stream from which nothing came for so long is judged on by the wall clock: its servers are lost sight of."""
_LATE = TICKS_PER_HOUR
"""Ticks behind the wall clock from which a live observation is history: nobody was told in time."""

_turns: dict[int, Lock] = {}
_asked: set[int] = set()


@dataclass(frozen=True, slots=True)
class Plan:
    """Ticks to judge next, and the row that has to be there unchanged when they are stored."""

    stream: Stream
    before: tuple[int, int] | None
    first: int
    last: int
    batch_id: int

    @property
    def stream_id(self) -> int:
        assert self.stream.id is not None
        return self.stream.id


@dataclass(frozen=True, slots=True)
class Read:
    """A slice with what is stored of it; ticks from `live_from` on were seen as they happened."""

    part: Slice
    servers: Sequence[Asset]
    stored: dict[int, Row]
    known: tuple[Incident, ...]
    live_from: int


def scan(stream_id: int) -> None:
    """Judge everything that is not judged yet, for a minute at most; the duty sends again what is left.

    In one process one thread a stream: whoever else is asked leaves a note for it, and goes.
    """
    _asked.add(stream_id)
    turn, deadline = _turns.setdefault(stream_id, Lock()), monotonic() + _LONGEST_S
    while stream_id in _asked and turn.acquire(blocking=False):
        try:
            _asked.discard(stream_id)
            while monotonic() < deadline and judge_next(stream_id, ROWS):
                pass
            let_go(stream_id)
        finally:
            turn.release()


def judge_next(stream_id: int, rows: int) -> bool:
    """Judge one slice of about so many observations; False when nothing was left."""
    with reading() as session:
        stream = streams.by_id(session, stream_id)
        planned = None if stream is None else plan(session, stream, rows)
        if planned is None:
            return False
        read = _read(session, planned)
    _store(planned, read, policy.judge(read.part, read.known))
    return True


def let_go(stream_id: int) -> None:
    """Lose sight of what is open on servers that are retired or merged: slices are of those that are watched."""
    with reading() as session:
        if not incidents.left_open(session, stream_id):
            return
    with unit_of_work() as uow:
        locks.take(uow.session, f"incidents:{stream_id}")
        rows, scan = incidents.left_open(uow.session, stream_id), incidents.scan_of(uow.session, stream_id)
        judged = 0 if scan is None else scan.tick
        ended = [policy.out_of_sight(_known(row, 0), max(judged, row.seen_tick)) for row in rows]
        incidents.change(uow.session, [_values(one) | {"id": one.id, "closed_at": now()} for one in ended])
        if ended:
            uow.emit(Event(EventKind.INCIDENT_CHANGED, stream_id, str(judged)))


def plan(session: Session, stream: Stream, rows: int = ROWS) -> Plan | None:
    """What is to be judged next, None when nothing is."""
    last = newest(session, stream)
    if stream.id is None or last is None:
        return None
    row = incidents.scan_of(session, stream.id)
    before = None if row is None else (row.tick, row.batch_id)
    judged, batch_id = before or (stream.history_tick - 1, 0)
    untold = telemetry.untold(session, stream.id, batch_id)
    batch_id, touched = untold or (batch_id, last + 1)
    oldest = stream.history_tick + (before is not None)  # the tick before the first one has to be kept, to go on from
    first = max(oldest, min(judged + 1, touched))
    if first > last:
        return None
    ticks = max(_LEAST_TICKS, rows // max(1, assets.count(session, stream.id)))
    return Plan(stream, before, first, min(last, first + ticks - 1), batch_id)


def newest(session: Session, stream: Stream) -> int | None:
    """The tick up to which a stream can be judged, None before any observation."""
    if stream.id is None or stream.tick is None or not Source(stream.source).live:
        return stream.tick
    stored_at = telemetry.last_stored(session, stream.id)
    silent = stored_at is None or now() - stored_at > _SILENT
    return max(stream.tick, tick_of(now())) if silent else stream.tick


def _read(session: Session, planned: Plan) -> Read:
    every = assets.of_stream(session, planned.stream_id)
    index = {one.id: at for at, one in enumerate(every) if one.id is not None}
    first, last = planned.first - 1, planned.last
    values = telemetry.window(session, planned.stream_id, list(index), first, last)
    limits = thresholds.matrix(session, planned.stream_id, [one.profile for one in every])
    part = Slice(planned.first, values, maintenance.calendar(session, every, first, last - first + 1), limits)
    touched = incidents.touched(session, planned.stream_id, planned.first, last)
    stored = {row.id: row for row in touched if row.id is not None and row.asset_id in index}
    known = [_known(row, index[row.asset_id]) for row in stored.values()]
    if planned.before is not None and planned.first <= planned.before[0]:
        known = [_as_before(session, planned, every[one.server], one) for one in known]
    return Read(part, every, stored, tuple(known), _live_from(session, planned.stream))


def _as_before(session: Session, planned: Plan, server: Asset, one: Incident) -> Incident:
    """An incident as it stood right before a plan's first tick, read again: what came after is judged anew."""
    last = planned.first - 1
    if one.start >= last:
        return one
    assert server.id is not None
    since = min(last, max(one.start, planned.stream.history_tick))
    values = telemetry.series(session, server.id, METRIC_NAMES[one.metric], since, last)
    upkeep = maintenance.calendar(session, [server], since, last - since + 1)[0]
    return policy.restored(one, since, values, upkeep)


def _live_from(session: Session, stream: Stream) -> int:
    """The first tick that was seen as it happened: a set clock's first forecast, the last hour of a live stream."""
    assert stream.id is not None
    if Source(stream.source).live:
        return tick_of(now()) - _LATE
    first = forecasts.first_origin(session, stream.id)
    return stream.anchor_tick if first is None else first


def _known(row: Row, server: int) -> Incident:
    return Incident(
        server, METRIC_INDEX[row.metric], row.threshold, row.start_tick, row.seen_tick, row.peak, row.peak_tick,
        row.in_maintenance, row.clear_tick, row.end_tick, row.closed_tick, row.lost, row.id,
    )  # fmt: skip


def _store(planned: Plan, read: Read, judged: Judged) -> None:
    """Store what a slice brought, unless somebody else did."""
    with unit_of_work() as uow:
        locks.take(uow.session, f"incidents:{planned.stream_id}")
        row = incidents.scan_of(uow.session, planned.stream_id)
        if (None if row is None else (row.tick, row.batch_id)) != planned.before:
            return
        incidents.remove(uow.session, judged.absorbed)
        changes = _changes(read, judged)
        incidents.change(uow.session, list(changes.values()))
        opened = _insert(uow, planned, read, judged)
        incidents.move_scan(uow.session, planned.stream_id, planned.last, planned.batch_id)
        if opened or judged.absorbed or _news(read, changes):
            uow.emit(Event(EventKind.INCIDENT_CHANGED, planned.stream_id, str(planned.last)))


def _changes(read: Read, judged: Judged) -> dict[int, dict[str, Any]]:
    """Known incidents that stand otherwise than stored, by id."""
    changes = {}
    for one in judged.incidents:
        if one.id is None:
            continue
        row, values = read.stored[one.id], _values(one)
        if any(getattr(row, name) != value for name, value in values.items()):
            again = one.closed is not None and row.closed_at is not None
            changes[one.id] = values | {"id": one.id, "closed_at": row.closed_at if again else _closed_at(one)}
    return changes


def _closed_at(one: Incident) -> datetime | None:
    return None if one.closed is None else now()


def _news(read: Read, changes: Mapping[int, Mapping[str, Any]]) -> bool:
    """Whether a page has more to say than that an incident was seen again."""
    return any(
        getattr(read.stored[number], name) != value
        for number, values in changes.items()
        for name, value in values.items()
        if name != "seen_tick"
    )


def _insert(uow: UnitOfWork, planned: Plan, read: Read, judged: Judged) -> bool:
    rows = [
        _values(one) | {
            "stream_id": planned.stream_id, "asset_id": read.servers[one.server].id, "metric": METRIC_NAMES[one.metric],
            "threshold": one.threshold, "opened_at": now(), "closed_at": _closed_at(one),
            "in_history": one.start + 1 < read.live_from,
            "scenario_id": _injected(uow.session, planned.stream_id, read.servers[one.server], one),
        }
        for one in judged.incidents if one.id is None
    ]  # fmt: skip
    incidents.insert(uow.session, rows)
    return bool(rows)


def _injected(session: Session, stream_id: int, server: Asset, one: Incident) -> int | None:
    """The scenario that acts on the server, if its twin, the same server without it, is clear at the start."""
    assert server.id is not None
    acting = [
        each
        for each in scenarios.effective(session, stream_id, one.start + 1)
        if server.name in each.assets and each.start_tick <= one.start < (each.stop_tick or one.start + 1)
    ]
    over = any(
        twins.unpack(twin.observed)[one.metric] > one.threshold
        for twin in scenarios.twins(session, [server.id] if acting else [], one.start, one.start)
    )
    return None if over or not acting else acting[-1].id


def _values(one: Incident) -> dict[str, Any]:
    """The columns that may change while an incident is followed."""
    return {
        "start_tick": one.start, "end_tick": one.end, "seen_tick": one.seen, "clear_tick": one.clear,
        "closed_tick": one.closed, "peak": one.peak, "peak_tick": one.peak_tick, "lost": one.lost,
        "in_maintenance": one.maintained,
    }  # fmt: skip


def send_due() -> int:
    """Ask for what a lost message left unjudged, and for live streams that went silent; returns how many.

    While messages wait they may be the very ones.
    """
    with reading() as session:
        owed = [row.id for row in streams.all_streams(session) if row.id and _is_owed(session, row)]
    if not owed or dispatch.queue_sizes(BreachScan.queue)[0]:
        return 0
    for stream_id in owed:
        dispatch.send(BreachScan(stream_id))
    return len(owed)


def _is_owed(session: Session, stream: Stream) -> bool:
    assert stream.id is not None
    return plan(session, stream) is not None or bool(incidents.left_open(session, stream.id))
