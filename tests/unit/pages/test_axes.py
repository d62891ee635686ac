"""Facts about axes: labels in the viewer's zone, ranges that hold the threshold and hardly move."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from webapp.charts.axes import clock_ticks, nice_ticks, value_range

START = datetime(2026, 11, 19, 6, 35, tzinfo=UTC)


def values(*numbers: float) -> list[np.ndarray]:
    return [np.array(numbers, np.float32)]


def test_ticks_are_full_hours_of_the_viewers_zone() -> None:
    _, labels = clock_ticks(START, START + timedelta(hours=14), ZoneInfo("Asia/Kolkata"))
    assert labels == ["14:00", "16:00", "18:00", "20:00", "22:00", "00:00", "02:00"]


def test_an_axis_never_has_more_than_eleven_labels() -> None:
    for hours in (8, 14, 32, 80):
        assert len(clock_ticks(START, START + timedelta(hours=hours), UTC)[0]) <= 11


def test_midnight_is_named_by_its_day_on_axes_of_several_days() -> None:
    _, labels = clock_ticks(START, START + timedelta(hours=80), UTC)
    assert labels[:2] == ["12:00", "Fri 20"]


def test_the_day_on_which_clocks_change_keeps_its_true_length() -> None:
    zone, start = ZoneInfo("Europe/Berlin"), datetime(2026, 10, 24, 22, 0, tzinfo=UTC)
    _, labels = clock_ticks(start, start + timedelta(hours=12), zone)
    assert labels[:4] == ["00:00", "02:00", "02:00", "04:00"]


def test_the_threshold_is_always_inside_the_range() -> None:
    scale = value_range("ms", 600.0, 80.0, values(20, 30))
    assert scale.low < 80.0 < scale.high < 600.0


def test_a_range_grows_in_wide_steps_only() -> None:
    tops = {value_range("ms", 600.0, 80.0, values(high)).high for high in np.linspace(1, 700, 200)}
    assert len(tops) <= 5


def test_high_shares_start_above_zero() -> None:
    assert value_range("%", 100.0, 90.0, values(74, 88)).low == 60.0
    assert value_range("%", 100.0, 90.0, values(5, 88)).low == 0.0


def test_a_gap_does_not_move_the_range() -> None:
    with_gap, without = values(74, float("nan"), 88), values(74, 88)
    assert value_range("%", 100.0, 90.0, with_gap) == value_range("%", 100.0, 90.0, without)


def test_nothing_observed_gives_the_contracts_range() -> None:
    assert value_range("MB/s", 800.0, None, []).high == 800.0


def test_ticks_are_round_and_begin_at_the_bottom() -> None:
    assert nice_ticks(60, 100) == (60, 70, 80, 90, 100)
    assert nice_ticks(50, 100) == (50, 75, 100)
