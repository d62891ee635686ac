"""The forecast of last resort: what was seen last, with an interval that widens with the lead.

Guards that it is only ever given under its own name (`Method.PERSISTENCE`), never under the champion's.
"""

from statistics import NormalDist
from typing import Final

import numpy as np

from ml.contracts import Floats
from ml.runtime.features import Rows, Tables
from ml.runtime.scaling import backward, ceilings, forward, is_observed, usual
from ml.schema import HALF_HOUR, HORIZON, METRICS, QUANTILES

NORMAL_LEVELS: Final = np.array([NormalDist().inv_cdf(level) for level in QUANTILES], np.float32)
"""Standard normal quantiles of `QUANTILES`."""


_LAGS: Final = (1, 4, 16, 48)
"""Half hours over which a series' own changes are looked at: up to a day."""
_FEW: Final = 6  # changes from tick to tick that tell of a series' noise
_CONVINCED: Final = 12.0  # changes at which a series' own past and its profile count alike
_NORMAL: Final = np.float32(np.sqrt(np.pi / 2.0))  # standard deviation over mean absolute deviation


def persistence(values: Floats, profiles: Rows, tables: Tables, week: Floats) -> Floats:
    """Quantiles [n, M, H, Q] from `values` [n, T, M] in units; NaN for a metric that was never observed.

    The variance on the modelled scale is that of the noise plus that of a random walk, both the profile's own, and it
    goes on growing through the ticks since the last observation. A series that is remembered, in the half hours of
    `week` [n, WEEK, M], changes as it did before and returns to its mean as its own autocorrelation says (a first-order
    process, Box and Jenkins 1970): so a feed that was silent for a night does not make a steady server uncertain.
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
    memory = forward(week, reference[:, None, :])
    own, trust = _own_spread(memory, leads / np.float32(HALF_HOUR))
    middle, usually = _usual(memory)
    alike = np.clip(1.0 - np.square(own) / np.maximum(2.0 * np.square(usually), 1e-9)[:, :, None], 0.0, 1.0)
    centre = last[:, :, None] + trust * (1.0 - alike) * (middle - last)[:, :, None]
    own = usually[:, :, None] * np.sqrt(1.0 - np.square(alike))
    own = np.sqrt(np.square(own) + np.square(tick_noise(series))[:, :, None])  # half hours are means, ticks are not
    spread = np.sqrt(trust * np.square(own) + (1.0 - trust) * np.square(spread))
    fan = np.asarray(centre[..., None] + spread[..., None] * NORMAL_LEVELS, np.float32)
    top = ceilings(values, tables.highest[profiles])
    for metric in range(len(METRICS)):
        backward(fan[:, metric], metric, reference[:, metric, None, None], top[:, metric, None, None])
    return fan


def tick_noise(series: Floats) -> Floats:
    """How far single ticks lie from their neighbours [n, M], a standard deviation; 0 where few tell of it."""
    size, count = _change(series, 1)
    return np.asarray(np.where(count >= _FEW, size * np.float32(np.sqrt(0.5)), 0.0), np.float32)


def _own_spread(memory: Floats, steps: Floats) -> tuple[Floats, Floats]:
    """How far a series moved within `steps` [n, M, H] half hours, and how much that counts, [n, M, H] and [n, M, 1].

    `memory` [n, WEEK, M] on the modelled scale.
    """
    sizes, counts = zip(*(_change(memory, lag) for lag in _LAGS), strict=True)
    every = np.stack(sizes, axis=2)  # [n, M, lags]
    known = np.isfinite(every).all(axis=2, keepdims=True)
    place = np.interp(np.log(steps), np.log(_LAGS), np.arange(len(_LAGS)))
    low = np.minimum(place.astype(np.int64), len(_LAGS) - 2)
    before, after = (np.take_along_axis(every, at, axis=2) for at in (low, low + 1))
    trust = np.where(known, counts[-1][:, :, None] / (counts[-1][:, :, None] + _CONVINCED), 0.0)
    return np.asarray(np.where(known, before + (after - before) * (place - low), 0.0), np.float32), np.asarray(
        trust, np.float32
    )


def _usual(memory: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation [n, M] of what is remembered, the latter by the mean distance; 0 where nothing is."""
    known = np.isfinite(memory)
    count = np.maximum(known.sum(axis=1), 1)
    middle = np.where(known, memory, 0.0).sum(axis=1) / count
    away = np.where(known, np.abs(memory - middle[:, None]), 0.0).sum(axis=1) / count
    return np.asarray(middle, np.float32), np.asarray(_NORMAL * away, np.float32)


def _change(memory: Floats, lag: int) -> tuple[Floats, Floats]:
    """Standard deviation [n, M] of the changes over `lag` half hours, by their mean size, and their number."""
    change = np.abs(memory[:, lag:] - memory[:, :-lag])
    known = np.isfinite(change)
    count = known.sum(axis=1)
    total = np.where(known, change, 0.0).sum(axis=1)
    size = np.where(count > 0, _NORMAL * total / np.maximum(count, 1), np.nan)
    return np.asarray(size, np.float32), np.asarray(count, np.float32)
