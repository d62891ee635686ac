"""The table that boosting learns from: one row a series and lead, in the units of the linear forecaster.

Guards that training and prediction build a row in the same way, from a cut's past, the clock and the calendar.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.baselines.guesses import at_leads, remembered, week_samples, yesterday
from ml.contracts import Floats
from ml.dataset.windows import Cut
from ml.runtime.features import SUMMARY, Prepared, Tables, prepare
from ml.runtime.losses import known_quantiles
from ml.runtime.scaling import ceilings, forward
from ml.schema import CONTEXT, HALF_HOUR, HIGH80, LOW80, MEDIAN, METRICS, TICKS_PER_DAY, TICKS_PER_WEEK, WEEK

Steps = NDArray[np.int64]
CATEGORIES: Final = ("metric", "profile")
"""The first two columns, which are names and not numbers."""
CAP: Final = 8.0
"""Targets beyond this many scales say "failure", not how large."""
LEAD_COLUMN: Final = -7
"""The column that holds the lead step."""
_M: Final = len(METRICS)
_DAY: Final = TICKS_PER_DAY // HALF_HOUR
_CLIP: Final = 15.0
_LEVELS: Final = (LOW80, MEDIAN, HIGH80)


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of n machines at L leads, in the order [n, M, L]: `columns` [n * M * L, F] float32, NaN where unknown.

    `seen` undoes the scaling; `top` [n, M] are the highest values that forecasts may take, in units.
    """

    columns: Floats
    seen: Prepared
    top: Floats


def rows_of(piece: Cut, leads: Steps, tables: Tables) -> Rows:
    """The rows of a cut at lead steps `leads` [L] (1 ... 96)."""
    seen = prepare(piece.history, piece.calendar, piece.profiles, piece.week_tick, tables)
    names = np.stack(np.broadcast_arrays(np.arange(_M)[None, :], piece.profiles[:, None]), axis=-1)
    still = np.concatenate([names, _own(seen), _habits(piece, seen)], axis=-1).astype(np.float32)
    moving = np.concatenate([_paths(piece, seen, leads), _clock(piece, seen, leads)], axis=-1)
    repeated = np.broadcast_to(still[:, :, None], (*moving.shape[:3], still.shape[-1]))
    columns = np.concatenate([repeated, moving], axis=-1)
    top = ceilings(piece.history, tables.highest[piece.profiles])
    return Rows(columns.reshape(-1, columns.shape[-1]), seen, top)


def targets(piece: Cut, leads: Steps, seen: Prepared) -> Floats:
    """What the boosters predict, [n * M * L]: the truth less season and level in scales, NaN where unknown."""
    truth = forward(piece.truth[:, leads - 1], seen.reference[:, None, :])
    path = (truth - seen.season[leads - 1].transpose(1, 0, 2) - seen.level[:, None]) / seen.scale[:, None]
    return np.asarray(np.clip(path, -CAP, CAP), np.float32).transpose(0, 2, 1).reshape(-1)


def _own(seen: Prepared) -> Floats:
    """What the linear forecaster sees of the series itself and of the machine's other metrics, [n, M, ...]."""
    told = np.broadcast_to(seen.shared[:, None, : SUMMARY * _M], (*seen.level.shape, SUMMARY * _M))
    sizes = np.stack([np.log(seen.scale), np.log(seen.reference), seen.level], axis=-1)
    return np.concatenate([seen.own.transpose(1, 2, 0), told, sizes], axis=-1)


def _habits(piece: Cut, seen: Prepared) -> Floats:
    """How the machine's own week varied, in scales, [n, M, 5]: around its mean, from step to step, from day to day."""
    week = forward(piece.week, seen.reference[:, None, :])  # [n, 336, M]
    scale = seen.scale
    spreads = [
        _size(week - _mean(week)[:, None]),
        _size(np.diff(week, axis=1)),
        _size(week[:, _DAY:] - week[:, :-_DAY]),
    ]
    known = np.isfinite(week).sum(axis=1) / WEEK
    rough = np.nanmax(np.where(np.isfinite(week), np.abs(week - _mean(week)[:, None]), 0.0), axis=1)
    return np.stack([*(np.log(one / scale + 1e-3) for one in spreads), np.log(rough / scale + 1e-3), known], axis=-1)


def _mean(values: Floats) -> Floats:
    known = np.isfinite(values)
    count = known.sum(axis=1)
    return np.where(count > 0, np.where(known, values, 0.0).sum(axis=1) / np.maximum(count, 1), np.nan)


def _size(values: Floats) -> Floats:
    """Mean absolute value over time, NaN where nothing is known, [n, M] from [n, T, M]."""
    return _mean(np.abs(values))


def _paths(piece: Cut, seen: Prepared, leads: Steps) -> Floats:
    """What the past holds for each lead, as a path in the target's units, [n, M, L, ...].

    Yesterday and a week ago at that time; the middle and 10, 90 % of the week at that time; those of the day.
    """

    season = seen.season[leads - 1].transpose(1, 2, 0)[..., None]

    def scaled(values: Floats) -> Floats:
        """From units [n, M, L, K] to scales."""
        moved = forward(values.transpose(0, 2, 3, 1), seen.reference[:, None, None, :]).transpose(0, 3, 1, 2)
        path = (moved - season - seen.level[:, :, None, None]) / seen.scale[:, :, None, None]
        return np.asarray(np.clip(path, -_CLIP, _CLIP), np.float32)

    week = known_quantiles(week_samples(piece), 6)[..., _LEVELS]
    smooth = at_leads(remembered(piece, 1, 0), piece, leads)[..., None]
    ago = at_leads(remembered(piece, 7, 0), piece, leads)[..., None]
    day = known_quantiles(piece.history.transpose(0, 2, 1))[:, :, None, _LEVELS]
    parts = [yesterday(piece, leads), smooth, ago, at_leads(week, piece, leads), np.repeat(day, len(leads), axis=2)]
    found = [scaled(one) for one in parts]
    spread = found[3][..., 2:] - found[3][..., :1]
    return np.concatenate([*found, spread], axis=-1)


def _clock(piece: Cut, seen: Prepared, leads: Steps) -> Floats:
    """The lead, the season's rise, the calendar and the time of day at the lead, [n, M, L, 7]."""
    shape = (*seen.level.shape, len(leads))
    ticks = (piece.week_tick + leads) % TICKS_PER_WEEK
    rise = (seen.season[leads - 1] - seen.season[0]).transpose(1, 2, 0) / seen.scale[..., None]
    upkeep = piece.calendar[:, CONTEXT:][:, leads - 1][:, None, :]
    before = piece.calendar[:, CONTEXT - 12 : CONTEXT].mean(axis=1)[:, None, None]
    columns = (
        leads, rise, upkeep, before, ticks % TICKS_PER_DAY / HALF_HOUR, ticks >= 5 * TICKS_PER_DAY,
        np.float32(piece.week_tick >= 5 * TICKS_PER_DAY),
    )  # fmt: skip
    return np.stack([np.broadcast_to(one, shape) for one in columns], axis=-1).astype(np.float32)
