"""Telemetry in: a batch is stored whole or not at all, and a repeated one changes nothing.

What is stored never changes: a row for a tick that is there already must have the same values.
Batches of one stream are stored one after another, so two senders cannot both be first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ml.schema import METRICS, MIN_HISTORY, Profile
from ml.streams.fleet import profile_of
from webapp.core import clock, metrics
from webapp.core.clock import time_of
from webapp.core.errors import Conflict, FieldError, Invalid
from webapp.core.events import Event, EventKind
from webapp.core.jobs import ForecastRun
from webapp.core.models.assets import Asset
from webapp.core.models.streams import Stream
from webapp.core.models.telemetry import TelemetryBatch
from webapp.core.policies import telemetry as rules
from webapp.core.policies.streams import slug_problem
from webapp.core.policies.telemetry import Oldest, Row
from webapp.core.repositories import assets, locks, streams, telemetry
from webapp.core.services import audit
from webapp.core.services.streams import ensure_live
from webapp.core.settings import settings
from webapp.core.uow import UnitOfWork, unit_of_work
from webapp.core.views.streams import Source

HOST_STREAM = "this-machine"
MOST_SERVERS = 10_000
MOST_STREAMS = 50


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
        servers, added = _servers(uow, stream, rows, by)
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
        raise Conflict(f"The stream {slug} is {row.source}; it takes no {refused}. Name another stream.")
    return row, False


def _servers(uow: UnitOfWork, stream: Stream, rows: Sequence[Row], by: str) -> tuple[dict[str, int], tuple[str, ...]]:
    """The id of every server of a stream, after adding those that the batch brings."""
    known = assets.known(uow.session, _id(stream.id))
    profiles = _profiles(rows, {name: profile for name, (_, profile) in known.items()})
    added = tuple(name for name in dict.fromkeys(row.asset for row in rows) if name not in known)
    ids = {name: asset_id for name, (asset_id, _) in known.items()}
    if added:
        ids |= _add(uow, stream, added, profiles, len(known), by)
    for name, (asset_id, profile) in known.items():
        if profile == Profile.UNKNOWN and profiles.get(name, profile) != profile:
            assets.set_profile(uow.session, asset_id, profiles[name])
            audit.record(
                uow, by, "set_profile", "asset", name, detail={"stream": stream.slug, "profile": profiles[name]}
            )
    return ids, added


def _add(
    uow: UnitOfWork, stream: Stream, names: Sequence[str], profiles: Mapping[str, str], before: int, by: str
) -> dict[str, int]:
    if before + len(names) > MOST_SERVERS:
        raise Conflict(f"The stream {stream.slug} would have more than {MOST_SERVERS} servers.")
    made = [
        Asset(stream_id=_id(stream.id), name=name, profile=profiles.get(name) or profile_of(name), added_at=clock.now())
        for name in names
    ]
    uow.session.add_all(made)
    uow.session.flush()
    audit.record(uow, by, "add", "asset", stream.slug, detail={"count": len(names), "first": list(names[:20])})
    uow.emit(Event(EventKind.STREAM_CHANGED, stream.id, stream.slug))
    return {asset.name: _id(asset.id) for asset in made}


def _profiles(rows: Sequence[Row], stored: Mapping[str, str]) -> dict[str, str]:
    """The profile of each server, as stored or as told; a row may name one that nobody has said yet, no other."""
    told: dict[str, str] = {name: profile for name, profile in stored.items() if profile != Profile.UNKNOWN}
    errors: list[FieldError] = []
    for index, row in enumerate(rows):
        if row.profile is not None and told.setdefault(row.asset, row.profile.value) != row.profile.value:
            errors.append(FieldError("profile", f"{row.asset} is known as {told[row.asset]}", index))
    rules.refuse(errors)
    return told


def _store(
    uow: UnitOfWork,
    stream: Stream,
    servers: Mapping[str, int],
    rows: Sequence[Row],
    by: str,
    *,
    asked_again: bool,
    more_follows: bool,
) -> Accepted:
    keyed = [((servers[row.asset], row.tick), row) for row in rows]
    stored = telemetry.existing(uow.session, [key for key, _ in keyed])
    if not asked_again:
        _same_values(keyed, stored)
    fresh = [(key, row) for key, row in keyed if key not in stored]
    if not fresh:
        return Accepted(None, 0, len(rows), (), stream_created=False)
    first, last = min(key[1] for key, _ in fresh), max(key[1] for key, _ in fresh)
    batch = TelemetryBatch(
        stream_id=_id(stream.id), first_tick=first, last_tick=last, rows=len(fresh), source=by, stored_at=clock.now()
    )
    telemetry.insert(uow.session, batch, [_wide(key, row) for key, row in fresh])
    streams.advance(uow.session, _id(stream.id), last)
    stream.history_tick = min(stream.history_tick, first)
    for tick in () if more_follows else _origins(fresh, last):
        uow.enqueue(ForecastRun(_id(stream.id), tick))
    uow.emit(Event(EventKind.TELEMETRY_STORED, stream.id, str(last)))
    return Accepted(batch.id, len(fresh), len(rows) - len(fresh), (), stream_created=False)


def _origins(fresh: Sequence[tuple[tuple[int, int], Row]], last: int) -> list[int]:
    """The ticks to forecast from: each server's newest one in the batch, unless it is history by now."""
    newest: dict[int, int] = {}
    for (asset_id, tick), _ in fresh:
        newest[asset_id] = max(tick, newest.get(asset_id, tick))
    return sorted({tick for tick in newest.values() if last - tick <= MIN_HISTORY})


def _same_values(
    keyed: Sequence[tuple[tuple[int, int], Row]], stored: Mapping[tuple[int, int], tuple[float | None, ...]]
) -> None:
    errors: list[FieldError] = []
    for index, (key, row) in enumerate(keyed):
        if key in stored and stored[key] != row.values:
            field = next(
                metric.name for metric, old, new in zip(METRICS, stored[key], row.values, strict=True) if old != new
            )
            when = time_of(row.tick).strftime("%Y-%m-%dT%H:%M:%SZ")
            errors.append(FieldError(field, f"{row.asset} at {when} is stored with another value", index))
    if errors:
        message = f"Row {errors[0].row}, {errors[0].field}: {errors[0].message}. Stored telemetry never changes."
        raise Differs(message, tuple(errors[: rules.SHOWN]))


def _wide(key: tuple[int, int], row: Row) -> dict[str, object]:
    names = (metric.name for metric in METRICS)
    return {"asset_id": key[0], "tick": key[1], **dict(zip(names, row.values, strict=True))}


def _id(value: int | None) -> int:
    if value is None:
        raise RuntimeError("the row is not stored yet")
    return value
