"""Facts about the large chart: what is drawn where, in whose colours, and what the box says."""

import json
from collections.abc import Callable
from datetime import UTC, timedelta
from typing import Any

import numpy as np
import pytest

from ml.contracts import Method
from tests.unit.pages.samples import ORIGIN
from webapp.charts import template
from webapp.charts.axes import milliseconds
from webapp.charts.fan import Scope, fan_figure
from webapp.core.views.maintenance import MaintenanceMark
from webapp.core.views.server import InjectionMark, MetricView
from webapp.core.views.severity import Severity

DAY = Scope(ORIGIN, ORIGIN, 24, UTC)
Changed = Callable[..., MetricView]


def trace(figure: dict[str, Any], slot: str) -> dict[str, Any]:
    return figure["data"][template.SLOTS.index(slot)]


def shapes(figure: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [one for one in figure["layout"]["shapes"] if one["templateitemname"] == name]


def words(figure: dict[str, Any]) -> list[str]:
    return [one["text"].replace("\u00a0", " ") for one in figure["layout"]["annotations"]]


def test_a_figure_names_no_colour(disk: MetricView) -> None:
    text = json.dumps(fan_figure(disk, DAY))
    assert "#" not in text
    assert "color" not in text
    assert "rgb" not in text


@pytest.mark.parametrize("palette", [template.DARK, template.LIGHT])
def test_every_mark_is_dressed_by_both_templates(disk: MetricView, palette: dict[str, Any]) -> None:
    mark = InjectionMark("Disk fills up", ORIGIN - timedelta(hours=1), None)
    layout: Any = fan_figure(disk, DAY, injections=(mark,))["layout"]
    for kind in ("shapes", "annotations"):
        named = {one["name"] for one in palette["layout"][kind]}
        assert {one["templateitemname"] for one in layout[kind]} <= named


def test_each_band_is_one_closed_outline_from_the_measured_value(disk: MetricView) -> None:
    band = trace(fan_figure(disk, DAY), "fan80")
    assert len(band["x"]) == len(band["y"]) == 2 * 97
    assert band["y"][0] == band["y"][-1] == 86.0
    assert band["x"][0] == band["x"][-1] == milliseconds(ORIGIN)


def test_bands_are_painted_from_wide_to_narrow() -> None:
    assert template.SLOTS[:4] == ("fan90", "fan80", "fan50", "median")


def test_a_baseline_is_never_drawn_as_the_champion(disk: MetricView) -> None:
    figure = fan_figure(disk, DAY, Method.PERSISTENCE)
    assert trace(figure, "median")["x"] == []
    assert trace(figure, "baseline")["name"] == "persistence"


def test_only_what_lies_right_of_now_is_tinted(disk: MetricView) -> None:
    (future,) = shapes(fan_figure(disk, DAY), "future")
    assert (future["x0"], future["x1"]) == (milliseconds(ORIGIN), milliseconds(ORIGIN + timedelta(hours=8)))


def test_the_crossing_says_when_and_its_range(disk: MetricView) -> None:
    assert {"90 % at 15:15", "80 % range 15:00 to 15:40", "over 90 %", "now 14:35"} <= set(words(fan_figure(disk, DAY)))


def test_a_clear_metric_has_a_grey_threshold_and_no_dot(changed: Changed) -> None:
    figure = fan_figure(changed(severity=Severity.HEALTHY), DAY)
    assert shapes(figure, "threshold-healthy")
    assert not [one for one in figure["layout"]["shapes"] if "dot" in one["templateitemname"]]


def test_a_gap_breaks_the_line_and_is_hatched(changed: Changed) -> None:
    history = np.full(288, 80.0, np.float32)
    history[100:112] = np.nan
    figure = fan_figure(changed(history=history), DAY)
    assert trace(figure, "measured")["y"][100] is None
    edges = [ORIGIN - timedelta(minutes=5 * steps) for steps in (188, 175)]
    assert trace(figure, "gap")["x"][:2] == [milliseconds(edge) for edge in edges]


def test_before_the_first_observation_there_is_no_gap(changed: Changed) -> None:
    history = np.full(288, np.nan, np.float32)
    history[200:] = 80.0
    assert trace(fan_figure(changed(history=history), DAY), "gap")["x"] == []


def test_a_stale_forecast_keeps_its_fan_and_shows_the_missing_ticks(disk: MetricView) -> None:
    late = Scope(ORIGIN, ORIGIN + timedelta(minutes=20), 24, UTC)
    figure = fan_figure(disk, late)
    assert trace(figure, "fan80")["x"][0] == milliseconds(ORIGIN)
    assert shapes(figure, "now")[0]["x0"] == milliseconds(late.now_at)
    assert trace(figure, "gap")["x"]


def test_without_a_forecast_the_future_says_so(changed: Changed) -> None:
    figure = fan_figure(changed(fan=None, severity=Severity.NO_FORECAST), DAY)
    assert trace(figure, "median")["x"] == []
    assert "The forecast starts here<br>with the first value" in words(figure)


def test_a_running_injection_washes_up_to_now(disk: MetricView) -> None:
    start = ORIGIN - timedelta(hours=1)
    (wash,) = shapes(fan_figure(disk, DAY, injections=(InjectionMark("Leak", start, None),)), "wash")
    assert (wash["x0"], wash["x1"]) == (milliseconds(start), milliseconds(ORIGIN))


def test_the_box_says_how_far_a_step_is_from_now(disk: MetricView) -> None:
    title, text = trace(fan_figure(disk, DAY), "median")["customdata"][29]
    assert title.replace("\u00a0", " ") == "17:00, in 2 h 25 min"
    assert text.replace("\u00a0", " ") == "100.5 %, 80 % range 98.5 to 102.5"


def test_short_views_send_only_what_they_show(disk: MetricView) -> None:
    figure = fan_figure(disk, Scope(ORIGIN, ORIGIN, 6, UTC))
    assert len(trace(figure, "measured")["y"]) == 74


def test_maintenance_is_washed_on_both_sides_of_now_with_its_title(disk: MetricView) -> None:
    past = MaintenanceMark(None, "patch", ORIGIN - timedelta(hours=9), ORIGIN - timedelta(hours=8))
    ahead = MaintenanceMark(3, "swap", ORIGIN + timedelta(hours=1), ORIGIN + timedelta(hours=2))
    covered = MaintenanceMark(4, "again", ORIGIN + timedelta(hours=3), ORIGIN + timedelta(hours=4))
    figure = fan_figure(disk, DAY, maintenance=(past, ahead, covered))
    assert len(shapes(figure, "upkeep")) == 3
    assert {"patch", "swap"} <= set(words(figure)) and "again" not in words(figure)


def test_a_title_is_text_whatever_a_person_wrote(disk: MetricView) -> None:
    mark = MaintenanceMark(3, "<a href='https://x'>go</a>", ORIGIN + timedelta(hours=1), ORIGIN + timedelta(hours=2))
    assert "&lt;a href='https://x'&gt;go&lt;/a&gt;" in words(fan_figure(disk, DAY, maintenance=(mark,)))
