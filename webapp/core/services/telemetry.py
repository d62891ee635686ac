"""Telemetry in: a batch is stored whole or not at all, and a repeated one changes nothing.

What is stored never changes: a row for a tick that is there already must have the same values.
Batches of one stream are stored one after another, so two senders cannot both be first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ml.schema import METRICS, MIN_HISTORY
from webapp.core import clock, metrics
from webapp.core.clock import time_of
from webapp.core.errors import Conflict, FieldError, Invalid
from webapp.core.events import Event, EventKind
from webapp.core.jobs import BreachScan, ForecastRun
from webapp.core.models.streams import Stream
from webapp.core.models.telemetry import TelemetryBatch
from webapp.core.policies import telemetry as rules
from webapp.core.policies.streams import slug_problem
from webapp.core.policies.telemetry import Oldest, Row
from webapp.core.repositories import locks, streams, telemetry
from webapp.core.repositories.assets import Known
from webapp.core.services import arrivals, audit, merges
from webapp.core.services.streams import ensure_live
from webapp.core.settings import settings
from webapp.core.uow import UnitOfWork, unit_of_work
from webapp.core.views.streams import Source

HOST_STREAM = "this-machine"
MOST_STREAMS = 50
Key = tuple[int, int]
"""A server's id and a tick."""
Keyed = tuple[Key, Row, int]
"""A row of the batch by its key, with its place."""


