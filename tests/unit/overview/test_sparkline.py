"""The threshold has the same height in every row; lines leave the frame."""

import re

import numpy as np

from tests.unit.overview.samples import fan
from webapp.charts.sparkline import HEIGHT, NOW, THRESHOLD_Y, WIDTH, sparkline


def points(path: str) -> list[tuple[int, int]]:
    """The absolute points of a line path without gaps."""
    numbers = [int(one) for one in re.findall(r"-?\d+", path)]
    steps = np.array(numbers).reshape(-1, 2)
    return [tuple(one) for one in np.cumsum(steps, axis=0)]


def test_a_value_at_the_threshold_is_at_its_height():
    flat = sparkline(np.full(96, 90.0, np.float32), fan(90, 90), 90.0, None)
    assert {y for _, y in points(flat.median)} == {THRESHOLD_Y}


def test_the_past_ends_and_the_future_begins_at_now():
    made = sparkline(np.linspace(60, 80, 96, dtype=np.float32), fan(80, 95), 90.0, None)
    assert points(made.history)[-1] == points(made.median)[0]
    assert points(made.history)[-1][0] == NOW
    assert points(made.median)[-1][0] == WIDTH


def test_a_line_beyond_the_frame_is_not_clamped():
    made = sparkline(np.linspace(60, 80, 96, dtype=np.float32), fan(80, 200), 90.0, None)
    assert min(y for _, y in points(made.median)) < 0


def test_a_quiet_server_is_not_drawn_as_a_storm():
    noise = 40 + np.sin(np.arange(96)).astype(np.float32) * 0.1
    ys = [y for _, y in points(sparkline(noise, None, 90.0, None).history)]
    assert max(ys) - min(ys) < HEIGHT * 0.02


def test_a_gap_in_the_feed_is_a_gap_in_the_line():
    values = np.full(96, 50.0, np.float32)
    values[40:60] = np.nan
    assert sparkline(values, None, 90.0, None).history.count("M") == 2


def test_the_dot_is_where_the_crossing_is():
    assert sparkline(np.full(96, 50.0, np.float32), fan(50, 99), 90.0, 48).dot == "75.0%"
    assert sparkline(np.full(96, 50.0, np.float32), fan(50, 99), 90.0, None).dot == ""


def test_without_a_forecast_only_the_past_is_drawn():
    made = sparkline(np.full(96, 50.0, np.float32), None, None, None)
    assert made.history and not made.median and not made.band


def test_nothing_observed_draws_nothing():
    assert sparkline(np.full(96, np.nan, np.float32), None, 90.0, None).history == ""


def test_a_row_takes_little_room():
    rng = np.random.default_rng(1)
    made = sparkline(rng.normal(60, 5, 96).astype(np.float32), fan(60, 95), 90.0, 30)
    assert len(made.history + made.band + made.median) < 1600
