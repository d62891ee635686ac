"""When a fan crosses a threshold: probabilities and times of a breach, from quantiles alone.

Quantiles say nothing about how one step goes with the next, so paths are drawn from a Gaussian copula:
a slow AR(1) part and a white part per metric, with shares learnt from held-out residuals. The paths are
seeded, antithetic and fixed, so equal fans give equal risks on every machine.
"""

from dataclasses import dataclass
from functools import cache
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.contracts import Bools, Floats
from ml.runtime.persistence import NORMAL_LEVELS
from ml.schema import HORIZON, METRICS, QUANTILES, TICKS_PER_HOUR
from ml.streams.fleet import CONSECUTIVE

PATHS: Final = 128
HOURS: Final = (1, 2, 4, 8)
"""Leads by which the probability of a breach is told."""
DEFAULT_CORRELATION: Final = np.tile(np.array([0.98, 0.8, 0.0, 0.0, 1.0], np.float32), (len(METRICS), 1))
"""How errors hang together, per metric [M, 5]: correlation of their slow part from step to step, its share of the
variance; then intercept, slope a doubling of the lead and slope of the log-odds correction of the breach chance."""
_WORTH: Final = 0.003  # below this chance at every single step no path is looked at
_SLICE: Final = 256
_TAIL: Final = 1.0 - QUANTILES[-1]
_HALVING: Final = float(np.log((1.0 - QUANTILES[-2]) / _TAIL))
_PROBABILITIES: Final = np.concatenate([np.logspace(-9, -2, 57), np.linspace(0.0105, 0.1, 180)])
_NORMALS: Final = np.array([NormalDist().inv_cdf(float(value)) for value in _PROBABILITIES])


@dataclass(frozen=True, slots=True)
class Crossing:
    """Risk of staying above the threshold for `CONSECUTIVE` steps, per server and metric; NaN without a forecast.

    `by` [N, M, 4] chance that such a stay begins within 1, 2, 4 and 8 h; `probability` [N, M] within the
    horizon. `earliest`, `median`, `latest` [N, M] the lead step (1 ... 96) at which it begins, given that
    it does: 10, 50 and 90 %; NaN where no path crosses.
    """

    by: Floats
    probability: Floats
    earliest: Floats
    median: Floats
    latest: Floats


def crossing(quantiles: Floats, thresholds: Floats, correlation: Floats | None = None) -> Crossing:
    """Breach risk of fans [N, M, H, Q] against `thresholds` [N, M] (NaN: no threshold), deterministic.

    `correlation` [M, 5] comes with the forecaster; without it a cautious default without correction holds.
    """
    learnt = DEFAULT_CORRELATION if correlation is None else correlation
    shape = quantiles.shape[:2]
    known = np.isfinite(quantiles[:, :, 0, 0]) & np.isfinite(thresholds)
    by = np.zeros((*shape, len(HOURS)), np.float32)
    times = np.full((*shape, 3), np.nan, np.float32)
    paths = _paths(tuple((float(memory), float(share)) for memory, share in learnt[:, :2]))
    server, metric = np.nonzero(known & _possible(quantiles, thresholds))
    for start in range(0, len(server), _SLICE):
        n, m = server[start : start + _SLICE], metric[start : start + _SLICE]
        levels = threshold_levels(quantiles[n, m], thresholds[n, m])
        chance, times[n, m] = _summary(_first_stays(levels, paths, m))
        by[n, m] = corrected(chance, learnt[m, 2:])
    by[~known] = np.nan
    return Crossing(by, by[:, :, -1].copy(), times[:, :, 0], times[:, :, 1], times[:, :, 2])


def corrected(chance: Floats, parameters: Floats) -> Floats:
    """Chances [A, hours] after the correction [A, 3] learnt on held-out servers; never falling with the lead."""
    bounded = np.clip(chance, 0.5 / PATHS, 1.0 - 0.5 / PATHS)
    start, doubling, slope = parameters[:, 0, None], parameters[:, 1, None], parameters[:, 2, None]
    odds = start + doubling * np.log2(HOURS) + slope * np.log(bounded / (1.0 - bounded))
    fixed = np.where(chance > 0.0, 1.0 / (1.0 + np.exp(-odds)), 0.0)
    return np.asarray(np.maximum.accumulate(fixed, axis=1), np.float32)


