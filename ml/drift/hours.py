"""One hour of one server in four numbers a metric: all that drift is looked for in.

Five-minute samples lean on each other, so an hour counts once, whatever is in it. Guards that maintenance and gaps
never enter: an hour with less than half of its samples is unknown.
"""

from enum import IntEnum
from typing import Final

import numpy as np

from ml.contracts import Bools, Floats
from ml.runtime.losses import pinball
from ml.schema import HIGH80, HORIZON, LOW80, MEDIAN, METRICS, TICKS_PER_HOUR

LEAD: Final = HORIZON
"""How far ahead the judged forecasts looked: the hour that ends so many ticks after their origin.

The longest lead: after a step the forecasts miss for as long as it is, which a lead of an hour would hardly show.
"""
HOURS_A_DAY: Final = 24
_FEWEST: Final = TICKS_PER_HOUR // 2
_WIDTH: Final = np.float32(2.5631)  # standard deviations of a normal in its 80 % interval
_FAR: Final = np.float32(6.0)


class Channel(IntEnum):
    """What is kept of an hour."""

    VALUE = 0
    RESIDUAL = 1
    HELD = 2
    LOSS = 3


def summary(truth: Floats, maintained: Bools, fan: Floats) -> Floats:
    """An hour [N, M, channels] from the truth [N, 12, M], its calendar [N, 12] and the forecast of it [N, M, 12, Q].

    Mean value; mean of (truth - median) in standard deviations that the forecast expected; share held by the 80 %
    interval; pinball loss in the metric's unit. NaN where half of the hour is not known or was maintenance.
    """
    seen = np.where(maintained[:, None, :], np.nan, truth.transpose(0, 2, 1)).astype(np.float32)
    spread = np.maximum((fan[..., HIGH80] - fan[..., LOW80]) / _WIDTH, np.float32(1e-6))
    with np.errstate(invalid="ignore"):
        residual = np.clip((seen - fan[..., MEDIAN]) / spread, -_FAR, _FAR)
        inside = (seen >= fan[..., LOW80]) & (seen <= fan[..., HIGH80])
    held = np.where(np.isfinite(residual), inside, np.nan)
    return np.stack([_mean(one) for one in (seen, residual, held, pinball(fan, seen))], axis=2)


def without_forecast(truth: Floats, maintained: Bools) -> Floats:
    """The same of an hour that nobody forecast: its values alone."""
    found = np.full((len(truth), len(METRICS), len(Channel)), np.nan, np.float32)
    found[..., Channel.VALUE] = _mean(np.where(maintained[:, None, :], np.nan, truth.transpose(0, 2, 1)))
    return found


def _mean(values: Floats) -> Floats:
    """Mean over the last axis, NaN where less than half is known."""
    known = np.isfinite(values)
    count = known.sum(axis=-1)
    total = np.where(known, values, 0.0).sum(axis=-1)
    return np.asarray(np.where(count >= _FEWEST, total / np.maximum(count, 1), np.nan), np.float32)
