"""The small chart of a table row: eight hours back, now, eight hours ahead.

The threshold lies at the same height in every row, so a column of rows reads as one picture;
lines leave the frame instead of being clamped. Pure numbers in, paths out.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ml.contracts import Floats
from ml.schema import HIGH80, HORIZON, LOW80, MEDIAN
from webapp.charts import paths

WIDTH: Final = 1000
HEIGHT: Final = 250
NOW: Final = WIDTH // 2
THRESHOLD_Y: Final = 68
_FLOOR_Y: Final = 205
_LEAST_SPAN: Final = 0.15  # of the threshold: less would draw noise as trouble
_DRAWN: Final = 48  # points a side; a row is 120 px wide


@dataclass(frozen=True, slots=True)
class Sparkline:
    """Paths in a view box of `WIDTH` x `HEIGHT`; `dot` is the crossing's place from the left, in percent."""

    history: str
    band: str
    median: str
    dot: str


NOTHING: Final = Sparkline("", "", "", "")


def sparkline(recent: Floats, fan: Floats | None, threshold: float | None, crossing_step: float | None) -> Sparkline:
    """A row's chart. `recent` [T] ends at now, `fan` [H, Q], `crossing_step` in steps after now."""
    ahead = np.empty(0, np.float32) if fan is None else fan[:, MEDIAN]
    low, span = _scale(recent, ahead, threshold)
    top = low + span

    def y(values: Floats) -> Floats:
        return _FLOOR_Y - (values - low) / (top - low) * (_FLOOR_Y - THRESHOLD_Y)

    back = _thin(len(recent))
    past = NOW - (len(recent) - 1 - back) * (NOW / HORIZON)
    if fan is None:
        return Sparkline(paths.line(past, y(recent[back])), "", "", "")
    ahead_x, median, edge_low, edge_high = _future(recent, fan)
    return Sparkline(
        history=paths.line(past, y(recent[back])),
        band=paths.band(ahead_x, y(edge_low), y(edge_high)),
        median=paths.line(ahead_x, y(median)),
        dot="" if crossing_step is None else f"{50 + 50 * min(crossing_step, HORIZON) / HORIZON:.1f}%",
    )


def _scale(recent: Floats, ahead: Floats, threshold: float | None) -> tuple[float, float]:
    """The value at the foot, and how far above it the threshold's height is."""
    known = np.concatenate([recent[np.isfinite(recent)], ahead[np.isfinite(ahead)]])
    if not known.size:
        return 0.0, 1.0
    if threshold is None:
        spread = float(known.max() - known.min())
        return float(known.min()), max(spread * 1.6, abs(float(known.max())) * _LEAST_SPAN, 1e-6)
    low = min(float(known.min()), threshold * (1 - _LEAST_SPAN))
    return low, threshold - low


def _future(recent: Floats, fan: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Steps of the horizon as x, and the median and the 80 % interval; they begin at the last observation."""
    steps = np.unique(np.r_[np.arange(1, len(fan), len(fan) // _DRAWN), len(fan) - 1])
    start = recent[-1] if len(recent) and np.isfinite(recent[-1]) else fan[0, MEDIAN]
    x = np.r_[0, steps + 1] * (NOW / HORIZON) + NOW
    lines = (np.r_[start, fan[steps, level]] for level in (MEDIAN, LOW80, HIGH80))
    median, low, high = lines
    return x, median, low, high


def _thin(length: int) -> np.ndarray:
    """Indexes of every second point, the last one included."""
    step = max(1, length // _DRAWN)
    return np.arange((length - 1) % step, length, step) if length else np.empty(0, dtype=np.int64)
