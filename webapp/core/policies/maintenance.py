"""The maintenance calendar: weekly windows, in ticks from Monday 00:00 UTC."""

from collections.abc import Sequence

import numpy as np

from ml.contracts import Bools
from ml.schema import TICKS_PER_DAY, TICKS_PER_WEEK

_MONDAY = 4 * TICKS_PER_DAY  # the Unix epoch was a Thursday

Windows = Sequence[Sequence[int]]


def calendar(windows: Sequence[Windows], first: int, count: int) -> Bools:
    """Which servers are in maintenance, [N, count], at the ticks `first` to `first + count`."""
    week = (np.arange(first, first + count) - _MONDAY) % TICKS_PER_WEEK
    flags = np.zeros((len(windows), count), np.bool_)
    for row, own in enumerate(windows):
        for start, length in own:
            flags[row] |= (week - start) % TICKS_PER_WEEK < length
    return flags


def until(windows: Windows, tick: int) -> int | None:
    """The tick at which the window that covers `tick` ends, None outside of any."""
    week = (tick - _MONDAY) % TICKS_PER_WEEK
    ends = [
        tick + length - (week - start) % TICKS_PER_WEEK for start, length in windows if _inside(week, start, length)
    ]
    return max(ends, default=None)


def _inside(week: int, start: int, length: int) -> bool:
    return (week - start) % TICKS_PER_WEEK < length
