"""How clocks run and when a screen is stale."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from webapp.core.clock import tick_of, time_of
from webapp.core.policies import clocks

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_at_60_times_a_tick_comes_every_five_seconds() -> None:
    assert clocks.due_at(100, NOON, 60, 102) == NOON + timedelta(seconds=10)


def test_at_max_every_tick_is_due_at_once() -> None:
    assert clocks.due_at(100, NOON, 0, 500) == NOON


def test_a_new_speed_keeps_the_streams_time_where_it_is() -> None:
    half_way = NOON + timedelta(seconds=2.5)
    anchor = clocks.rescaled_anchor(NOON, 60, 120, half_way)
    assert clocks.due_at(0, anchor, 120, 1) == half_way + timedelta(seconds=1.25)


def test_a_live_stream_is_stale_after_ten_minutes() -> None:
    assert clocks.stale_after(1, live=True) == 600


def test_a_fast_clock_is_given_ten_seconds_before_it_is_called_stale() -> None:
    assert clocks.stale_after(240, live=False) == 10


@given(st.integers(-10_000_000, 10_000_000))
def test_a_tick_and_its_time_are_one(tick: int) -> None:
    assert tick_of(time_of(tick)) == tick


def test_polls_a_second_early_or_late_stay_on_the_grid() -> None:
    assert {tick_of(NOON + timedelta(seconds=offset)) for offset in (-1, 0, 1, 120)} == {tick_of(NOON)}
