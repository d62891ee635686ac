"""Two realities on one scale: a server with the injection, and the same server without it.

Both lanes share one time axis and one value range, so that what parts them is the scenario and
nothing else; the hairline crosses both and one box speaks for the two.
"""

from datetime import datetime, timedelta
from typing import Final

import numpy as np

from ml.contracts import Floats
from ml.schema import MEDIAN, metric
from webapp.charts import caption, hover, traces
from webapp.charts.axes import Range, value_range
from webapp.charts.fan import Figure, Scope, drawn, figure, y_axis
from webapp.charts.hover import TICK
from webapp.charts.marks import Marks
from webapp.core.policies import wording
from webapp.core.views.scenarios import ExperimentView, Lane, ScenarioView

UPPER: Final = (0.357, 1.0)
LOWER: Final = (0.0, 0.266)
_LEAST_PAST: Final = timedelta(hours=2, minutes=40)
_LEAD_IN: Final = timedelta(hours=1)
_LABEL: Final = 0.25
"""Share of the width that a label left of its mark needs."""

Crossing = tuple[datetime | None, datetime | None, datetime | None]


def lane_scope(scenario: ScenarioView, origin: datetime, template: Scope) -> Scope:
    """The time axis: from an hour before the injection to 4 h ahead, or to 8 when the breach lies further."""
    past = max(_LEAST_PAST, origin - scenario.start_at + _LEAD_IN)
    late = scenario.predicted_at is not None and scenario.predicted_at - origin > timedelta(hours=3)
    return Scope(origin, origin, past / timedelta(hours=1), template.zone, 8.0 if late else 4.0)


def lanes_figure(view: ExperimentView, scope: Scope, crossing: Crossing, severity: str) -> Figure:
    """Both lanes of an experiment; `crossing` is the 10 %, 50 % and 90 % time of the injected server."""
    upper, lower = _clip(view.with_injection, scope), view.without and _clip(view.without, scope)
    one = metric(view.metric)
    scale = value_range(one.unit, one.display_high, view.threshold, _drawn(upper) + (_drawn(lower) if lower else []))
    marks = Marks()
    _injection(marks, view.scenario, scope)
    marks.now(scope.now_at, scope.end_at, f"now {wording.clock_time(scope.now_at, scope.zone, scope.now_at)}")
    marks.future(scope.now_at, scope.end_at, "y2")
    if view.threshold is not None:
        marks.threshold(view.threshold, wording.limit(view.metric, view.threshold), severity)
        marks.threshold(view.threshold, "", "healthy", "y2")
    _forewarned(marks, view, upper, scope, scale)
    _crossing(marks, view, upper, scope, scale, crossing, severity)
    data = _upper(upper, view.metric, scope, scale) | (_lower(lower, view.metric, scope) if lower else {})
    axes: Figure = {
        "yaxis": y_axis(scale, domain=list(UPPER)),
        "yaxis2": y_axis(_sparse(scale), domain=list(LOWER), anchor="x"),
        "hoversubplots": "axis",
    }
    return figure(data, marks, scope, axes, foot="y2")


def _sparse(scale: Range) -> Range:
    """The same range with at most three labels: the lower lane is low."""
    step = 2 if len(scale.ticks) > 3 else 1
    return Range(scale.low, scale.high, scale.ticks[::step])


def _clip(lane: Lane, scope: Scope) -> Lane:
    """The part of a lane that the axis shows."""
    steps = int(timedelta(hours=scope.hours) / TICK) + 2
    cut = max(0, len(lane.history) - steps)
    return Lane(lane.start_at + TICK * cut, lane.history[cut:], lane.fan)


def _drawn(lane: Lane) -> list[Floats]:
    return [lane.history] if lane.fan is None else [lane.history, lane.fan[:, MEDIAN]]


def _upper(lane: Lane, name: str, scope: Scope, scale: Range) -> dict[str, traces.Trace]:
    drawn = _lane(lane, name, scope, "fan", "median", "measured", {"name": "with", "meta": "accent"})
    return drawn | {"gap": traces.gaps(lane.start_at, lane.history, scale.low, scale.high)}


def _lower(lane: Lane, name: str, scope: Scope) -> dict[str, traces.Trace]:
    drawn = _lane(lane, name, scope, "ghost", "ghost", "without", {"name": "without", "meta": "ghost"})
    return {slot: trace | {"yaxis": "y2"} for slot, trace in drawn.items()}


def _lane(lane: Lane, name: str, scope: Scope, bands: str, median: str, line: str,
          who: traces.Trace) -> dict[str, traces.Trace]:  # fmt: skip
    one, origin = metric(name), scope.origin_at
    past = hover.measured(origin, lane.history, one.unit, one.decimals, scope.zone)
    drawn = {line: traces.line(lane.start_at, lane.history, one.decimals, past) | who}
    if lane.fan is None:
        return drawn
    now = float(lane.history[-1]) if len(lane.history) and np.isfinite(lane.history[-1]) else None
    ahead = hover.forecast(origin, lane.fan, one.unit, one.decimals, scope.zone)
    drawn |= traces.fan(origin, now, lane.fan, one.decimals, bands)
    return drawn | {median: traces.median(origin, now, lane.fan, one.decimals, ahead) | who}


def _injection(marks: Marks, scenario: ScenarioView, scope: Scope) -> None:
    start, end = max(scenario.start_at, scope.start_at), min(scenario.end_at, scope.now_at)
    if start < end:
        label = f"injected {wording.clock_time(scenario.start_at, scope.zone, scope.now_at)}"
        marks.injection(start, end, label if scope.share(start) > 0.16 else "")


def _forewarned(marks: Marks, view: ExperimentView, lane: Lane, scope: Scope, scale: Range) -> None:
    """Where on the measured line the first warning was given."""
    at = view.scenario.forewarned_at
    if at is None or at < scope.start_at:
        return
    step = round((at - lane.start_at) / TICK)
    if 0 <= step < len(lane.history) and np.isfinite(lane.history[step]):
        y, height = float(lane.history[step]), scale.high - scale.low
        label = f"first forewarned {wording.clock_time(at, scope.zone, scope.now_at)}"
        marks.forewarned(at, y, min(y + 0.28 * height, scale.high - 0.13 * height), label, scope.share(at) > _LABEL)


def _crossing(marks: Marks, view: ExperimentView, lane: Lane, scope: Scope, scale: Range,
              crossing: Crossing, severity: str) -> None:  # fmt: skip
    low, at, high = crossing
    limit = view.threshold
    if at is None or limit is None or not scope.now_at <= at <= scope.end_at:
        return
    if len(lane.history) and lane.history[-1] > limit:
        return  # it is over already: there is nothing left to cross
    marks.crossing(at, low, high, limit, severity)
    bottom, top = drawn(lane.history, lane.fan, scope)
    room = caption.place(scope.share(at), scale, bottom, top, height=184.0)
    marks.leader(at, limit, room.y, room.to_left, severity)
    clock = wording.clock_time(at, scope.zone, scope.now_at)
    title = f"{limit:g}{wording.SPACE}{metric(view.metric).unit} at {clock}"
    marks.caption(at, room.y, title, wording.span(low, high, scope.zone, scope.now_at), 17, room.to_left)
