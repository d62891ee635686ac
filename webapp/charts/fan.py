"""The large chart of one metric: what was measured, and the fan of what is forecast.

Right of the now line everything is forecast and tinted; a baseline is drawn in its own grey
slots, so that it can never look like the champion.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

import numpy as np

from ml.contracts import Floats, Method
from ml.schema import HORIZON
from webapp.charts import caption, hover, traces
from webapp.charts.axes import Range, clock_ticks, milliseconds, value_range
from webapp.charts.hover import TICK
from webapp.charts.marks import Marks
from webapp.core.policies import wording
from webapp.core.views.incidents import IncidentView
from webapp.core.views.maintenance import MaintenanceMark
from webapp.core.views.server import InjectionMark, MetricView, PastView

Figure = dict[str, object]
_TITLE_ROOM = 0.22
"""Share of the time axis that the title of a window may take."""
MARGINS = {"l": 40, "r": 64, "t": 22, "b": 24}


@dataclass(frozen=True, slots=True)
class Scope:
    """What a large chart shows of time. `now_at` is later than `origin_at` when the forecast is stale.

    `ended` is set for a server that is watched no more: what stands at the last observation instead of now.
    """

    origin_at: datetime
    now_at: datetime
    hours: float
    zone: tzinfo
    ahead_hours: float = 8.0
    ended: str = ""

    @property
    def start_at(self) -> datetime:
        return self.now_at - timedelta(hours=self.hours)

    @property
    def end_at(self) -> datetime:
        return self.now_at + timedelta(hours=self.ahead_hours)

    def share(self, at: datetime) -> float:
        """Where `at` is on the time axis, 0 at its left end and 1 at its right."""
        return (at - self.start_at) / (self.end_at - self.start_at)


def fan_figure(
    metric: MetricView,
    scope: Scope,
    method: str = Method.CHAMPION,
    injections: tuple[InjectionMark, ...] = (),
    incidents: tuple[IncidentView, ...] = (),
    maintenance: tuple[MaintenanceMark, ...] = (),
) -> Figure:
    """The figure of `metric`, whose history ends at the origin."""
    history = visible(metric.history, scope)
    scale = value_range(metric.unit, metric.display_high, metric.threshold, [history, _median(metric.fan)])
    marks = Marks()
    upkeep(marks, maintenance, scope)
    for row, injection in enumerate(injections):
        wash(marks, injection, scope, row % 3)
    happened(marks, metric, scope, incidents)
    now = scope.ended or f"now {wording.clock_time(scope.now_at, scope.zone, scope.now_at)}"
    marks.now(scope.now_at, scope.end_at, now)
    if metric.threshold is not None:
        marks.threshold(metric.threshold, wording.limit(metric.metric, metric.threshold), tone(metric.severity))
        crossing(marks, metric, history, scope, scale)
    if metric.fan is None:
        ahead = "Retired: not forecast" if scope.ended else "The forecast starts here<br>with the first value"
        marks.note(scope.now_at + TICK * (HORIZON // 2), ahead)
    data = metric_traces(metric, history, scope, scale, method)
    return figure(data, marks, scope, {"yaxis": y_axis(scale)})


def metric_traces(
    metric: MetricView, history: Floats, scope: Scope, scale: Range, method: str
) -> dict[str, traces.Trace]:
    """History, gaps and the fan in the slots of whoever made the forecast."""
    start = scope.origin_at - TICK * (len(history) - 1)
    past = hover.measured(scope.origin_at, history, metric.unit, metric.decimals, scope.zone)
    drawn = {
        "measured": traces.line(start, history, metric.decimals, past) | {"name": "measured", "meta": "plain"},
        "gap": traces.gaps(start, _until(history, scope), scale.low, scale.high),
    }
    if metric.fan is None:
        return drawn
    now = float(history[-1]) if len(history) and np.isfinite(history[-1]) else None
    champion = method == Method.CHAMPION
    ahead = hover.forecast(scope.origin_at, metric.fan, metric.unit, metric.decimals, scope.zone)
    middle = traces.median(scope.origin_at, now, metric.fan, metric.decimals, ahead)
    name = {"name": "median", "meta": "accent"} if champion else {"name": str(method), "meta": "plain"}
    bands = traces.fan(scope.origin_at, now, metric.fan, metric.decimals, "fan" if champion else "baseline")
    return drawn | bands | {"median" if champion else "baseline": middle | name}


def visible(history: Floats, scope: Scope) -> Floats:
    """The part of a history that the time axis shows, one point beyond its left edge included."""
    steps = int((scope.origin_at - scope.start_at) / TICK) + 2
    return history[-steps:]


def figure(data: dict[str, traces.Trace], marks: Marks, scope: Scope, axes: Figure, foot: str = "y") -> Figure:
    """A figure without colours: data in template slots, a time axis in the viewer's zone, fixed margins.

    `foot` names the value axis at whose foot the clock times stand.
    """
    values, labels = clock_ticks(scope.start_at, scope.end_at, scope.zone)
    ends = [milliseconds(scope.start_at), milliseconds(scope.end_at)]
    time_axis: Figure = {"type": "date", "range": ends, "tickvals": values, "ticktext": labels, "fixedrange": True,
                         "showspikes": True, "spikemode": "across", "spikesnap": "hovered data", "tickangle": 0,
                         "anchor": foot}  # fmt: skip
    layout: Figure = {
        "autosize": True, "margin": MARGINS, "showlegend": False, "hovermode": "x", "dragmode": False,
        "uirevision": "fixed", "meta": {"now": milliseconds(scope.now_at)}, "xaxis": time_axis,
        "shapes": marks.shapes, "annotations": marks.notes,
    }  # fmt: skip
    return {"data": traces.in_slots(data), "layout": layout | axes}


def y_axis(scale: Range, **more: object) -> Figure:
    """A value axis that people cannot drag away from its range."""
    labels = [f"{tick:,g}" for tick in scale.ticks]
    fixed: Figure = {"range": [scale.low, scale.high], "tickvals": list(scale.ticks), "ticktext": labels}
    return fixed | {"fixedrange": True} | more


def wash(marks: Marks, injection: InjectionMark, scope: Scope, row: int = 0) -> None:
    """An injection's amber wash, as far as the axis shows it; a running one ends at now. Labels take turns in rows."""
    end = min(injection.end_at or scope.now_at, scope.now_at)
    start = max(injection.start_at, scope.start_at)
    if start < end:
        began = wording.clock_time(injection.start_at, scope.zone, scope.now_at)
        label = f"{injection.label.lower()} {began}" if scope.share(start) > 0.2 else ""
        marks.injection(start, end, label, row)


