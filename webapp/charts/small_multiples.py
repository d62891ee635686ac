"""Seven small fans beside the large chart: paths in a box that stretches with its card.

Every path lives in the same box, 24 h back and 8 h ahead with now at three quarters, and a tick
is four units wide; strokes keep their width because the style sheet forbids them to scale.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

import numpy as np

from ml.contracts import Floats
from ml.schema import CONTEXT, HORIZON, MEDIAN
from webapp.charts.axes import Range, value_range
from webapp.charts.traces import BANDS
from webapp.core.clock import tick_of
from webapp.core.views.maintenance import MaintenanceMark
from webapp.core.views.server import MetricView

UNIT: Final = 4
WIDTH: Final = (CONTEXT + HORIZON) * UNIT
HEIGHT: Final = 400
NOW_X: Final = CONTEXT * UNIT
_SKIP: Final = 2
"""Bands are drawn at every second step: half the bytes, no visible difference."""


@dataclass(frozen=True, slots=True)
class SmallFan:
    """Paths in WIDTH x HEIGHT; places of labels and of the crossing in percent of the box, "" for none."""

    measured: str
    band90: str
    band80: str
    band50: str
    median: str
    threshold: str
    threshold_label: str
    floor_label: str
    cross_x: str
    cross_from: str
    cross_width: str
    upkeep: str = ""


def small_fan(
    metric: MetricView, origin: datetime | None = None, maintenance: Sequence[MaintenanceMark] = ()
) -> SmallFan:
    """The small chart of one metric: its last 24 h and the next 8, with the maintenance around `origin`."""
    history = metric.history[-CONTEXT:]
    fan = metric.fan
    middle = fan[:, MEDIAN] if fan is not None else np.zeros(0, np.float32)
    scale = value_range(metric.unit, metric.display_high, metric.threshold, [history, middle])
    now = metric.now if len(history) and np.isfinite(history[-1]) else None
    outlines = {width: _band(fan, pair, now, scale) for width, pair in BANDS.items()}
    across, left, wide = _crossing(metric)
    return SmallFan(
        measured=line(NOW_X - UNIT * (len(history) - 1), UNIT, _heights(history, scale)),
        band90=outlines["90"], band80=outlines["80"], band50=outlines["50"],
        median=_median(middle, now, scale),
        threshold="" if metric.threshold is None else _percent(1 - _share(metric.threshold, scale)),
        threshold_label="" if metric.threshold is None else f"{metric.threshold:,g}",
        floor_label=f"{scale.low:g}", cross_x=across, cross_from=left, cross_width=wide,
        upkeep="" if origin is None else "".join(_wash(one, origin) for one in maintenance),
    )  # fmt: skip


def _wash(one: MaintenanceMark, origin: datetime) -> str:
    """A stretch of maintenance over the whole height."""
    steps = (tick_of(at) - tick_of(origin) for at in (one.start_at, one.end_at))
    left, right = (min(WIDTH, max(0, NOW_X + UNIT * step)) for step in steps)
    return f"M{left} 0h{right - left}v{HEIGHT}h{left - right}z" if left < right else ""


def line(x: int, step: int, heights: Sequence[int | None]) -> str:
    """A path of equal steps in whole units; a missing value lifts the pen."""
    parts, pen, last = [], False, 0
    for n, y in enumerate(heights):
        if y is None:
            pen = False
        elif pen:
            parts.append(f"l{step} {y - last}")
        else:
            parts.append(f"M{x + n * step} {y}")
        if y is not None:
            pen, last = True, y
    return "".join(parts)


def outline(x: int, step: int, top: Sequence[int], bottom: Sequence[int]) -> str:
    """A closed path between two lines of equal steps."""
    if not top:
        return ""
    path = [f"M{x} {top[0]}"]
    path += [f"l{step} {after - before}" for before, after in pairwise(top)]
    back = bottom[::-1]
    path.append(f"V{back[0]}")
    path += [f"l{-step} {after - before}" for before, after in pairwise(back)]
    return "".join(path) + "Z"


def _band(fan: Floats | None, pair: tuple[int, int], now: float | None, scale: Range) -> str:
    if fan is None:
        return ""
    edges = []
    for one in reversed(pair):
        values = fan[_SKIP - 1 :: _SKIP, one]
        joined = values if now is None else np.concatenate([[now], values])
        edges.append([y if y is not None else HEIGHT for y in _heights(joined, scale)])
    start = NOW_X if now is not None else NOW_X + UNIT * _SKIP
    return outline(start, UNIT * _SKIP, edges[0], edges[1])


def _median(values: Floats, now: float | None, scale: Range) -> str:
    if not len(values):
        return ""
    if now is None:
        return line(NOW_X + UNIT, UNIT, _heights(values, scale))
    return line(NOW_X, UNIT, _heights(np.concatenate([[now], values]), scale))


def _heights(values: Floats, scale: Range) -> list[int | None]:
    y = np.round(HEIGHT * (1.0 - (np.asarray(values, np.float64) - scale.low) / (scale.high - scale.low)))
    known = np.isfinite(y)
    whole = np.where(known, y, 0.0).astype(int).tolist()
    return [one if there else None for one, there in zip(whole, known.tolist(), strict=True)]


def _crossing(metric: MetricView) -> tuple[str, str, str]:
    """Where the dot and its 80 % range lie on the box's width; nothing for a metric that is clear or in breach."""
    if metric.crossing_at is None or metric.now_at is None or metric.breach_since_at is not None:
        return "", "", ""
    if metric.severity not in ("critical", "warning", "watch"):
        return "", "", ""
    origin = tick_of(metric.now_at)
    times = [metric.crossing_low_at or metric.crossing_at, metric.crossing_high_at or metric.crossing_at]
    low, high = (min(tick_of(at) - origin, HORIZON) for at in times)
    dot = tick_of(metric.crossing_at) - origin
    share = [100.0 * (NOW_X + UNIT * step) / WIDTH for step in (dot, low, high)]
    return _plain(share[0]), _plain(share[1]), _plain(share[2] - share[1])


def _share(value: float, scale: Range) -> float:
    return (value - scale.low) / (scale.high - scale.low)


def _percent(share: float) -> str:
    return _plain(100.0 * share)


def _plain(percent: float) -> str:
    return f"{percent:.2f}%"