class Differs(Conflict):
    """A tick that is stored already came again with other values; names the row."""

    def __init__(self, message: str, errors: tuple[FieldError, ...]) -> None:
        super().__init__(message)
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of a batch. `rows` were stored, `duplicates` were there already with the same values."""

    batch_id: int | None
    rows: int
    duplicates: int
    new_servers: tuple[str, ...]
    stream_created: bool


def receive(slug: str, document: object, by: str, oldest: Oldest = rules.OLDEST) -> Accepted:
    """Store a pushed batch, as decoded from JSON. Raises Invalid or Conflict, naming field and row."""
    if problem := slug_problem(slug):
        raise Invalid(problem, (FieldError("stream", problem),))
    rows = rules.parse(document, clock.now(), settings().max_batch_rows, oldest)
    return accept(slug, rows, Source.PUSH, by)


def accept_host(slug: str, row: Mapping[str, object]) -> Accepted:
    """Store one observation of the machine that Forewarn runs on."""
    rows = rules.parse({"rows": [dict(row)]}, clock.now(), 1)
    return accept(slug, rows, Source.HOST, "system")


def accept(
    slug: str, rows: Sequence[Row], source: Source, by: str, *, asked_again: bool = False, more_follows: bool = False
) -> Accepted:
    """Store checked rows of a live stream, which is made when it is new, as are its servers.

    `asked_again`: the rows may have been read before, and what is stored stays, whatever they say now.
    `more_follows`: newer rows come at once, so nothing is forecast from these.
    """
    with metrics.timed(metrics.ingest_seconds, source.value), unit_of_work() as uow:
        stream, created = stream_of(uow, slug, source, by)
        servers, added = arrivals.servers_of(uow, stream, rows, by)
        accepted = _store(uow, stream, servers, rows, by, asked_again=asked_again, more_follows=more_follows)
    metrics.telemetry_rows.labels(slug).inc(accepted.rows)
    metrics.telemetry_duplicates.labels(slug).inc(accepted.duplicates)
    return Accepted(accepted.batch_id, accepted.rows, accepted.duplicates, added, created)


def stream_of(uow: UnitOfWork, slug: str, source: Source, by: str) -> tuple[Stream, bool]:
    """The live stream that a source feeds, and whether it was made now. Raises Conflict when another one feeds it."""
    locks.take(uow.session, f"stream {slug}")
    if slug == HOST_STREAM and source is not Source.HOST:
        raise Conflict(f"The stream {slug} is this machine's own. Name another stream.")
    row = streams.by_slug(uow.session, slug)
    if row is None:
        if len(streams.all_streams(uow.session)) >= MOST_STREAMS:
            raise Conflict(f"There are {MOST_STREAMS} streams already; send to one of them.")
        made = ensure_live(uow.session, slug, source)
        audit.record(uow, by, "create", "stream", slug, detail={"source": source.value})
        uow.emit(Event(EventKind.STREAM_CHANGED, made.id, slug))
        return made, True
    if row.source != source.value:
        refused = "pushed telemetry" if source is Source.PUSH else f"telemetry from {source.value}"
        raise Conflict(f"The source of the stream {slug} is {row.source}: it takes no {refused}. Name another stream.")
    return row, False


def _store(
    uow: UnitOfWork,
    stream: Stream,
    servers: Mapping[str, Known],
    rows: Sequence[Row],
    by: str,
    *,
    asked_again: bool,
    more_follows: bool,
) -> Accepted:
    keyed = _once(servers, rows, asked_again=asked_again)
    stored = telemetry.existing(uow.session, [key for key, _, _ in keyed])
    copies = merges.give_way(uow.session, [key for key, _, _ in keyed], stored)
    stored = {key: values for key, values in stored.items() if key not in copies}
    if not asked_again:
        _same_values(keyed, stored)
    fresh = [(key, row) for key, row, _ in keyed if key not in stored]
    if not fresh:
        return Accepted(None, 0, len(rows), (), stream_created=False)
    first, last = min(key[1] for key, _ in fresh), max(key[1] for key, _ in fresh)
    batch = TelemetryBatch(
        stream_id=_id(stream.id), first_tick=first, last_tick=last, rows=len(fresh), source=by, stored_at=clock.now()
    )
    wide = [_wide(key, row) for key, row in fresh]
    telemetry.insert(uow.session, batch, wide)
    merges.pass_on(uow.session, servers, wide)
    streams.advance(uow.session, _id(stream.id), last)
    stream.history_tick = min(stream.history_tick, first)
    for tick in () if more_follows else _origins(servers, fresh, last):
        uow.enqueue(ForecastRun(_id(stream.id), tick))
    uow.enqueue(BreachScan(_id(stream.id)))
    uow.emit(Event(EventKind.TELEMETRY_STORED, stream.id, str(last)))
    return Accepted(batch.id, len(fresh), len(rows) - len(fresh), (), stream_created=False)


def _once(servers: Mapping[str, Known], rows: Sequence[Row], *, asked_again: bool) -> list[Keyed]:
    """Rows by server and tick, with their place in the batch. Two names of one server may say the same, no more."""
    found: dict[Key, Keyed] = {}
    errors: list[FieldError] = []
    for index, row in enumerate(rows):
        key = (servers[row.asset].id, row.tick)
        _, first, _ = found.setdefault(key, (key, row, index))
        if first is not row and first.values != row.values and not asked_again:
            message = f"{row.asset} and {first.asset} are one server, and this batch has both in the same 5 minutes"
            errors.append(FieldError("asset", message, index))
    rules.refuse(errors)
    return list(found.values())


def _origins(servers: Mapping[str, Known], fresh: Sequence[tuple[Key, Row]], last: int) -> list[int]:
    """The ticks to forecast from: the newest one in the batch of each server that is watched, unless it is history."""
    retired = {one.id for one in servers.values() if one.retired}
    newest: dict[int, int] = {}
    for (asset_id, tick), row in fresh:
        watched = servers[row.asset].into_id or asset_id
        if watched not in retired:
            newest[watched] = max(tick, newest.get(watched, tick))
    return sorted({tick for tick in newest.values() if last - tick <= MIN_HISTORY})


def _same_values(keyed: Sequence[Keyed], stored: Mapping[Key, tuple[float | None, ...]]) -> None:
    errors: list[FieldError] = []
    for key, row, index in keyed:
        if key in stored and stored[key] != row.values:
            field = next(
                metric.name for metric, old, new in zip(METRICS, stored[key], row.values, strict=True) if old != new
            )
            when = time_of(row.tick).strftime("%Y-%m-%dT%H:%M:%SZ")
            errors.append(FieldError(field, f"{row.asset} at {when} is stored with another value", index))
    if errors:
        message = f"Row {errors[0].row}, {errors[0].field}: {errors[0].message}. Stored telemetry never changes."
        raise Differs(message, tuple(errors[: rules.SHOWN]))


def _wide(key: Key, row: Row) -> dict[str, object]:
    names = (metric.name for metric in METRICS)
    return {"asset_id": key[0], "tick": key[1], **dict(zip(names, row.values, strict=True))}


def _id(value: int | None) -> int:
    if value is None:
        raise RuntimeError("the row is not stored yet")
    return value
