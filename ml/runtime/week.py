"""The last seven days as half-hour means: what a forecaster remembers beyond the day that it sees in full.

Half hours lie on the clock (ticks 6b ... 6b + 5), so that a memory grows by one row every sixth tick and never
has to be computed again. Guards that only full half hours enter: nothing of the one that is under way.
"""

from typing import Final

import numpy as np

from ml.contracts import Floats
from ml.schema import HALF_HOUR, TICKS_PER_WEEK, WEEK

_NONE: Final = np.float32(np.nan)


def newest_half_hour(tick: int) -> int:
    """The last half hour that is complete at `tick`."""
    return (tick + 1) // HALF_HOUR - 1


def half_hours(values: Floats, first: int) -> tuple[int, Floats]:
    """Means over the half hours that `values` [K, N, M] touch, row 0 at tick `first`: the first one, and [B, N, M].

    NaN where nothing was observed; a half hour of which only a part lies in `values` is the mean of that part.
    """
    lead = first % HALF_HOUR
    rows = -(-(lead + len(values)) // HALF_HOUR) * HALF_HOUR
    padded = np.full((rows, *values.shape[1:]), _NONE, np.float32)
    padded[lead : lead + len(values)] = values
    parts = padded.reshape(rows // HALF_HOUR, HALF_HOUR, *values.shape[1:])
    known = np.isfinite(parts)
    count = known.sum(axis=1, dtype=np.float32)
    total = np.where(known, parts, np.float32(0.0)).sum(axis=1, dtype=np.float32)
    return first // HALF_HOUR, np.where(count > 0.0, total / np.maximum(count, 1.0), _NONE)


def week_before(first: int, means: Floats, tick: int) -> Floats:
    """The memory at `tick`, [N, WEEK, M], oldest half hour first; `means` [B, N, M] begin with half hour `first`."""
    end = newest_half_hour(tick) + 1
    memory = np.full((means.shape[1], WEEK, means.shape[2]), _NONE, np.float32)
    begin = max(first, end - WEEK)
    known = means[begin - first : max(begin, end) - first]
    place = begin - (end - WEEK)
    memory[:, place : place + len(known)] = known.transpose(1, 0, 2)
    return memory


def week_within(values: Floats, week_tick: int) -> Floats:
    """What windows [n, T, M] that end at `week_tick` tell of their own week, [n, WEEK, M]: the half hours they hold."""
    tick = TICKS_PER_WEEK + week_tick
    first, means = half_hours(values.transpose(1, 0, 2), tick - values.shape[1] + 1)
    return week_before(first, means, tick)
