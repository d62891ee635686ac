"""The forecast of last resort: what was seen last, with an interval that widens with the root of the lead.

Guards that it is only ever given under its own name (`Method.PERSISTENCE`), never under the champion's.
"""

from statistics import NormalDist
from typing import Final

import numpy as np

from ml.contracts import Floats
from ml.runtime.features import Rows, Tables
from ml.runtime.scaling import backward, ceilings, forward, is_observed, usual
from ml.schema import HORIZON, METRICS, QUANTILES

NORMAL_LEVELS: Final = np.array([NormalDist().inv_cdf(level) for level in QUANTILES], np.float32)
"""Standard normal quantiles of `QUANTILES`."""


def persistence(values: Floats, profiles: Rows, tables: Tables) -> Floats:
    """Quantiles [n, M, H, Q] from `values` [n, T, M] in units; NaN for a metric that was never observed.

    The variance on the modelled scale is that of the noise plus that of a random walk, both the profile's
    own, and it goes on growing through the ticks since the last observation.
    """
    reference = usual(values, 1)
    series = forward(values, reference[:, None, :])
    known = is_observed(values)
    age = np.where(known.any(axis=1), known[:, ::-1].argmax(axis=1), 0)  # [n, M]
    series[~known] = np.nan
    last = np.take_along_axis(series, (series.shape[1] - 1 - age)[:, None, :], axis=1)[:, 0]
    leads = np.arange(1, HORIZON + 1, dtype=np.float32) + age[:, :, None]
    walk = tables.walk[profiles][:, :, None] * np.sqrt(leads)
    spread = np.sqrt(np.square(walk) + np.square(tables.volatility[profiles])[:, :, None])
    fan = np.asarray(last[:, :, None, None] + spread[..., None] * NORMAL_LEVELS, np.float32)
    top = ceilings(values, tables.highest[profiles])
    for metric in range(len(METRICS)):
        backward(fan[:, metric], metric, reference[:, metric, None, None], top[:, metric, None, None])
    return fan
