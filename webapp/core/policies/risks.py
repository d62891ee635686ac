"""From crossing probabilities to one risk a server: what crosses first, when, and how bad that is.

Severity follows the table of the design: in breach or crossing within 1 h at p* is critical,
1 to 4 h a warning, later (or half way to p*) a watch. Maintenance silences, a missing forecast says so.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.contracts import Floats
from ml.runtime import Crossing
from ml.schema import METRIC_NAMES, TICKS_PER_HOUR
from ml.streams.fleet import CONSECUTIVE
from webapp.core.views.severity import Severity

Ints = NDArray[np.int64]
P_STAR = 0.6
"""Probability from which a crossing is announced."""
P_WATCH = 0.3


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one server's row says. Steps are in ticks after the origin."""

    severity: Severity
    metric: int | None = None
    probability: float | None = None
    low: float | None = None
    middle: float | None = None
    high: float | None = None
    breach_since: int | None = None


def breach_lengths(values: Floats, thresholds: Floats) -> Ints:
    """How many observations in a row, up to the origin, lie over the threshold: [N, M] int.

    `values` [N, T, M]; a gap ends the run, since nobody saw what happened in it.
    """
    with np.errstate(invalid="ignore"):
        over = values > thresholds[:, None, :]
    reverse = over[:, ::-1, :]
    first_clear = np.argmin(reverse, axis=1)
    return np.asarray(np.where(reverse.all(axis=1), values.shape[1], first_clear), np.int64)


def first_metrics(crossings: Crossing, breach: Ints, headroom: Floats) -> Ints:
    """The metric [N] that a server's row is about, -1 without any: the longest breach; else the soonest crossing
    at p*; else the soonest at half way to it; else the likeliest, ties going to the one nearest to its threshold.

    `breach` [N, M] from `breach_lengths`; `headroom` [N, M], 1 where the 90 % quantile is at the threshold.
    """
    p = np.nan_to_num(crossings.probability, nan=-1.0)
    chosen = np.argmax(np.where(p < 0, -np.inf, np.round(p, 2) + np.nan_to_num(headroom) * 1e-3), axis=1)
    chosen = np.where((p < 0).all(axis=1), -1, chosen)
    for floor in (P_WATCH, P_STAR):
        soon = np.where((p >= floor) & np.isfinite(crossings.median), crossings.median, np.inf)
        chosen = np.where(np.isfinite(soon).any(axis=1), np.argmin(soon, axis=1), chosen)
    return np.asarray(np.where(breach.max(axis=1) >= CONSECUTIVE, np.argmax(breach, axis=1), chosen), np.int64)


def judge(row: int, metric: int, crossings: Crossing, breach: Ints, origin: int, maintenance: bool) -> Verdict:
    """The verdict on server `row`, about `metric` (from `first_metrics`)."""
    if metric < 0:
        return Verdict(Severity.MAINTENANCE if maintenance else Severity.HEALTHY)
    run = int(breach[row, metric])
    since = origin - run + 1 if run >= CONSECUTIVE else None
    p = _finite(crossings.probability[row, metric])
    low, middle, high = (_finite(one[row, metric]) for one in (crossings.earliest, crossings.median, crossings.latest))
    worst = Severity.MAINTENANCE if maintenance else severity(since is not None, p or 0.0, middle)
    return Verdict(worst, metric, 1.0 if since is not None else p, low, middle, high, since)


def severity(in_breach: bool, probability: float, middle: float | None) -> Severity:
    """The severity of a crossing with that probability within 8 h and that median step, given that it crosses."""
    if in_breach:
        return Severity.CRITICAL
    if probability < P_STAR or middle is None:
        return Severity.WATCH if probability >= P_WATCH else Severity.HEALTHY
    if middle <= TICKS_PER_HOUR:
        return Severity.CRITICAL
    return Severity.WARNING if middle <= 4 * TICKS_PER_HOUR else Severity.WATCH


def shown(
    stored: Severity, maintained: bool, in_breach: bool, probability: float | None, middle: float | None
) -> Severity:
    """The severity to show of a stored verdict, given whether its server is in maintenance at this moment."""
    if stored is Severity.NO_FORECAST:
        return stored
    if maintained:
        return Severity.MAINTENANCE
    return severity(in_breach, probability or 0.0, middle) if stored is Severity.MAINTENANCE else stored


def _finite(value: np.floating) -> float | None:
    return float(value) if np.isfinite(value) else None


def metric_name(index: int | None) -> str | None:
    """The contract's name of a metric index."""
    return None if index is None else METRIC_NAMES[index]
