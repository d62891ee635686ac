"""When truth of a forecast is due, and which hours are owed a score. Pure; ticks of stream time."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from ml.schema import HORIZON, LEAD_BUCKETS, TICKS_PER_HOUR
from webapp.core.policies import clocks

GRACE: Final = TICKS_PER_HOUR
"""Ticks that a live stream's servers have to report an hour."""


def last_hour(tick: int | None, wall_tick: int, *, live: bool) -> int | None:
    """The newest hour, by its last tick, that may be scored: all its truth is there, or had time to come."""
    if tick is None:
        return None
    newest = min(tick, wall_tick - GRACE) if live else tick
    return newest - newest % TICKS_PER_HOUR


def owed_hours(
    last: int, first: int, origins: Iterable[int], seen: Mapping[int, int], came: Mapping[int, int]
) -> tuple[int, ...]:
    """Hours up to `last`, oldest first, that some origin covers and that were not scored, or knew less than `came`.

    An hour that was opened again has `seen` fewer than none.
    """
    covered = {
        tick for origin in origins for tick in range(origin + TICKS_PER_HOUR, origin + HORIZON + 1, TICKS_PER_HOUR)
    }
    owed = {tick for tick in covered if first < tick <= last and seen.get(tick, -1) < 0}
    return tuple(sorted(owed | {tick for tick, count in came.items() if tick in seen and count > seen[tick]}))


def due_tick(
    tick: int, anchor: tuple[int, datetime], speed: float, at: datetime, *, live: bool, waits: bool, wall_tick: int
) -> int:
    """The newest tick whose truth should be there at wall time `at`; a clock that `waits` is owed nothing."""
    if live:
        return max(tick, wall_tick - 1)
    interval = clocks.interval(speed)
    if waits or interval == 0.0:
        return tick
    return max(tick, anchor[0] + int((at - anchor[1]).total_seconds() // interval))


def overdue(scored: int, due: int, fans: Iterable[tuple[int, int]], metrics: int) -> tuple[int, ...]:
    """Truths by lead bucket that were forecast for ticks after `scored` and up to `due`; `fans` are (origin, count)."""
    found = [0] * len(LEAD_BUCKETS)
    for origin, count in fans:
        for bucket, (start, last) in enumerate(LEAD_BUCKETS):
            ticks = min(due, origin + last) - max(scored, origin + start)
            found[bucket] += max(0, ticks) * count * metrics
    return tuple(found)