def _possible(quantiles: Floats, thresholds: Floats) -> Bools:
    """Series [N, M] whose chance at some step exceeds `_WORTH`, by the tail beyond the highest quantile."""
    top = quantiles[:, :, :, -1]
    reach = top + (top - quantiles[:, :, :, -2]) * (np.log(_TAIL / _WORTH) / _HALVING)
    return np.asarray((reach > thresholds[:, :, None]).any(axis=2))


def threshold_levels(fans: Floats, thresholds: Floats) -> Floats:
    """The standard normal level at which each step of fans [A, H, Q] meets its threshold [A] or [A, H], as [A, H].

    Linear between quantiles; beyond the outer ones the chance decays exponentially at the rate of the last gap.
    """
    limit = np.broadcast_to(thresholds.reshape(len(fans), -1), fans.shape[:2])
    level = np.full(fans.shape[:2], np.nan, np.float32)
    for place in range(len(QUANTILES) - 1):
        low, high = fans[:, :, place], fans[:, :, place + 1]
        part = (limit - low) / np.maximum(high - low, 1e-6)
        inside = (limit >= low) & (limit < high)
        level[inside] = (NORMAL_LEVELS[place] + part * (NORMAL_LEVELS[place + 1] - NORMAL_LEVELS[place]))[inside]
    above = _decay(limit - fans[:, :, -1], fans[:, :, -1] - fans[:, :, -2])
    below = _decay(fans[:, :, 0] - limit, fans[:, :, 1] - fans[:, :, 0])
    level = np.where(limit >= fans[:, :, -1], above, level)
    return np.asarray(np.where(limit < fans[:, :, 0], -below, level), np.float32)


def _decay(distance: Floats, gap: Floats) -> NDArray[np.float64]:
    chance = _TAIL * np.exp(-np.clip(_HALVING * distance / np.maximum(gap, 1e-4), 0.0, 15.0))
    return np.asarray(-np.interp(chance, _PROBABILITIES, _NORMALS), np.float64)


@cache
def _paths(correlation: tuple[tuple[float, float], ...]) -> Floats:
    """The fixed paths of every metric, [M, PATHS, H]."""
    return np.stack([copula_paths(memory, share, PATHS) for memory, share in correlation])


@cache
def _normals(count: int) -> NDArray[np.float64]:
    return np.random.Generator(np.random.Philox(20240229)).standard_normal((2, HORIZON, count))


def copula_paths(memory: float, share: float, count: int) -> Floats:
    """Standard normal paths [count, H], the second half the mirror of the first: a slow AR(1) part and a white part.

    `memory` is the slow part's correlation from step to step, `share` its share of the variance. Always the same.
    """
    drawn = _normals(count // 2)
    slow = drawn[0].copy()
    for step in range(1, HORIZON):
        slow[step] = memory * slow[step - 1] + np.sqrt(1.0 - memory**2) * drawn[0, step]
    mixed = (np.sqrt(share) * slow + np.sqrt(1.0 - share) * drawn[1]).T
    return np.concatenate([mixed, -mixed]).astype(np.float32)


def _first_stays(levels: Floats, paths: Floats, metric: NDArray[np.int64]) -> Floats:
    """Lead step of the first stay above the level on every path, [A, PATHS]; infinity where there is none."""
    first = np.empty((len(levels), paths.shape[1]), np.float32)
    for index in np.unique(metric):
        rows = metric == index
        above = paths[index][None] > levels[rows][:, None, :]
        stays = above[:, :, : HORIZON - CONSECUTIVE + 1].copy()
        for later in range(1, CONSECUTIVE):
            stays &= above[:, :, later : later + stays.shape[2]]
        first[rows] = np.where(stays.any(axis=2), stays.argmax(axis=2) + 1.0, np.inf)
    return first


def _summary(first: Floats) -> tuple[Floats, Floats]:
    by = np.stack([(first <= hours * TICKS_PER_HOUR).mean(axis=1) for hours in HOURS], axis=1)
    ordered = np.sort(first, axis=1)
    crossed = np.isfinite(ordered).sum(axis=1)
    places = np.maximum(np.ceil(crossed[:, None] * np.array([0.1, 0.5, 0.9])) - 1, 0).astype(np.int64)
    times = np.take_along_axis(ordered, places, axis=1)
    return by.astype(np.float32), np.where(crossed[:, None] > 0, times, np.nan).astype(np.float32)
