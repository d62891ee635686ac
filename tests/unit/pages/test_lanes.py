"""Facts about the two lanes: one scale, one time axis, violet below."""

from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any

from tests.unit.pages.samples import ORIGIN, experiment, scenario
from webapp.charts import template
from webapp.charts.fan import Scope
from webapp.charts.lanes import lane_scope, lanes_figure

ANY = Scope(ORIGIN, ORIGIN, 24, UTC)


def figure(**changes: Any) -> dict[str, Any]:
    view = replace(experiment(), **changes)
    crossing = (None, ORIGIN + timedelta(minutes=40), None)
    return lanes_figure(view, lane_scope(view.scenario, ORIGIN, ANY), crossing, "critical")


def test_both_lanes_have_one_scale() -> None:
    layout: Any = figure()["layout"]
    assert layout["yaxis"]["range"] == layout["yaxis2"]["range"]


def test_the_lane_without_the_injection_is_the_other_reality() -> None:
    traces = dict(zip(template.SLOTS, figure()["data"], strict=True))
    assert traces["without"]["yaxis"] == traces["ghost"]["yaxis"] == "y2"
    assert traces["without"]["meta"] == "ghost"
    assert "yaxis" not in traces["measured"]


def test_without_a_twin_the_lower_lane_is_empty() -> None:
    traces = dict(zip(template.SLOTS, figure(without=None)["data"], strict=True))
    assert traces["without"]["x"] == []


def test_the_first_warning_is_marked_on_the_measured_line() -> None:
    texts = [one["text"] for one in figure()["layout"]["annotations"]]
    assert "first forewarned 14:25" in texts
    assert "injected 14:15" in texts


def test_a_metric_that_is_over_its_threshold_crosses_nothing() -> None:
    def leaders(**changes: Any) -> list[str]:
        return [one["text"] for one in figure(**changes)["layout"]["annotations"] if "at 15:15" in one["text"]]

    assert leaders()
    assert not leaders(threshold=65.0)


def test_the_axis_reaches_further_for_a_late_breach() -> None:
    late = replace(scenario(), predicted_at=ORIGIN + timedelta(hours=5))
    assert lane_scope(late, ORIGIN, ANY).ahead_hours == 8.0
    assert lane_scope(scenario(), ORIGIN, ANY).ahead_hours == 4.0


def test_the_axis_begins_an_hour_before_the_injection() -> None:
    old = replace(scenario(), start_at=ORIGIN - timedelta(hours=6))
    assert lane_scope(old, ORIGIN, ANY).hours == 7.0
