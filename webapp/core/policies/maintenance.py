"""The maintenance calendar: a simulator's weekly timetable and the windows that people planned, as ticks.

A window is in force at the ticks from its start, up to but without its end, and for exactly its length, whatever the
clocks do meanwhile. Each window is expanded once, however many servers it is for.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from math import ceil

import numpy as np

from ml.contracts import Bools
from ml.schema import TICK_SECONDS, TICKS_PER_DAY, TICKS_PER_WEEK
from webapp.core.clock import time_of
from webapp.core.policies.zones import instant, zone_named
from webapp.core.views.maintenance import EVERY, Lane, Once, Planned, Weekly

_MONDAY = 4 * TICKS_PER_DAY  # the Unix epoch was a Thursday
_DAY = timedelta(days=1)
LONGEST = timedelta(days=7)
_LOOK = 2 * TICKS_PER_WEEK
"""How far ahead the end of windows that follow each other is looked for."""

Stretch = tuple[int, int]
"""The first tick in it and the first one after it."""


def tick_at(at: datetime) -> int:
    """The first tick that is not before an instant."""
    return ceil(at.timestamp() / TICK_SECONDS)


def occurrences(one: Planned, first: int, end: int) -> list[Stretch]:
    """When a window is planned for, as far as that touches the ticks `first` up to `end`; oldest first."""
    every = [_stretch(one.when)] if isinstance(one.when, Once) else _weekly(one.when, one.zone, first, end)
    return [(start, stop) for start, stop in every if start < end and stop > first]


def in_force(one: Planned, first: int, end: int) -> list[Stretch]:
    """The same, without what lies before the window was made or after it was cancelled."""
    until = end if one.until_tick is None else one.until_tick
    held = [(max(start, one.from_tick), stop if one.until_tick is None else min(stop, until))
            for start, stop in occurrences(one, first, end)]  # fmt: skip
    return [(start, stop) for start, stop in held if start < stop and start < end and stop > first]


def _stretch(when: Once) -> Stretch:
    return tick_at(when.start_at), tick_at(when.end_at)


def _weekly(when: Weekly, zone: str, first: int, end: int) -> Iterator[Stretch]:
    here, length = zone_named(zone), when.minutes * 60 // TICK_SECONDS
    from_day = (time_of(first) - timedelta(minutes=when.minutes)).astimezone(here).date() - _DAY
    last_day = min(time_of(end).astimezone(here).date() + _DAY, when.last or date.max)
    day = max(from_day, when.first)
    while day <= last_day:
        if day.weekday() in when.days:
            start = _begins(day, when.start_minute, zone)
            yield start, start + length
        day += _DAY


@lru_cache(maxsize=50_000)
def _begins(day: date, minute: int, zone: str) -> int:
    """The tick of a wall-clock time; kept, since the same days are asked for at each tick."""
    return tick_at(instant(datetime.combine(day, time(*divmod(minute, 60))), zone_named(zone)))


def calendar(lanes: Sequence[Lane], planned: Iterable[Planned], first: int, count: int) -> Bools:
    """Which servers are in maintenance, [N, count], at the ticks `first` to `first + count`."""
    week = (np.arange(first, first + count) - _MONDAY) % TICKS_PER_WEEK
    flags = np.zeros((len(lanes), count), np.bool_)
    for row, lane in enumerate(lanes):
        for start, length in lane.timetable:
            flags[row] |= (week - start) % TICKS_PER_WEEK < length
    rows = _Rows(lanes)
    for one in planned:
        for start, stop in in_force(one, first, first + count):
            flags[rows.of(one), max(0, start - first) : stop - first] = True
    return flags


class _Rows:
    """Which servers windows are for, looked up instead of asked one by one."""

    def __init__(self, lanes: Sequence[Lane]) -> None:
        self._every = list(range(len(lanes)))
        self._named = {lane.name: row for row, lane in enumerate(lanes)}
        self._alike: dict[str, list[int]] = {}
        for row, lane in enumerate(lanes):
            self._alike.setdefault(lane.profile, []).append(row)

    def of(self, one: Planned) -> list[int]:
        """The rows of a window's servers; one that is gone has none."""
        if one.profile is None:
            return [self._named[name] for name in one.servers if name in self._named]
        return self._every if one.profile == EVERY else self._alike.get(one.profile, [])


