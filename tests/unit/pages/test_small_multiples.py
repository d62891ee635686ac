"""Facts about the small fans: the same box for all, gaps, crossings, nothing invented."""

from collections.abc import Callable
from datetime import timedelta

import numpy as np

from tests.unit.pages.samples import ORIGIN
from webapp.charts.small_multiples import HEIGHT, NOW_X, WIDTH, line, outline, small_fan
from webapp.core.views.maintenance import MaintenanceMark
from webapp.core.views.server import MetricView
from webapp.core.views.severity import Severity

Changed = Callable[..., MetricView]


def test_a_line_is_relative_steps_and_lifts_over_a_gap() -> None:
    assert line(0, 4, [10, 12, None, 9, 9]) == "M0 10l4 2M12 9l4 0"


def test_an_outline_is_closed() -> None:
    assert outline(0, 8, [10, 8], [20, 24]) == "M0 10l8 -2V24l-8 -4Z"


def test_history_ends_and_the_fan_begins_at_now(disk: MetricView) -> None:
    small = small_fan(disk)
    assert small.measured.startswith(f"M{NOW_X - 4 * 287} ")
    assert small.median.startswith(f"M{NOW_X} ")
    assert small.band80.startswith(f"M{NOW_X} ")


def test_the_threshold_stands_where_the_range_says(disk: MetricView) -> None:
    small = small_fan(disk)
    assert (small.threshold, small.threshold_label, small.floor_label) == ("25.00%", "90", "60")


def test_the_crossing_lies_right_of_now_with_its_range(disk: MetricView) -> None:
    small = small_fan(disk)
    assert small.cross_x == "77.08%"
    assert (small.cross_from, small.cross_width) == ("76.30%", "2.08%")


def test_a_clear_metric_has_no_dot(changed: Changed) -> None:
    assert small_fan(changed(severity=Severity.HEALTHY)).cross_x == ""


def test_without_a_forecast_only_the_history_is_drawn(changed: Changed) -> None:
    small = small_fan(changed(fan=None))
    assert small.measured
    assert (small.median, small.band90, small.band80, small.band50) == ("", "", "", "")


def test_nothing_observed_draws_nothing(changed: Changed) -> None:
    nothing = np.full(288, np.nan, np.float32)
    assert small_fan(changed(history=nothing, now=None, now_at=None, fan=None)).measured == ""


def test_lines_leave_the_frame_and_are_not_clamped(changed: Changed) -> None:
    high = small_fan(changed(history=np.array([90.0, 120.0], np.float32), fan=None))
    assert high.measured == f"M{NOW_X - 4} {HEIGHT // 4}l4 -300"


def test_maintenance_beyond_the_box_is_cut_off(disk: MetricView) -> None:
    def of(start: int, end: int) -> str:
        ends = [ORIGIN + timedelta(minutes=5 * step) for step in (start, end)]
        return small_fan(disk, ORIGIN, [MaintenanceMark(1, "patch", *ends)]).upkeep

    assert of(0, 12) == f"M{NOW_X} 0h48v{HEIGHT}h-48z"
    assert of(90, 999) == f"M{WIDTH - 24} 0h24v{HEIGHT}h-24z" and of(200, 300) == ""
