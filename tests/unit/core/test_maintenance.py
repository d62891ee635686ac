"""The weekly calendar."""

from datetime import UTC, datetime

from webapp.core.clock import tick_of
from webapp.core.policies import maintenance

MONDAY = tick_of(datetime(2026, 3, 2, tzinfo=UTC))


def test_a_window_begins_on_monday_midnight_utc() -> None:
    assert maintenance.calendar([[[0, 12]]], MONDAY - 1, 3).tolist() == [[False, True, True]]


def test_a_window_may_run_over_the_end_of_the_week() -> None:
    assert maintenance.calendar([[[2010, 12]]], MONDAY, 7).tolist() == [[True] * 6 + [False]]


def test_a_server_without_windows_is_never_in_maintenance() -> None:
    assert not maintenance.calendar([[]], MONDAY, 2016).any()


def test_the_end_of_the_window_is_named() -> None:
    assert maintenance.until([[0, 12]], MONDAY + 4) == MONDAY + 12


def test_outside_of_a_window_there_is_no_end() -> None:
    assert maintenance.until([[0, 12]], MONDAY + 12) is None
