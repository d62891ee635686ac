"""Yesterday's curve as a forecaster with intervals: what a model has to beat on truth that has matured.

Guards that the comparison is fair on both sides: the quantiles are those of the curve's own errors over the week
before the origin, nothing later is looked at, and an hour that was not observed yesterday compares nobody.
"""

from typing import Final

import numpy as np

from ml.contracts import Floats
from ml.runtime.losses import known_quantiles, pinball
from ml.schema import HORIZON, METRICS, TICKS_PER_DAY, TICKS_PER_HOUR

FEWEST: Final = 24
"""Errors of the past, an hour apart, from which the curve gets quantiles."""
_DAY: Final = TICKS_PER_DAY // TICKS_PER_HOUR
_SAMPLES: Final = 7 * _DAY
_LEADS: Final = HORIZON // TICKS_PER_HOUR
_BEFORE: Final = 5  # ticks from a sample to the next full hour, at which jobs by the clock would make it unusual
_LOW: Final = np.array([metric.low for metric in METRICS], np.float32)[:, None, None]
_HIGH: Final = np.array([metric.high for metric in METRICS], np.float32)[:, None, None]


def remembered(tick: int) -> range:
    """The ticks, an hour apart, whose observations the curve's errors before the hour that ends at `tick` come from."""
    newest = tick - TICKS_PER_HOUR - _BEFORE
    return range(newest - (_DAY + _SAMPLES + _LEADS - 2) * TICKS_PER_HOUR, newest + 1, TICKS_PER_HOUR)


def fans(yesterday: Floats, past: Floats, lead: int) -> Floats:
    """Quantiles [N, M, 12, Q] for an hour, as they stood `lead` (1 to 8) hours before its end.

    `yesterday` [N, 12, M] is the same hour a day before, `past` [N, K, M] what was observed at the ticks of
    `remembered`; NaN where yesterday's value or a day's worth of errors is unknown.
    """
    newest = past.shape[1] - lead
    samples = np.arange(newest - _SAMPLES + 1, newest + 1)
    changes = (past[:, samples] - past[:, samples - _DAY]).transpose(0, 2, 1)
    fan = yesterday.transpose(0, 2, 1)[..., None] + known_quantiles(changes, FEWEST)[:, :, None, :]
    return np.asarray(np.clip(fan, _LOW, _HIGH), np.float32)


def units(past: Floats, truth: Floats) -> Floats:
    """The standard deviation [N, M] of each series over its past and the hour itself, at least a thousandth.

    With the hour in it no surprise counts more than its share, however quiet the week was.
    """
    with np.errstate(invalid="ignore"):
        values = np.concatenate([past, truth], axis=1).astype(np.float64)
        known = np.isfinite(values)
        count = np.maximum(known.sum(axis=1), 1)
        middle = np.where(known, values, 0.0).sum(axis=1) / count
        spread = np.sqrt(np.where(known, (values - middle[:, None]) ** 2, 0.0).sum(axis=1) / count)
    return np.asarray(np.maximum(spread, 1e-3), np.float32)


def compared(
    model: Floats, naive: Floats, truth: Floats, unit: Floats
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Losses summed over the hour, [N, M, (model, naive, truths)], in `unit` [N, M]; only what both forecast counts.

    `model` and `naive` [N, M, 12, Q], `truth` [N, 12, M].
    """
    seen = truth.transpose(0, 2, 1)
    losses = [pinball(one, seen) / unit[..., None] for one in (model, naive)]
    both = np.isfinite(losses[0]) & np.isfinite(losses[1])
    sums = [np.where(both, one, 0.0).sum(axis=2, dtype=np.float64) for one in losses]
    return np.stack([*sums, both.sum(axis=2, dtype=np.float64)], axis=2)
