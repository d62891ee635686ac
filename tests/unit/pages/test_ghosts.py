"""An earlier forecast over the chart: how it is judged, drawn and said, and where the address keeps it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from ml.contracts import Floats
from ml.schema import HORIZON
from tests.unit.pages.samples import ORIGIN, explanation, quality, rising_fan
from tests.unit.pages.test_fan import DAY
from tests.unit.pages.test_server_past import KEY, LONG_AGO, past, snapshot
from webapp.charts import ghosts as drawn
from webapp.charts.axes import milliseconds
from webapp.charts.fan import fan_figure
from webapp.core.clock import tick_of
from webapp.core.policies.ghosts import Score, Traces, instead, score
from webapp.core.views.ghosts import GhostView, Instead, Kept
from webapp.core.views.server import MetricView
from webapp.state import ghosts_words as words
from webapp.state.ghosts_view import RESTS, GhostKey, part, read, written
from webapp.state.server_build import build
from webapp.state.server_past import stretch
from webapp.state.server_view import ServerKey

NOW = tick_of(ORIGIN)
THEN = NOW - 40
"""3 h 20 min before."""
GHOST = GhostKey("fleet-demo", "UTC", "ppdb002", "disk_used_pct", THEN)


def truth(*came: float) -> Floats:
    """What was measured from the origin on; the rest has not come yet."""
    values = np.full(HORIZON + 1, np.nan, np.float32)
    values[: len(came)] = came
    return values


def view(**changes: Any) -> GhostView:
    one = GhostView(
        "disk_used_pct", THEN, NOW, Kept(THEN - 100, THEN - 1, THEN + 1, NOW - 1), Instead.AS_ASKED, THEN,
        "fleet-tft 1.0.0", rising_fan(80.0, 0.0), truth(80.0, *[81.0] * 37, *[84.0] * 3),
    )  # fmt: skip
    return replace(one, **changes)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_points_within_the_interval_are_counted_and_both_forecasts_measured() -> None:
    found = score(rising_fan(80.0, 0.0), truth(80.0, 81.0, 84.0))
    assert found == Score(1, 2, 2.5, 2.5)


def test_a_gap_is_no_point_and_without_a_last_value_nothing_can_stay_at_it() -> None:
    found = score(rising_fan(80.0, 0.0), truth(np.nan, np.nan, 81.0))
    assert (found.held, found.matured, found.persistence) == (1, 1, None)


def test_what_has_not_come_is_not_judged() -> None:
    assert score(rising_fan(80.0, 0.0), truth(80.0)) == Score(0, 0, None, None)
    assert plain(words.held(score(rising_fan(80.0, 0.0), truth(80.0)))).startswith("Nothing was measured")


@pytest.mark.parametrize(
    ("asked", "left", "reason"),
    [
        (THEN, Traces(0, None, False, True), Instead.AS_ASKED),
        (50, Traces(100, 100, False, False), Instead.FIRST),
        (50, Traces(100, 40, True, False), Instead.DROPPED),
        (150, Traces(100, 100, True, False), Instead.THINNED),
        (150, Traces(100, 100, False, True), Instead.SKIPPED),
        (150, Traces(100, 100, False, False), Instead.MISSED),
    ],
)
def test_the_reason_for_another_forecast_follows_from_what_is_left(asked: int, left: Traces, reason: Instead) -> None:
    assert instead(asked, THEN, left) is reason


def test_it_says_whose_it_is_when_and_how_well_it_held() -> None:
    made = part(GHOST, view())
    assert plain(made.title) == "forecast of 11:15 by fleet-tft 1.0.0, 3 h 20 min ago"
    assert plain(made.held) == "80 % interval held 37 of 40 points, 92 %, 40 to 100 %"
    assert plain(made.error) == (
        "Its median was off by 1.2 points on average, its last value by 1.2."
    )  # fmt: skip
    assert made.aloud == f"{made.title}; {made.held}" and made.why == ""


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (Instead.FIRST, "first forecast at 02:55"),
        (Instead.DROPPED, "Forecasts before 02:55 are not kept any more"),
        (Instead.THINNED, "one forecast an hour is kept"),
        (Instead.SKIPPED, "was skipped"),
        (Instead.MISSED, "No forecast of this server was made at 11:05"),
    ],
)
def test_another_forecast_than_the_one_asked_for_says_why(reason: Instead, said: str) -> None:
    assert said in words.why(view(asked=THEN - 2, instead=reason), "UTC")


def test_without_any_stored_forecast_the_reason_stands_alone() -> None:
    none = GhostView("disk_used_pct", THEN, NOW, Kept(None, None, None, NOW - 1), Instead.NOTHING)
    made = part(GHOST, none)
    assert (made.tick, made.band, made.title) == (0, "", "") and "is stored" in made.why


def test_a_metric_that_was_not_forecast_then_is_said_so() -> None:
    made = part(GHOST, view(fan=None))
    assert made.tick == THEN and made.band == "" and made.why == "Disk used was not forecast then."


def test_a_handle_at_rest_knows_how_far_it_may_go() -> None:
    made = part(replace(GHOST, asked=0), view())
    assert (made.tick, made.first, made.last, made.aloud) == (0, THEN - 100, NOW - 1, RESTS)


def test_paths_open_at_the_value_that_stood_and_are_as_long_as_the_horizon() -> None:
    line = drawn.median(rising_fan(80.0, 0.0), 79.0)
    assert line.startswith("M0 -79000l1-1000 1 0")
    assert drawn.band(rising_fan(80.0, 0.0), 79.0).endswith("z")


def test_without_a_value_at_the_origin_the_paths_begin_a_step_later() -> None:
    assert drawn.median(rising_fan(80.0, 0.0), float("nan")).startswith("M1 ")


def test_the_frame_is_that_of_the_figure(disk: MetricView) -> None:
    made = drawn.frame(fan_figure(disk, DAY), milliseconds(ORIGIN))
    assert (made.start, made.span, made.last) == (NOW - 288, 384, NOW)
    assert made.top == -100 * drawn.FINE and made.height > 0


def test_a_table_has_no_frame() -> None:
    assert drawn.frame({}, 0).last == 0


def test_an_address_keeps_it_through_every_link(disk: MetricView) -> None:
    key = replace(KEY, ghost=written(THEN))
    page = build(key, snapshot(disk), (), {}, explanation(), quality())
    links = (page.smalls[0].href, page.chart.hours6, page.chart.as_table)
    assert all("ghost=2026-11-19T11%3A15" in one for one in links)


def test_a_ghost_before_the_stretch_takes_the_chart_there(disk: MetricView) -> None:
    key = replace(KEY, ghost=LONG_AGO)
    assert stretch(key, snapshot(disk)) == stretch(replace(KEY, at=LONG_AGO), snapshot(disk))
    page = build(key, snapshot(disk), (), {}, explanation(), quality(), past())
    assert page.frame.last == page.frame.start + page.frame.span
    assert page.frame.start == tick_of(ORIGIN - timedelta(days=5))


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01T00:00", "9999-12-31T23:59", "2026-11-14"])
def test_nonsense_is_no_ghost(text: str) -> None:
    assert read(text) == 0
    assert ServerKey.of("s", "UTC", "a", {"ghost": text}).ghost == ""


def test_a_tick_survives_the_address() -> None:
    assert read(written(THEN)) == THEN


def test_the_frame_of_a_metric_without_a_forecast_is_there(changed: Callable[..., MetricView]) -> None:
    assert drawn.frame(fan_figure(changed(fan=None), DAY), milliseconds(ORIGIN)).last == NOW