def happened(marks: Marks, metric: MetricView, scope: Scope, incidents: tuple[IncidentView, ...]) -> None:
    """The incidents of a metric, as far as the axis shows them; an open one ends where it was seen last."""
    for one in incidents:
        start, end = max(one.start_at, scope.start_at), min(one.end_at or one.seen_at, scope.now_at)
        if one.metric == metric.metric and start < end:
            marks.incident(start, end)


def past_figure(metric: MetricView, past: PastView, now_at: datetime, zone: tzinfo) -> Figure:
    """A stretch of the past: what was measured and what happened, without a forecast."""
    end_at = past.start_at + TICK * (len(past.values) - 1)
    scope = Scope(end_at, end_at, (end_at - past.start_at) / timedelta(hours=1), zone, 0.0)
    scale, marks = value_range(metric.unit, metric.display_high, metric.threshold, [past.values]), Marks()
    for row, injection in enumerate(past.injections):
        wash(marks, injection, scope, row % 3)
    happened(marks, metric, scope, past.incidents)
    if metric.threshold is not None:
        marks.threshold(metric.threshold, wording.limit(metric.metric, metric.threshold), "healthy")
    clock = [wording.clock_time(past.start_at + TICK * step, zone, now_at) for step in range(len(past.values))]
    said = hover.measured(end_at, past.values, metric.unit, metric.decimals, zone)
    line = traces.line(
        past.start_at, past.values, metric.decimals, [[at, one[1]] for at, one in zip(clock, said, strict=True)]
    )
    data = {
        "measured": line | {"name": "measured", "meta": "plain"},
        "gap": traces.gaps(past.start_at, past.values, scale.low, scale.high),
    }
    made = figure(data, marks, scope, {"yaxis": y_axis(scale)})
    made["layout"] |= {"meta": {"now": milliseconds(now_at)}}  # type: ignore[operator]  # the small charts keep their now
    return made


def upkeep(marks: Marks, maintenance: tuple[MaintenanceMark, ...], scope: Scope) -> None:
    """Maintenance as a grey wash on both sides of now; a title that would cover the one before it is left out."""
    labelled = -1.0
    for one in maintenance:
        start, end = max(one.start_at, scope.start_at), min(one.end_at, scope.end_at)
        if start < end:
            left = scope.share(start)
            title = one.title if left - labelled > _TITLE_ROOM else ""
            labelled = left if title else labelled
            marks.upkeep(start, end, title, left > 1 - _TITLE_ROOM)


def crossing(marks: Marks, metric: MetricView, history: Floats, scope: Scope, scale: Range) -> None:
    """The crossing's dot, its 80 % range and two lines of words; nothing while the metric is clear."""
    at, value, severity = metric.crossing_at, metric.threshold, tone(metric.severity)
    if at is None or value is None or at > scope.end_at or metric.breach_since_at or severity == "healthy":
        return
    low, high = drawn(history, metric.fan, scope)
    room = caption.place(scope.share(at), scale, low, high)
    marks.crossing(at, metric.crossing_low_at, metric.crossing_high_at, value, severity)
    marks.leader(at, value, room.y, room.to_left, severity)
    title = f"{value:g}{wording.SPACE}{metric.unit} at {wording.clock_time(at, scope.zone, scope.now_at)}"
    span = wording.span(metric.crossing_low_at, metric.crossing_high_at, scope.zone, scope.now_at)
    marks.caption(at, room.y, title, f"80{wording.SPACE}% range {span}" if span else "", 17, room.to_left)


def tone(severity: str) -> str:
    """The tone of a mark: maintenance and a missing forecast are as grey as health."""
    return severity if severity in ("critical", "warning", "watch") else "healthy"


def drawn(history: Floats, fan: Floats | None, scope: Scope, slices: int = 96) -> tuple[Floats, Floats]:
    """Lowest and highest thing drawn in each slice of the plot's width: the history, then the 90 % band."""
    past, ahead = (int(hours * 12) for hours in (scope.hours, scope.ahead_hours))
    steps = np.full((2, past + ahead), np.nan, np.float32)
    known = history[-past:]
    steps[:, past - len(known) : past] = known
    if fan is not None:
        steps[:, past:] = fan[:ahead, [0, -1]].T
    edges = np.linspace(0, past + ahead, slices, endpoint=False).astype(int)
    return np.fmin.reduceat(steps[0], edges), np.fmax.reduceat(steps[1], edges)


def _median(fan: Floats | None) -> Floats:
    return np.zeros(0, np.float32) if fan is None else fan[:, fan.shape[1] // 2]


def _until(history: Floats, scope: Scope) -> Floats:
    """The history with the ticks since the last one, missing, up to now: a stale feed is a gap that grows."""
    late = int((scope.now_at - scope.origin_at) / TICK)
    return np.concatenate([history, np.full(max(0, late), np.nan, np.float32)])
