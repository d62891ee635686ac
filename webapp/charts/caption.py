"""Where the words about a crossing stand: beside its dot, off the lines, inside the frame."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ml.contracts import Floats
from webapp.charts.axes import Range

PLOT_WIDTH: Final = 778.0
PLOT_HEIGHT: Final = 284.0
_TEXT_WIDTH: Final = 165.0
_TEXT_HEIGHT: Final = 40.0
_PREFERRED: Final = (0.73, 0.85, 0.62, 0.5, 0.25, 0.15, 0.92)


@dataclass(frozen=True, slots=True)
class Place:
    """`y` in the metric's unit, of the gap between the caption's two lines."""

    y: float
    to_left: bool


def place(left: float, scale: Range, low: Floats, high: Floats, height: float = PLOT_HEIGHT) -> Place:
    """Find room for a caption of the crossing at `left` (0 ... 1 of the plot's width).

    `low` and `high` [W] are what is drawn in each equal slice of that width (NaN: nothing). The first
    preferred height that overlaps nothing wins, otherwise the one that overlaps least.
    """
    to_left = left + _TEXT_WIDTH / PLOT_WIDTH > 1.0
    start, end = (left - _TEXT_WIDTH / PLOT_WIDTH, left) if to_left else (left, left + _TEXT_WIDTH / PLOT_WIDTH)
    columns = slice(max(0, int(start * len(low))), min(len(low), int(np.ceil(end * len(low)))))
    span = (scale.high - scale.low) * _TEXT_HEIGHT / height
    heights = [scale.high - share * (scale.high - scale.low) for share in _PREFERRED]
    cost = [_overlap(one, span, low[columns], high[columns]) for one in heights]
    return Place(heights[int(np.argmin(cost))], to_left)


def _overlap(y: float, span: float, low: Floats, high: Floats) -> float:
    with np.errstate(invalid="ignore"):
        hit = (high > y - span / 2) & (low < y + span / 2)
    return float(hit.sum())
