"""Where a server stands on the risk map, and what is written beside it."""

from datetime import timedelta

import pytest

from tests.unit.overview.samples import ORIGIN, breach, risk
from webapp.charts.risk_map import in_order, risk_map
from webapp.core.views.severity import Severity

WARNING, WATCH = Severity.WARNING, Severity.WATCH


def drawn(*risks, large=False, profiles=("web",)):
    return risk_map(risks, profiles, ORIGIN, "UTC", large)


def test_the_horizon_is_eight_hours_wide():
    (mark,) = drawn(risk("a", WATCH, 240)).marks
    assert mark.x == "50.00%"


def test_a_range_beyond_the_horizon_ends_at_its_edge():
    (mark,) = drawn(risk("a", WATCH, 400)).marks
    assert float(mark.low[:-1]) + float(mark.span[:-1]) == pytest.approx(100)


def test_a_server_in_breach_stands_left_of_now_with_its_time():
    (lane,) = drawn(breach("a", since=-23)).lanes
    assert (lane.breached, lane.breached_more) == ("a", ", 23\u00a0min")
    assert lane.wide.clear == ""


def test_several_in_breach_are_counted():
    (lane,) = drawn(breach("a"), breach("b"), breach("c")).lanes
    assert lane.breached_more == " and 2 more"
    (lane,) = drawn(breach("a"), breach("b"), breach("c"), large=True).lanes
    assert lane.breached_more == " +2"


def test_calm_servers_are_squares_at_the_right():
    (lane,) = drawn(risk("a"), risk("b"), risk("c", Severity.MAINTENANCE), risk("d", Severity.NO_FORECAST)).lanes
    assert lane.wide.clear.count("z") == 2
    assert lane.wide.hollow.count("z") == 1
    assert lane.wide.rings.count("M") == 1


@pytest.mark.parametrize("servers", [1, 12, 30, 60])
def test_a_profile_that_holds_every_server_ends_within_its_frame(servers):
    (lane,) = drawn(*[risk(f"vm{number}") for number in range(servers)]).lanes
    assert lane.wide.clear.count("z") == lane.narrow.clear.count("z") == servers
    assert float(lane.wide.end) <= 150
    assert float(lane.narrow.end) <= 114


def test_two_servers_at_the_same_time_do_not_hide_each_other():
    first, second = drawn(risk("a", WARNING, 100), risk("b", WARNING, 101)).marks
    assert first.y != second.y


def test_labels_do_not_run_into_each_other():
    marks = drawn(*[risk(f"server{one:03d}", WARNING, 100 + one) for one in range(6)]).marks
    assert sum(one.label != "" for one in marks) < 6
    assert all(one.title for one in marks)


def test_a_late_crossing_has_its_label_at_the_left():
    (mark,) = drawn(risk("a", WATCH, 395)).marks
    assert mark.anchor == "end"


def test_a_large_fleet_has_marks_without_names():
    made = drawn(*[risk(f"s{one}", WARNING, 60 + one) for one in range(80)], large=True)
    assert len(made.marks) == 80
    assert not any(one.label for one in made.marks)


def test_the_squares_of_a_large_fleet_take_a_few_bytes_a_row():
    (lane,) = drawn(*[risk(f"s{one}") for one in range(900)], large=True).lanes
    assert lane.others == "900"
    assert len(lane.wide.clear) < 200


def test_every_profile_keeps_its_lane():
    made = drawn(risk("a"), profiles=("web", "cache"))
    assert [one.servers for one in made.lanes] == [1, 0]


def test_lanes_follow_the_contract():
    assert in_order(["zeta", "cache", "web", "cache"]) == ["web", "cache", "zeta"]


def test_hours_are_the_viewers():
    made = risk_map((), ("web",), ORIGIN, "Asia/Kolkata", False)
    assert made.now == "now 20:05"
    assert made.hours[0] == (f"{55 / 480 * 100:.2f}%", "21:00")


def test_before_the_first_forecast_there_are_lanes_and_no_time():
    made = risk_map([risk("a")], ("web",), None, "UTC", False)
    assert (made.now, made.hours, made.marks) == ("now", [], [])


def test_a_crossing_that_has_passed_stands_at_now():
    late = risk("a", WARNING, 5, crossing_at=ORIGIN - timedelta(minutes=5))
    assert drawn(late).marks[0].x == "0.00%"
