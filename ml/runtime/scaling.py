"""Where a metric is modelled: percentages as they are, rates and times as logarithms of multiples of their usual value.

Measured against the window's own mean, a disk that writes kilobytes and one that writes hundreds of megabytes look
alike. Guards that every number that leaves the runtime lies inside the metric's physical range.
"""

from typing import Final

import numpy as np

from ml.contracts import Bools, Floats
from ml.schema import METRICS

# smallest usual value of the metrics on a logarithmic scale, in their unit: below it differences are noise
_FLOORS: Final = {"disk_io_mbps": 0.01, "net_mbps": 0.01, "latency_ms": 0.5, "error_pct": 0.02}
LOGGED: Final = tuple(index for index, metric in enumerate(METRICS) if metric.name in _FLOORS)
_FLOOR: Final = np.array([_FLOORS.get(metric.name, 1.0) for metric in METRICS], np.float32)
_OFFSET: Final = np.float32(0.25)  # multiples of the usual value that are added before the logarithm
_LOW: Final = np.array([metric.low for metric in METRICS], np.float32)
_HIGH: Final = np.array([metric.high for metric in METRICS], np.float32)
SHARE: Final = np.array([metric.unit == "%" for metric in METRICS])
"""Which metrics are percentages, [M]."""


def is_observed(values: Floats) -> Bools:
    """Where something was observed: NaN and infinities are not observations."""
    return np.asarray(np.isfinite(values))


def possible(values: Floats) -> Floats:
    """Values [..., M] with NaN in place of what lies outside the contract: such a number is a fault of its source.

    Clipped to the contract it would be believed, and one reading of 1e30 would bend the fans of all metrics.
    """
    outside = (values < _LOW) | (values > _HIGH)
    return np.asarray(np.where(outside, np.nan, values) if outside.any() else values, np.float32)


def ceilings(values: Floats, highest: Floats) -> Floats:
    """Highest values that forecasts may take, [n, M], from `values` [n, T, M] in units.

    100 for percentages, unless the window holds more (measured CPU of 114 %); otherwise the `highest` [n, M] that
    such servers reach, or half more than this one just did. Beyond that a model extrapolates what it never saw.
    """
    seen = np.where(is_observed(values), values, 0.0).max(axis=1, initial=0.0)
    top = np.where(SHARE, np.maximum(seen, 100.0), np.maximum(highest, 1.5 * seen))
    return np.asarray(np.minimum(top, _HIGH), np.float32)


def usual(values: Floats, axis: int) -> Floats:
    """What multiples are taken of: the mean of the observed values over `axis` (time), at least the metric's floor."""
    known = is_observed(values)
    count = known.sum(axis=axis, dtype=np.float32)
    total = np.where(known, np.clip(values, _LOW, _HIGH), np.float32(0.0)).sum(axis=axis)
    return np.asarray(np.maximum(total / np.maximum(count, 1.0), _FLOOR), np.float32)


def forward(values: Floats, reference: Floats) -> Floats:
    """Values [..., M] on the scale that is modelled, `reference` broadcasting against them.

    NaN stays NaN, values outside the contract are clipped to it.
    """
    scaled: Floats = np.clip(values, _LOW, _HIGH, dtype=np.float32)
    shape = np.broadcast_to(reference, scaled.shape)
    for index in LOGGED:
        scaled[..., index] = np.log(scaled[..., index] / shape[..., index] + _OFFSET)
    return scaled


def backward(scaled: Floats, index: int, reference: Floats, ceiling: Floats) -> Floats:
    """Metric `index` from the modelled scale to its unit, in place, clipped to [0, ceiling]; both broadcast."""
    if index in LOGGED:
        np.clip(scaled, -20.0, 20.0, out=scaled)
        np.exp(scaled, out=scaled)
        scaled -= _OFFSET
        scaled *= reference
    np.clip(scaled, 0.0, ceiling, out=scaled)
    return scaled
