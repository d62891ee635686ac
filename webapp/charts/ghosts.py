"""An earlier forecast as paths that lie over the large chart, apart from it: moved without drawing the chart anew.

Coordinates are a tick across and `FINE` units a unit up, so that the frame of the chart alone says where they lie.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ml.contracts import Floats
from ml.schema import HIGH80, HORIZON, LOW80, MEDIAN
from webapp.charts import paths
from webapp.charts.fan import Figure
from webapp.charts.traces import TICK_MS

FINE: Final = 1000
_ACROSS: Final = np.arange(HORIZON + 1, dtype=np.float64)


@dataclass(frozen=True)
class Frame:
    """Where a large chart's plot lies: its first tick, how many ticks it is wide, the last one a handle may take, and
    the top and height of its value axis in units of the paths."""

    start: float = 0
    span: float = 1
    last: float = 0
    top: float = 0
    height: float = 1


def frame(figure: Figure, last_ms: float) -> Frame:
    """The frame of a figure; the handle goes up to `last_ms`, or to its right end."""
    if not figure:
        return Frame()
    layout: dict[str, dict[str, list[float]]] = figure["layout"]  # type: ignore[assignment]
    (left, right), (low, high) = layout["xaxis"]["range"], layout["yaxis"]["range"]
    last = min(right, last_ms) / TICK_MS
    return Frame(left / TICK_MS, (right - left) / TICK_MS, last, -high * FINE, (high - low) * FINE)


def band(fan: Floats, stood: float) -> str:
    """The 80 % interval of a fan [H, Q] as one closed shape; it opens at the value that stood at its origin."""
    low, high = (_joined(fan[:, one], stood) for one in (LOW80, HIGH80))
    return paths.band(_ACROSS, -FINE * low, -FINE * high)


def median(fan: Floats, stood: float) -> str:
    """The median as a line."""
    return paths.line(_ACROSS, -FINE * _joined(fan[:, MEDIAN], stood))


def _joined(values: Floats, stood: float) -> Floats:
    joined: Floats = np.concatenate([[np.float32(stood)], values])
    return joined
