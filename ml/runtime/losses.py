"""Losses of quantile forecasts, and quantiles of what is only partly known.

Guards one definition of the pinball loss for choosing, fitting, scoring and the live measurement.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.contracts import Floats
from ml.schema import LEAD_BUCKETS, QUANTILES

_LEVELS: Final = np.array(QUANTILES, np.float32)


def pinball(quantiles: Floats, truth: Floats) -> Floats:
    """Mean pinball loss over the quantile levels, in the metric's unit: [...] from [..., Q] and [...].

    Koenker and Bassett (1978); NaN where the forecast or the truth is unknown.
    """
    total = np.zeros(truth.shape, np.float32)
    for place, level in enumerate(QUANTILES):
        miss = truth - quantiles[..., place]
        total += np.maximum(level * miss, (level - 1.0) * miss)
    return np.asarray(total / np.float32(len(QUANTILES)), np.float32)


def by_bucket(losses: Floats) -> NDArray[np.float64]:
    """Mean over each lead bucket, [n, M, 5] from [n, M, H]; NaN steps are left out."""
    known = np.isfinite(losses)
    filled = np.where(known, losses, 0.0)
    counts = np.stack([known[:, :, a:b].sum(axis=2) for a, b in LEAD_BUCKETS], axis=2)
    sums = np.stack([filled[:, :, a:b].sum(axis=2) for a, b in LEAD_BUCKETS], axis=2)
    return np.asarray(np.where(counts > 0, sums / np.maximum(counts, 1), np.nan), np.float64)


def known_quantiles(values: Floats, fewest: int = 1) -> Floats:
    """Quantiles of the known values along the last axis, which becomes Q; NaN where fewer than `fewest` are known."""
    ordered = np.sort(values, axis=-1)  # NaN goes to the end
    count = np.isfinite(ordered).sum(axis=-1)[..., None]
    place = _LEVELS * np.maximum(count - 1, 0)
    left = place.astype(np.int64)
    right = np.minimum(left + 1, np.maximum(count - 1, 0))
    low, high = (np.take_along_axis(ordered, index, axis=-1) for index in (left, right))
    return np.asarray(np.where(count >= fewest, low + (high - low) * (place - left), np.nan), np.float32)
