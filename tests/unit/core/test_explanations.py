"""Facts about the nearest past: like is found by level and shape, and nothing that is not over yet is told."""

import numpy as np
import pytest

from ml.schema import HORIZON, TICKS_PER_DAY
from webapp.core.policies.explanations import MOST, STRETCH, first_crossing, nearest


def daily(days: int, seed: int = 1) -> np.ndarray:
    ticks = np.arange(days * TICKS_PER_DAY)
    noise = np.random.default_rng(seed).normal(0.0, 0.5, len(ticks))
    return (50.0 + 20.0 * np.sin(2 * np.pi * ticks / TICKS_PER_DAY) + noise).astype(np.float32)


def test_a_daily_course_is_most_like_the_same_hours_of_earlier_days() -> None:
    series = daily(6)
    ends = [one.end for one in nearest(series, 90.0)]
    assert len(ends) == MOST
    assert all(abs((len(series) - 1 - end + 6) % TICKS_PER_DAY - 6) <= 6 for end in ends)


def test_the_nearest_comes_first_and_none_overlaps() -> None:
    found = nearest(daily(6), 90.0)
    assert [one.distance for one in found] == sorted(one.distance for one in found)
    ends = sorted(one.end for one in found)
    assert min(np.diff(ends)) >= STRETCH


def test_the_distance_is_over_what_both_observed() -> None:
    series = daily(3)
    series[::7] = np.nan
    one = nearest(series, 90.0)[0]
    present, then = series[-STRETCH:], series[one.end + 1 - STRETCH : one.end + 1]
    apart = (present - then) / np.nanstd(present)
    assert one.distance == pytest.approx(float(np.sqrt(np.nanmean(apart**2))), rel=1e-4)


def test_what_followed_lies_before_now() -> None:
    series = np.full(2 * TICKS_PER_DAY, 50.0, np.float32)
    assert all(one.end + HORIZON < len(series) for one in nearest(series, 90.0))


def test_the_same_shape_at_another_level_is_less_like() -> None:
    series = daily(4)
    series[: 2 * TICKS_PER_DAY] += 30.0
    found = nearest(series, 90.0)
    assert found[0].end >= 2 * TICKS_PER_DAY
    assert found[0].distance < 0.5


def test_a_crossing_that_followed_is_found_with_its_delay() -> None:
    stretch = daily(1)[:STRETCH]
    pieces = (np.full(300, 50.0), stretch, np.full(26, 60.0), np.full(70, 95.0), np.full(200, 20.0), stretch)
    series = np.concatenate(pieces).astype(np.float32)
    first = nearest(series, 90.0)[0]
    assert (first.end, first.crossed_after, first.low, first.high) == (371, 27, 60.0, 95.0)


@pytest.mark.parametrize(
    ("values", "row"),
    [((80, 91, 92), 1), ((91, 80, 91), None), ((91, np.nan, 91), None), ((91, 91), 0), ((90, 90), None)],
)
def test_two_observations_in_a_row_over_the_threshold_are_a_crossing(values: tuple, row: int | None) -> None:
    assert first_crossing(np.array(values, np.float32), 90.0) == row


def test_what_was_hardly_observed_is_not_compared() -> None:
    series = daily(4)
    assert nearest(series[: STRETCH + HORIZON - 1], 90.0) == ()
    silent = series.copy()
    silent[-STRETCH // 2 :] = np.nan
    assert nearest(silent, 90.0) == ()
    holes = series.copy()
    holes[TICKS_PER_DAY : 2 * TICKS_PER_DAY] = np.nan
    holed = nearest(holes, 90.0)
    assert all(np.isfinite((one.distance, one.low, one.high)).all() for one in holed)


def test_without_a_threshold_stretches_are_alike_and_nothing_is_crossed() -> None:
    found = nearest(daily(6), None)
    assert found and all(one.crossed_after is None for one in found)
    assert nearest(np.full(6 * 288, 0.0, np.float32), None)[0].distance == 0.0
