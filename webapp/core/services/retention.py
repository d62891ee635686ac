"""What is kept: every fan for two days of stream time, then one an hour, and less when the cap is near.

Over the cap the oldest fans go first, down to the day that coverage still needs; then the oldest days of everything
else but the incidents, which are few. Scores go with the cycles that they are of. Deletes go in slices, so that no
reader waits. Each sweep leaves a row that says what it deleted and freed.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta

from ml.schema import TICKS_PER_DAY, TICKS_PER_HOUR
from webapp.core.clock import now
from webapp.core.db import Session, reading, used_mb
from webapp.core.errors import Conflict
from webapp.core.jobs import RetentionSweep
from webapp.core.logging import get_logger
from webapp.core.models.streams import Stream
from webapp.core.models.sweeps import Sweep
from webapp.core.policies import retention as rules
from webapp.core.policies.retention import LEAST_DAYS, LEAST_FANS, Limits
from webapp.core.repositories import (
    forecasts,
    incidents,
    job_failures,
    live_scores,
    locks,
    merges,
    risks,
    scenarios,
    shadows,
    streams,
    sweeps,
    telemetry,
)
from webapp.core.services import audit, preferences, run_folders
from webapp.core.uow import unit_of_work

log = get_logger(__name__)
SCHEDULE = "schedule"
MOST_MINUTES = 10
"""How long a sweep may run before another one may be asked for."""
SCORE_DAYS = 35
"""Days of stream time for which scores, and how a shadow's origins went, are kept where people decided nothing: five
weeks, more than any page looks back, and the cap alone would keep them for years."""
LEAST_SCORE_DAYS = 8
"""Days for which scores stay, however few people keep cycles for: a promotion is watched for three, a candidate shown
for seven."""
_SLICE = 24
_BATCHES_KEPT = 1000
_FAILURES_KEPT = 500
_SWEEPS_KEPT = 200
_TWIN_DAYS = 7
_NEEDED = "The data is over its cap, and what is left is needed: raise the cap."
_WENT = "The data was over its cap: the oldest went."
FINE_NOTES = (None, "", _WENT)
"""What a sweep says of itself when nobody has to do anything."""
_UNENDED = "It did not end: the jobs page says why."


def ask(by: str, reason: str) -> None:
    """Sweep as soon as a worker is free. Raises Invalid without a reason, Conflict while a sweep is under way."""
    said = rules.reason(reason)
    with unit_of_work() as uow:
        locks.take(uow.session, "sweeps")
        if sweeps.under_way(uow.session, now() - timedelta(minutes=MOST_MINUTES)) is not None:
            raise Conflict("A sweep is under way or waits for a worker. Look at the last sweeps in a moment.")
        uow.session.add(Sweep(by=by[:64], asked_at=now()))
        audit.record(uow, by, "sweep", "retention", "store", said)
        uow.enqueue(RetentionSweep())


def sweep() -> int:
    """Thin what is old, drop what people keep no longer and, over the cap, the oldest; returns rows deleted."""
    begun, limits, before = _begin(), preferences.limits(), used_mb()
    deleted, note = Counter[str](), _UNENDED
    try:
        note = _sweep(limits, deleted)
    finally:
        with unit_of_work() as uow:
            values = {"before_mb": before, "after_mb": used_mb(), "deleted": dict(+deleted), "note": note or None}
            sweeps.end(uow.session, begun, finished_at=now(), **values)
            sweeps.drop_old(uow.session, _SWEEPS_KEPT)
    return deleted.total()


def _begin() -> int:
    """The row of this sweep: the one that a person waits for, else a new one."""
    with unit_of_work() as uow:
        row = sweeps.waiting(uow.session)
        if row is None or row.id is None or not sweeps.begin(uow.session, row.id, now()):
            row = Sweep(by=SCHEDULE, asked_at=now(), started_at=now())
            uow.session.add(row)
            uow.session.flush()
        assert row.id is not None
        return row.id


def _sweep(limits: Limits, deleted: Counter[str]) -> str:
    """What there is to say of it besides the counts."""
    with reading() as session:
        every = [row for row in streams.all_streams(session) if row.tick is not None]
    for row in every:
        _thin(row, limits, deleted)
        _tidy(row, deleted)
        _outdated(row, limits, deleted)
    run_folders.tidy()
    with unit_of_work() as uow:
        deleted["failures"] += job_failures.drop_old(uow.session, _FAILURES_KEPT)
    return _under_cap(every, limits.cap_mb, deleted)


def _thin(row: Stream, limits: Limits, deleted: Counter[str]) -> None:
    """One fan an hour beyond the hours in which every fan is kept; of shadows, which nobody draws, none."""
    stream_id, before = _id(row), _tick(row) - max(limits.fan_hours * TICKS_PER_HOUR, LEAST_FANS)
    deleted["shadows"] += _repeat(
        lambda session: _drop_slice(session, stream_id, before, shadows.oldest_tick, shadows.drop_before)
    )
    deleted["fans"] += _repeat(lambda session: forecasts.thin(session, stream_id, before, TICKS_PER_HOUR, _SLICE))


def _tidy(row: Stream, deleted: Counter[str]) -> None:
    """Batches that no cache follows any more, and twins that no page shows."""
    with unit_of_work() as uow:
        scan = incidents.scan_of(uow.session, _id(row))
        spared = 0 if scan is None else scan.batch_id
        deleted["batches"] += telemetry.drop_batches(uow.session, _id(row), _BATCHES_KEPT, spared)
        before = _tick(row) - _TWIN_DAYS * TICKS_PER_DAY
        deleted["twins"] += scenarios.drop_twins(uow.session, _id(row), before)


def _outdated(row: Stream, limits: Limits, deleted: Counter[str]) -> None:
    """What is older than the days that people decided."""
    if limits.telemetry_days is not None:
        before = _tick(row) - limits.telemetry_days * TICKS_PER_DAY
        deleted["telemetry"] += _repeat(lambda session: _drop_telemetry(session, _id(row), before))
    for sort, days, oldest, drop in (
        ("risks", limits.risk_days, risks.oldest_tick, risks.drop_before),
        ("runs", limits.run_days, forecasts.oldest_run, forecasts.drop_runs),
        ("runs", _score_days(limits), shadows.oldest_run, shadows.drop_runs),
        ("scores", _score_days(limits), live_scores.oldest, live_scores.drop_before),
    ):
        if days is not None:
            before = _tick(row) - days * TICKS_PER_DAY
            deleted[sort] += _repeat(lambda session: _drop_slice(session, _id(row), before, oldest, drop))  # noqa: B023 - called at once


def _score_days(limits: Limits) -> int:
    return max(limits.run_days or SCORE_DAYS, LEAST_SCORE_DAYS)


def _drop_slice(
    session: Session,
    stream_id: int,
    before: int,
    oldest: Callable[[Session, int], int | None],
    drop: Callable[[Session, int, int], int],
) -> int:
    first = oldest(session, stream_id)
    return 0 if first is None or first >= before else drop(session, stream_id, min(first + TICKS_PER_DAY, before))


def _drop_telemetry(session: Session, stream_id: int, before: int) -> int:
    """A day of what lies before a tick, and the stream's history begins later. A day of gaps counts as one row."""
    stream = streams.by_id(session, stream_id, lock=True)
    assert stream is not None, "streams are never removed"
    first = min(stream.history_tick + TICKS_PER_DAY, before)
    if first <= stream.history_tick:
        return 0
    stream.history_tick = first
    session.add(stream)
    merges.drop_before(session, stream_id, first)
    return max(1, telemetry.drop_before(session, stream_id, first))


