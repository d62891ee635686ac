"""A test's statistic over a week against its threshold: one line, the threshold on both sides, alarms on top.

Pure: statistics in thresholds in, paths out. A line that is not tested has a gap; the scale shows at least one and a
half thresholds and what is beyond three leaves the frame.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from webapp.charts import paths

WIDTH: Final = 1000
HEIGHT: Final = 100
_LEAST, _MOST = 1.5, 3.0


@dataclass(frozen=True, slots=True)
class Track:
    """Paths in a view box of `WIDTH` x `HEIGHT`; `upper` and `lower` are the threshold's heights."""

    line: str
    over: str
    upper: int
    lower: int


def track(hours: Sequence[int], ratios: Sequence[float | None], span: int) -> Track:
    """The track of hours 0 ... span - 1, oldest first, that were looked at."""
    values = np.full(max(span, 2), np.nan)
    for hour, ratio in zip(hours, ratios, strict=True):
        values[hour] = np.nan if ratio is None else ratio
    seen = np.abs(values[np.isfinite(values)])
    top = min(max(_LEAST, float(seen.max(initial=0.0)) * 1.1), _MOST)
    xs = np.linspace(0, WIDTH, len(values))
    ys = HEIGHT / 2 * (1 - values / top)
    edge = round(HEIGHT / 2 / top)
    over = np.where(np.abs(values) >= 1.0, ys, np.nan)
    return Track(paths.line(xs, ys), paths.line(xs, over), HEIGHT // 2 - edge, HEIGHT // 2 + edge)
