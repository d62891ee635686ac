"""What naive forecasters start from: the last value, yesterday, last week, and what the day and the week held.

Nothing here is fitted. Guards that a guess rests on the cut's past alone, and that a series which is not known
for a week falls back to the day.
"""

from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.contracts import Floats
from ml.dataset.windows import Cut
from ml.runtime.losses import known_quantiles
from ml.schema import CONTEXT, HALF_HOUR, HORIZON, TICKS_PER_DAY, WEEK

_DAYS: Final = 7
_HALF_HOURS: Final = TICKS_PER_DAY // HALF_HOUR
_AHEAD: Final = HORIZON // HALF_HOUR + 3  # half hours that the horizon touches, and one on either side
_FEWEST: Final = 15  # of the 21 half hours that one point of the profile rests on
Steps = NDArray[np.int64]


class Naive(StrEnum):
    """The naive forecasters."""

    PERSISTENCE = "persistence"
    SEASONAL = "seasonal_naive"
    SEASONAL_WEEK = "seasonal_naive_week"
    DAY_QUANTILES = "day_quantiles"
    WEEK_PROFILE = "week_profile"


WEEKLY: Final = (Naive.SEASONAL_WEEK, Naive.WEEK_PROFILE)
"""Those that need a week."""


def base(kind: Naive, piece: Cut, leads: Steps) -> Floats:
    """What the forecaster starts from at lead steps [L], [N, M, L, 1], or [N, M, L, Q] where it has levels itself.

    A series that is not known for a week gets the day's variant: the one of yesterday or the day's quantiles.
    """
    match kind:
        case Naive.PERSISTENCE:
            return np.repeat(last_seen(piece.history)[:, :, None, None], len(leads), axis=2)
        case Naive.SEASONAL:
            return yesterday(piece, leads)
        case Naive.SEASONAL_WEEK:
            past = at_leads(remembered(piece, _DAYS, 0), piece, leads)[..., None]
            return np.where(np.isfinite(past), past, yesterday(piece, leads))
        case Naive.DAY_QUANTILES:
            return _day(piece, leads)
        case Naive.WEEK_PROFILE:
            profile = at_leads(week_profile(piece), piece, leads)
            return np.where(np.isfinite(profile), profile, _day(piece, leads))


def _day(piece: Cut, leads: Steps) -> Floats:
    return np.repeat(known_quantiles(piece.history.transpose(0, 2, 1))[:, :, None], len(leads), axis=2)


def yesterday(piece: Cut, leads: Steps) -> Floats:
    same = piece.history[:, CONTEXT - TICKS_PER_DAY + leads - 1].transpose(0, 2, 1)
    return np.where(np.isfinite(same), same, last_seen(piece.history)[:, :, None])[..., None]


def last_seen(history: Floats) -> Floats:
    known = np.isfinite(history)
    place = history.shape[1] - 1 - known[:, ::-1].argmax(axis=1)
    return np.asarray(np.take_along_axis(history, place[:, None, :], axis=1)[:, 0])


def remembered(piece: Cut, days: int, shift: int) -> Floats:
    """The half hours `days` before the horizon, `shift` later, [N, M, _AHEAD]; the first is the newest known one."""
    place = WEEK - 1 + np.arange(_AHEAD) + shift - days * _HALF_HOURS
    return np.asarray(piece.week[:, np.maximum(place, 0)].transpose(0, 2, 1))


def week_samples(piece: Cut) -> Floats:
    """What the last seven days held at the horizon's times of day, half an hour about them, [N, M, _AHEAD, 21]."""
    return np.stack([remembered(piece, day, shift) for day in range(1, _DAYS + 1) for shift in (-1, 0, 1)], axis=-1)


def week_profile(piece: Cut) -> Floats:
    """Quantiles of the last seven days at each time of day, [N, M, _AHEAD, Q]; NaN where too little is known."""
    return known_quantiles(week_samples(piece), _FEWEST)


def at_leads(half_hours: Floats, piece: Cut, leads: Steps) -> Floats:
    """Values of half hours [N, M, _AHEAD, ...] at lead steps, [N, M, L, ...]: linear between their middles."""
    newest = (piece.week_tick + 1) // HALF_HOUR - 1
    place = (piece.week_tick + leads + 0.5) / HALF_HOUR - 0.5 - newest
    left = np.floor(place).astype(np.int64)
    part = (place - left).astype(np.float32).reshape(-1, *(1,) * (half_hours.ndim - 3))
    here, there = half_hours[:, :, left], half_hours[:, :, left + 1]
    return np.asarray(here + (there - here) * part, np.float32)