def _repeat(delete: Callable[[Session], int]) -> int:
    total = 0
    while True:
        with unit_of_work() as uow:
            gone = delete(uow.session)
        if gone == 0:
            return total
        total += gone


def _under_cap(every: Sequence[Stream], cap_mb: int, deleted: Counter[str]) -> str:
    note = ""
    while used_mb() > cap_mb:
        note = _WENT
        if not (sum(_drop_fans(row, deleted) for row in every) or sum(_drop_day(row, deleted) for row in every)):
            log.warning(_NEEDED, extra={"used_mb": used_mb(), "at": now().isoformat()})
            return _NEEDED
    return note


def _drop_fans(row: Stream, deleted: Counter[str]) -> int:
    """A slice of the oldest fans; the last day stays, since coverage is measured on it."""
    with unit_of_work() as uow:
        oldest = forecasts.oldest_tick(uow.session, _id(row))
        if oldest is None:
            return 0
        before = min(oldest + _SLICE, _tick(row) - LEAST_FANS)
        gone = forecasts.drop_before(uow.session, _id(row), before)
        of_shadows = shadows.drop_before(uow.session, _id(row), before)
        deleted["fans"] += gone
        deleted["shadows"] += of_shadows
        return gone + of_shadows


def _drop_day(row: Stream, deleted: Counter[str]) -> int:
    """The oldest day of telemetry, risks and runs; the last two days stay."""
    with unit_of_work() as uow:
        gone = _drop_telemetry(uow.session, _id(row), _tick(row) - LEAST_DAYS * TICKS_PER_DAY)
        if gone == 0:
            return 0
        stream = streams.by_id(uow.session, _id(row))
        assert stream is not None
        deleted["telemetry"] += gone
        deleted["risks"] += risks.drop_before(uow.session, _id(row), stream.history_tick)
        deleted["runs"] += forecasts.drop_runs(uow.session, _id(row), stream.history_tick)
        deleted["runs"] += shadows.drop_runs(uow.session, _id(row), stream.history_tick)
        deleted["scores"] += live_scores.drop_before(uow.session, _id(row), stream.history_tick)
        return gone


def _id(row: Stream) -> int:
    assert row.id is not None
    return row.id


def _tick(row: Stream) -> int:
    assert row.tick is not None
    return row.tick
