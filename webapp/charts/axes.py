"""Axes of the charts: clock times in the viewer's zone, and value ranges that do not move with the data.

Times go to the figures as UTC milliseconds and get their labels here, so that a day on which
the clocks change is drawn with its true length and every label is right.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Final

import numpy as np

from ml.contracts import Floats

_STEPS_H: Final = (1, 2, 3, 6, 12, 24)
_MOST_LABELS: Final = 11
_FLOORS: Final = (60.0, 50.0, 40.0, 20.0)
_TOPS: Final = (1.18, 1.6, 2.4, 4.0, 8.0)
_ROUND: Final = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Range:
    """Bottom and top of a value axis, with the grid lines in between."""

    low: float
    high: float
    ticks: tuple[float, ...]


def milliseconds(at: datetime) -> int:
    """UTC milliseconds, the number that a date axis takes."""
    return round(at.timestamp() * 1000)


def clock_label(at: datetime, zone: tzinfo, by_day: bool) -> str:
    """The label of a tick: "15:00"; on axes of several days midnight is named by its day, "Thu 19"."""
    local = at.astimezone(zone)
    if by_day and (local.hour, local.minute) == (0, 0):
        return f"{local:%a} {local.day}"
    return f"{local:%H:%M}"


def clock_ticks(start: datetime, end: datetime, zone: tzinfo) -> tuple[list[int], list[str]]:
    """Where a time axis is labelled: full local hours, at most eleven of them."""
    hours = (end - start).total_seconds() / 3600
    step = next((one for one in _STEPS_H if hours / one <= _MOST_LABELS), _STEPS_H[-1])
    local = start.astimezone(zone)
    first = start + timedelta(minutes=-local.minute % 60, seconds=-local.second)
    points = (first + timedelta(hours=n) for n in range(math.ceil(hours) + 1))
    kept = [at for at in points if at <= end and at.astimezone(zone).hour % step == 0]
    return [milliseconds(at) for at in kept], [clock_label(at, zone, hours > 48) for at in kept]


def value_range(unit: str, display_high: float, threshold: float | None, values: Sequence[Floats]) -> Range:
    """The range of one metric: the threshold is always inside, and it changes in a few wide steps only.

    Shares that stay high start at 20 to 60 %; the top is 100 % or a multiple of the threshold.
    Values outside leave the frame.
    """
    finite = _finite(values)
    if unit == "%" and display_high >= 100.0:
        calm = threshold is None or threshold >= 75.0
        low = next((one for one in _FLOORS if calm and finite.size and finite.min() >= one + 2.0), 0.0)
        return Range(low, 100.0, nice_ticks(low, 100.0))
    top = _top(display_high, threshold, float(finite.max()) if finite.size else 0.0)
    return Range(0.0, top, nice_ticks(0.0, top))


def nice_ticks(low: float, high: float, about: int = 4) -> tuple[float, ...]:
    """Round numbers from `low` to `high`, about that many intervals apart, `low` among them where that is possible."""
    raw = (high - low) / about
    power = 10.0 ** math.floor(math.log10(raw))
    steps = [one * power for one in _ROUND if one * power >= raw * 0.999]
    step = next((one for one in steps if math.isclose(low / one, round(low / one))), steps[0])
    first = math.ceil(low / step - 1e-9)
    return tuple(round(n * step, 10) for n in range(first, math.floor(high / step + 1e-9) + 1))


def _finite(values: Sequence[Floats]) -> Floats:
    joined: Floats = np.concatenate([np.zeros(0, np.float32), *values])
    finite: Floats = joined[np.isfinite(joined)]
    return finite


def _top(display_high: float, threshold: float | None, highest: float) -> float:
    if not threshold:
        return display_high
    return next((threshold * one for one in _TOPS if highest <= threshold * one), threshold * _TOPS[-1])
