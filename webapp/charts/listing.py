"""The numbers of a large chart as a table: some of what was measured, what is forecast each half hour."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ml.contracts import Floats
from ml.schema import MEDIAN, TICKS_PER_HOUR
from webapp.charts.fan import Scope
from webapp.charts.hover import TICK
from webapp.charts.traces import BANDS
from webapp.core.policies import wording
from webapp.core.views.server import MetricView

PAST_ROWS: Final = 6
AHEAD_STEP: Final = 6


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table; a range is empty for a measured value. `kind` is "measured", "now" or "forecast"."""

    time: str
    away: str
    value: str
    range80: str
    range90: str
    kind: str


def listing(metric: MetricView, scope: Scope) -> tuple[Line, ...]:
    """Rows in the order of time: a few of the past, now, and every half hour of the forecast."""
    stride = max(1, round(scope.hours * TICKS_PER_HOUR / PAST_ROWS))
    past = [_measured(metric, scope, step) for step in range(-stride * (PAST_ROWS - 1), 1, stride)]
    if metric.fan is None:
        return tuple(past)
    ahead = [_forecast(metric, metric.fan, scope, step) for step in range(AHEAD_STEP, len(metric.fan) + 1, AHEAD_STEP)]
    return (*past, *ahead)


def _measured(metric: MetricView, scope: Scope, step: int) -> Line:
    at = len(metric.history) - 1 + step
    known = 0 <= at < len(metric.history) and bool(np.isfinite(metric.history[at]))
    value = wording.value(float(metric.history[at]), metric.unit, metric.decimals) if known else "not observed"
    return Line(_clock(scope, step), _away(step), value, "", "", "now" if step == 0 else "measured")


def _forecast(metric: MetricView, fan: Floats, scope: Scope, step: int) -> Line:
    row = fan[step - 1]
    middle = wording.value(float(row[MEDIAN]), metric.unit, metric.decimals)
    range80, range90 = (_range(row, BANDS[width], metric) for width in ("80", "90"))
    return Line(_clock(scope, step), _away(step), middle, range80, range90, "forecast")


def _range(row: Floats, ends: tuple[int, int], metric: MetricView) -> str:
    low, high = (float(row[end]) for end in ends)
    return f"{wording.number(low, metric.decimals)} to {wording.value(high, metric.unit, metric.decimals)}"


def _clock(scope: Scope, step: int) -> str:
    return wording.clock_time(scope.origin_at + TICK * step, scope.zone, scope.origin_at)


def _away(step: int) -> str:
    if step == 0:
        return "now"
    away = wording.duration(abs(step) * TICK.total_seconds() / 60)
    return f"in {away}" if step > 0 else f"{away} ago"
