"""The nearest past: earlier stretches of a series that are most like its present one, and what followed them.

Guards that nothing of the future is looked at: a stretch counts only when all that followed it lies before now.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.contracts import Floats
from ml.schema import HORIZON, TICKS_PER_HOUR
from ml.streams.fleet import CONSECUTIVE

STRETCH = 6 * TICKS_PER_HOUR
MOST = 3
LEAST_SEEN = 0.75
"""The share of a stretch, and of what followed it, that has to be observed."""
LEAST_SPREAD = 0.02
"""Of the threshold, or of the present level where there is none: a flat line differs from another by noise only."""


@dataclass(frozen=True, slots=True)
class Nearest:
    """The stretch that ended at row `end` of the series, its distance, and what followed within the horizon.

    `crossed_after` is in ticks, 0 when the threshold was crossed at its end already, None when it was not crossed.
    """

    end: int
    distance: float
    low: float
    high: float
    crossed_after: int | None


def nearest(series: Floats, threshold: float | None) -> tuple[Nearest, ...]:
    """The MOST stretches of `series` [T] most like its last one, nearest first; none overlaps another.

    The distance is Euclidean after both were z-normalised by the present stretch's mean and spread, as the root of
    the mean over what both observed: level counts as much as shape, since thresholds are levels.
    """
    last = len(series) - 1 - HORIZON
    present = series[-STRETCH:]
    if last + 1 < STRETCH or np.isfinite(present).mean() < LEAST_SEEN:
        return ()
    distances = _distances(series[: last + 1], present, threshold)
    known = np.cumsum(np.isfinite(series[STRETCH - 1 :]))
    distances[known[HORIZON:] - known[:-HORIZON] < LEAST_SEEN * HORIZON] = np.inf
    found: list[Nearest] = []
    while len(found) < MOST and np.isfinite(distances).any():
        at = int(distances.argmin())
        end = at + STRETCH - 1
        found.append(_followed(series, end, float(distances[at]), threshold))
        distances[max(0, at - STRETCH + 1) : at + STRETCH] = np.inf
    return tuple(found)


def _distances(past: Floats, present: Floats, threshold: float | None) -> NDArray[np.float64]:
    """From the present to the stretch that begins at each row of the past; infinite where too little was observed.

    Sums of squares over what both observed, as four correlations: a hundred times fewer numbers than all stretches.
    """
    scale = max(float(np.nanstd(present)), LEAST_SPREAD * (_level(present) if threshold is None else threshold), 1e-6)
    (was, old), (here, seen) = (_normalised(one, float(np.nanmean(present)), scale) for one in (past, present))
    count = np.correlate(old, seen)
    squares = np.correlate(was * was, seen) - 2.0 * np.correlate(was, here) + np.correlate(old, here * here)
    distances = np.sqrt(np.maximum(squares, 0.0) / np.maximum(count, 1.0))
    return np.where(count >= LEAST_SEEN * seen.sum(), distances, np.inf)


def _level(values: Floats) -> float:
    return float(np.nanmax(np.abs(values)))


def _normalised(values: Floats, centre: float, scale: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """z-values, 0 where nothing was observed, and 1 where something was."""
    known = np.isfinite(values)
    return np.where(known, (values.astype(np.float64) - centre) / scale, 0.0), known.astype(np.float64)


def _followed(series: Floats, end: int, distance: float, threshold: float | None) -> Nearest:
    after = series[end + 1 : end + 1 + HORIZON]
    crossed = first_crossing(series[end + 2 - CONSECUTIVE : end + 1 + HORIZON], threshold)
    return Nearest(end, distance, float(np.nanmin(after)), float(np.nanmax(after)), crossed)


def first_crossing(values: Floats, threshold: float | None) -> int | None:
    """The row of the first of CONSECUTIVE values over the threshold, None without any; a gap is not over it.

    Nothing is over the threshold of a metric that is not watched.
    """
    if threshold is None:
        return None
    with np.errstate(invalid="ignore"):
        over = values > threshold
    runs = np.lib.stride_tricks.sliding_window_view(over, CONSECUTIVE).all(axis=1)
    return int(runs.argmax()) if runs.any() else None