def until(lanes: Sequence[Lane], planned: Iterable[Planned], tick: int) -> list[int | None]:
    """For each server the tick at which its maintenance ends if it is in one at `tick`, else None.

    Windows that touch are one maintenance. A window counts from the moment it is made to the one it is cancelled,
    also within a tick that is stored already.
    """
    rows, open_ones = _Rows(lanes), [one for one in planned if one.until_tick is None]
    busy = {row for one in open_ones if occurrences(one, tick, tick + 1) for row in rows.of(one)}
    busy |= {row for row, lane in enumerate(lanes) if _timetable_end(lane, tick) is not None}
    windows: dict[int, list[Stretch]] = {row: [] for row in busy}
    for one in open_ones:
        if mine := busy.intersection(rows.of(one)):
            stretches = occurrences(one, tick, tick + _LOOK)
            for row in mine:
                windows[row] += stretches
    return [_reach(lane, windows[row], tick) if row in busy else None for row, lane in enumerate(lanes)]


def _reach(lane: Lane, planned: Sequence[Stretch], tick: int) -> int:
    reached = tick
    while reached < tick + _LOOK:
        ends = [_timetable_end(lane, reached), _end(planned, reached)]
        further = max((one for one in ends if one is not None), default=reached)
        if further <= reached:
            break
        reached = further
    return reached


def _end(stretches: Sequence[Stretch], tick: int) -> int | None:
    return max((stop for start, stop in stretches if start <= tick < stop), default=None)


def _timetable_end(lane: Lane, tick: int) -> int | None:
    passed = ((tick - _MONDAY - start) % TICKS_PER_WEEK for start, _ in lane.timetable)
    left = [length - since for since, (_, length) in zip(passed, lane.timetable, strict=True) if since < length]
    return tick + max(left) if left else None


def timetable(lane: Lane, first: int, end: int) -> list[Stretch]:
    """When the simulator maintains a server, as far as that touches the ticks `first` up to `end`."""
    found = []
    for start, length in lane.timetable:
        began = first - (first - _MONDAY - start) % TICKS_PER_WEEK
        found += [(at, at + length) for at in range(began, end, TICKS_PER_WEEK) if at + length > first]
    return sorted(found)


def is_over(one: Planned, tick: int) -> bool:
    """Whether nothing of a window is left at `tick`."""
    if one.until_tick is not None:
        return True
    if isinstance(one.when, Once):
        return tick_at(one.when.end_at) <= tick
    return one.when.last is not None and following(one, tick) is None


def following(one: Planned, tick: int) -> Stretch | None:
    """The occurrence that runs at `tick`, else the next one; None when there is none."""
    if isinstance(one.when, Once):
        stretch = _stretch(one.when)
        return stretch if stretch[1] > tick else None
    return next(iter(coming(one, tick, 1)), None)


def coming(one: Planned, tick: int, most: int) -> list[Stretch]:
    """The next occurrences of a window, one that runs at `tick` first."""
    if isinstance(one.when, Once):
        return occurrences(one, tick, max(tick, tick_at(one.when.end_at)) + 1)
    found: list[Stretch] = []
    start = max(tick, tick_at(datetime.combine(one.when.first, time(), zone_named(one.zone))) - TICKS_PER_DAY)
    while len(found) < most and not _past(one.when, start):
        found += [each for each in occurrences(one, start, start + TICKS_PER_WEEK) if each not in found]
        start += TICKS_PER_WEEK
    return [each for each in found if each[1] > tick][:most]


def _past(when: Weekly, tick: int) -> bool:
    return when.last is not None and (time_of(tick) - LONGEST - 2 * _DAY).date() > when.last
