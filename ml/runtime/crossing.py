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
from ml.runtime.inputs import LEADS
from ml.runtime.odds import DEFAULT_ODDS, HOURS, Odds
from ml.runtime.persistence import NORMAL_LEVELS
from ml.schema import HORIZON, QUANTILES, TICKS_PER_HOUR
from ml.streams.fleet import CONSECUTIVE

PATHS: Final = 128
ENDS: Final = np.array(HOURS) * TICKS_PER_HOUR - 1
"""Places of the last lead steps of 1, 2, 4 and 8 hours."""
TIMES: Final = (0.1, 0.5, 0.9)
"""Shares of the breaches that come by which `earliest`, `median` and `latest` are told."""
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


def crossing(quantiles: Floats, thresholds: Floats, odds: Odds = DEFAULT_ODDS) -> Crossing:
    """Breach risk of fans [N, M, H, Q] against `thresholds` [N, M] (NaN: no threshold), deterministic.

    `odds` come with the forecaster; without them a cautious default without correction holds.
    """
    shape = quantiles.shape[:2]
    known = np.isfinite(quantiles[:, :, 0, 0]) & np.isfinite(thresholds)
    by, drawn = np.zeros((2, *shape, len(HOURS)), np.float32)
    times = np.full((*shape, 3), np.nan, np.float32)
    server, metric = np.nonzero(known & possible(quantiles, thresholds))
    if len(server):
        begun, levels = drawn_begun(quantiles, thresholds, odds.correlation, server, metric)
        drawn[server, metric] = begun[:, ENDS]
        by[server, metric] = odds.corrected(drawn, levels, server, metric)
        times[server, metric] = _times(begun, by[server, metric])
    by[~known] = np.nan
    return Crossing(by, by[:, :, -1].copy(), times[:, :, 0], times[:, :, 1], times[:, :, 2])


def drawn_begun(
    quantiles: Floats, thresholds: Floats, correlation: Floats, server: NDArray[np.int64], metric: NDArray[np.int64]
) -> tuple[Floats, Floats]:
    """For the series `server`, `metric` [A]: the share of drawn paths on which a stay above the threshold has begun
    by each step, [A, H], and the standard normal level of the threshold at the leads of `Odds`, [A, LEADS]."""
    paths = _paths(tuple((float(memory), float(share)) for memory, share in correlation[:, :2]))
    begun, levels = np.empty((len(server), HORIZON), np.float32), np.empty((len(server), len(LEADS)), np.float32)
    for start in range(0, len(server), _SLICE):
        some = slice(start, start + _SLICE)
        n, m = server[some], metric[some]
        every = threshold_levels(quantiles[n, m], thresholds[n, m])
        begun[some], levels[some] = _begun(every, paths, m), every[:, LEADS - 1]
    return begun, levels


def possible(quantiles: Floats, thresholds: Floats) -> Bools:
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


def _begun(levels: Floats, paths: Floats, metric: NDArray[np.int64]) -> Floats:
    """Share of paths on which a stay above the level has begun by each lead step, [A, H]."""
    count = np.zeros(len(levels) * HORIZON, np.int64)
    for index in np.unique(metric):
        rows = np.flatnonzero(metric == index)
        above = paths[index][None] > levels[rows][:, None, :]
        stays = above[:, :, : HORIZON - CONSECUTIVE + 1].copy()
        for later in range(1, CONSECUTIVE):
            stays &= above[:, :, later : later + stays.shape[2]]
        series, path = np.nonzero(stays.any(axis=2))
        first = stays.argmax(axis=2)[series, path]
        count += np.bincount(rows[series] * HORIZON + first, minlength=len(count))
    return np.asarray(np.cumsum(count.reshape(-1, HORIZON), axis=1) / paths.shape[1], np.float32)


def _times(begun: Floats, by: Floats) -> Floats:
    """Lead steps by which 10, 50 and 90 % of the breaches that come have begun, [A, 3]; NaN where no path crosses.

    `by` [A, hours] says how much happens in each stretch of the horizon, the paths `begun` [A, H] when within it.
    """
    share = np.empty_like(begun)
    first, told_before = 0, np.zeros(len(by), np.float32)
    drawn_before = told_before
    for end, told in zip(ENDS, by.T, strict=True):
        drawn = begun[:, end]
        inside = begun[:, first : end + 1] - drawn_before[:, None]
        whole = (drawn - drawn_before)[:, None]
        even = np.arange(1, end - first + 2, dtype=np.float32) / (end - first + 1)
        part = np.where(whole > 0.0, inside / np.where(whole > 0.0, whole, 1.0), even)
        share[:, first : end + 1] = told_before[:, None] + part * (told - told_before)[:, None]
        first, told_before, drawn_before = end + 1, told, drawn
    goals = by[:, -1:] * np.array(TIMES, np.float32)
    reached = share[:, None, :] >= np.minimum(goals, share[:, -1:])[:, :, None]
    return np.where(begun[:, -1:] > 0.0, reached.argmax(axis=2) + 1.0, np.nan).astype(np.float32)
