"""What is kept: every fan for two days of stream time, then one an hour, and less when the cap is near.

Under the cap telemetry, risks and counts stay. Over it the oldest fans go first, down to the day that coverage
still needs; then the oldest days of everything else but the incidents, which are few. Deletes go in slices, so that no
reader waits.
"""

from collections.abc import Callable, Sequence

from ml.schema import HORIZON, TICKS_PER_DAY, TICKS_PER_HOUR
from webapp.core.clock import now
from webapp.core.db import Session, reading, used_mb
from webapp.core.logging import get_logger
from webapp.core.models.streams import Stream
from webapp.core.repositories import forecasts, incidents, job_failures, merges, risks, scenarios, streams, telemetry
from webapp.core.settings import settings
from webapp.core.uow import unit_of_work

log = get_logger(__name__)
_SLICE = 24
_LEAST_FANS = HORIZON + 2 * TICKS_PER_HOUR
_LEAST_DAYS = 2
_BATCHES_KEPT = 1000
_FAILURES_KEPT = 500
_TWIN_DAYS = 7


def sweep() -> int:
    """Thin what is old, then drop the oldest while the data is over its cap; returns rows deleted."""
    with reading() as session:
        every = streams.all_streams(session)
    deleted = sum(_thin(row) + _tidy(row) for row in every)
    with unit_of_work() as uow:
        deleted += job_failures.drop_old(uow.session, _FAILURES_KEPT)
    return deleted + _under_cap(every)


def _thin(row: Stream) -> int:
    """One fan an hour beyond the days in which every fan is kept."""
    if row.tick is None or row.id is None:
        return 0
    stream_id, before = row.id, row.tick - settings().fan_hours * TICKS_PER_HOUR
    return _repeat(lambda session: forecasts.thin(session, stream_id, before, TICKS_PER_HOUR, _SLICE))


def _tidy(row: Stream) -> int:
    """Batches that no cache follows any more, and twins that no page shows."""
    if row.tick is None or row.id is None:
        return 0
    with unit_of_work() as uow:
        scan = incidents.scan_of(uow.session, row.id)
        gone = telemetry.drop_batches(uow.session, row.id, _BATCHES_KEPT, 0 if scan is None else scan.batch_id)
        return gone + scenarios.drop_twins(uow.session, row.id, row.tick - _TWIN_DAYS * TICKS_PER_DAY)


def _repeat(delete: Callable[[Session], int]) -> int:
    total = 0
    while True:
        with unit_of_work() as uow:
            gone = delete(uow.session)
        if gone == 0:
            return total
        total += gone


def _under_cap(every: Sequence[Stream]) -> int:
    deleted = 0
    while used_mb() > settings().disk_cap_mb:
        dropped = sum(_drop_fans(row) for row in every) or sum(_drop_day(row) for row in every)
        if dropped == 0:
            detail = {"used_mb": used_mb(), "at": now().isoformat()}
            log.warning("the data is over its cap, and what is left is needed: raise the cap", extra=detail)
            break
        deleted += dropped
    return deleted


def _drop_fans(row: Stream) -> int:
    """A slice of the oldest fans; the last day stays, since coverage is measured on it."""
    if row.id is None or row.tick is None:
        return 0
    with unit_of_work() as uow:
        oldest = forecasts.oldest_tick(uow.session, row.id)
        if oldest is None:
            return 0
        before = min(oldest + _SLICE, row.tick - _LEAST_FANS)
        return forecasts.drop_before(uow.session, row.id, before)


def _drop_day(row: Stream) -> int:
    """The oldest day of telemetry, risks and runs; the last two days stay."""
    if row.id is None or row.tick is None:
        return 0
    with unit_of_work() as uow:
        stream = streams.by_id(uow.session, row.id, lock=True)
        assert stream is not None, "streams are never removed"
        before = min(stream.history_tick + TICKS_PER_DAY, row.tick - _LEAST_DAYS * TICKS_PER_DAY)
        if before <= stream.history_tick:
            return 0
        stream.history_tick = before
        uow.session.add(stream)
        merges.drop_before(uow.session, row.id, before)
        gone = telemetry.drop_before(uow.session, row.id, before) + risks.drop_before(uow.session, row.id, before)
        return gone + forecasts.drop_runs(uow.session, row.id, before)
