"""What a series did at the same hour of earlier days: the naive paths, their spread, and how well each did lately.

All numbers are in units of the series (level 0, scale 1). NaN means that it was not observed; where a path has a
hole, the next simpler one fills it, so that every path exists for every series.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ml.contracts import Floats
from ml.schema import HALF_HOUR, HORIZON, QUANTILES, TICKS_PER_DAY, WEEK

PATHS: Final = ("last", "yesterday", "usual", "last_week")
"""The last hour held, yesterday at the same time, the mean of up to seven days at that time, seven days ago."""
HABITS: Final = ("week_spread", "day_spread", "day_change", "hour_change", "shift_change", "week_mean", "week_top",
                 "week_low", "week_known")  # fmt: skip
"""What the week tells of a series: its spread, the spread around its usual day, the mean change to the next day,
hour and eight hours; its mean and extremes against the level; the share of the week that was observed."""
_DAY: Final = TICKS_PER_DAY // HALF_HOUR
_DAYS: Final = WEEK // _DAY
_SLOTS: Final = HORIZON // HALF_HOUR + 1
_UNSEEN: Final = np.float32(1.0)


@dataclass(frozen=True, slots=True)
class Recall:
    """Of B series: `paths` [PATHS, B, H], `daily` [B, H] the spread between days at that time, `habits` [HABITS, B],
    `day` [B, Q] the quantiles of the last 24 hours."""

    paths: Floats
    daily: Floats
    habits: Floats
    day: Floats


def recall(yesterday: Floats, day: Floats, week: Floats, tick: int) -> Recall:
    """From `yesterday` [H, B], the values 24 h before each lead, `day` [K, B], some of the last 24 h, and `week`
    [336, B], the half hours up to `tick`."""
    slot = ((tick + 1) % HALF_HOUR + np.arange(HORIZON)) // HALF_HOUR  # half hours after the newest full one
    days = week.reshape(_DAYS, _DAY, -1)
    same = days[:, :_SLOTS]  # a week of rows begins with the half hour in which the first lead lies
    usual, spread = _over_days(same)
    paths = np.zeros((len(PATHS), HORIZON, week.shape[1]), np.float32)
    paths[2] = np.nan_to_num(usual)[slot]
    paths[1] = np.where(np.isfinite(yesterday), yesterday, paths[2])
    ago = same[0][slot]
    paths[3] = np.where(np.isfinite(ago), ago, paths[2])
    lacking = ~np.isfinite(usual[slot])
    paths[2][lacking] = paths[1][lacking]
    daily = np.where(np.isfinite(spread), spread, _UNSEEN)[slot]
    return Recall(
        np.ascontiguousarray(paths.transpose(0, 2, 1)), np.ascontiguousarray(daily.T), _habits(week, usual_of(days)),
        quantiles_of(day),
    )  # fmt: skip


def quantiles_of(values: Floats) -> Floats:
    """Quantiles [B, Q] of the known values [K, B], linear between them; 0 where none is known."""
    count = np.isfinite(values).sum(axis=0)
    ordered = np.sort(values.T, axis=1)  # NaN last
    place = np.maximum(count - 1, 0)[:, None] * np.array(QUANTILES)
    low = place.astype(np.int64)
    left = np.take_along_axis(ordered, low, axis=1)
    right = np.take_along_axis(ordered, np.minimum(low + 1, np.maximum(count - 1, 0)[:, None]), axis=1)
    return np.asarray(np.nan_to_num(left + (right - left) * (place - low)), np.float32)


def usual_of(days: Floats) -> Floats:
    """Mean spread of the days around their mean at each half hour, [B]; NaN with less than two days."""
    _, spread = _over_days(days)
    return _mean(spread)


def _over_days(days: Floats) -> tuple[Floats, Floats]:
    """Mean [slots, B] over days [D, slots, B], and the standard deviation around it where two are known."""
    known = np.isfinite(days)
    count = known.sum(axis=0, dtype=np.float32)
    filled = np.where(known, days, np.float32(0.0))
    mean = filled.sum(axis=0) / np.where(count > 0.0, count, np.nan)
    square = np.square(filled).sum(axis=0) / np.maximum(count, 1.0)
    spread = np.sqrt(np.maximum(square - np.square(mean), 0.0) * count / np.maximum(count - 1.0, 1.0))
    return np.asarray(mean, np.float32), np.asarray(np.where(count > 1.0, spread, np.nan), np.float32)


def _mean(values: Floats) -> Floats:
    known = np.isfinite(values)
    count = known.sum(axis=0, dtype=np.float32)
    total = np.where(known, values, np.float32(0.0)).sum(axis=0)
    return np.asarray(total / np.where(count > 0.0, count, np.nan), np.float32)


def _habits(week: Floats, around: Floats) -> Floats:
    known = np.isfinite(week)
    mean, spread = _over_days(week[:, None])
    changes = [_mean(np.abs(week[lag:] - week[:-lag])) for lag in (_DAY, 2, 16)]
    sizes = [np.log(np.where(np.isfinite(one), one, _UNSEEN) + 0.03) for one in (spread[0], around, *changes)]
    top = np.where(known, week, -np.inf).max(axis=0)
    low = np.where(known, week, np.inf).min(axis=0)
    places = [np.where(np.isfinite(one), one, 0.0) for one in (mean[0], top, low)]
    return np.stack([*sizes, *places, known.mean(axis=0)]).astype(np.float32)
