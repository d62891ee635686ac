"""What is remembered of the last seven days."""

import numpy as np

from ml.dataset.windows import Span, cut
from ml.runtime.week import half_hours, newest_half_hour, week_before, week_within
from ml.schema import CONTEXT, HALF_HOUR, HORIZON, WEEK

RAMP = np.arange(2_400, dtype=np.float32)[:, None, None] * np.ones((1, 2, 1), np.float32)


def test_half_hours_lie_on_the_clock():
    first, means = half_hours(RAMP[:15], first=9)
    assert first == 1
    assert means[:, 0, 0].tolist() == [1.0, 5.5, 11.5]


def test_a_half_hour_without_observations_is_a_gap():
    values = RAMP[:12].copy()
    values[6:12] = np.nan
    assert np.isnan(half_hours(values, 0)[1][1]).all()


def test_only_complete_half_hours_are_remembered():
    assert newest_half_hour(HALF_HOUR - 2) == -1
    assert newest_half_hour(HALF_HOUR - 1) == 0
    memory = week_before(*half_hours(RAMP, 0), tick=2_050)
    assert memory.shape == (2, WEEK, 1)
    assert memory[0, -1, 0] == np.arange(2_040, 2_046).mean()


def test_what_was_before_the_first_observation_is_missing():
    memory = week_before(*half_hours(RAMP[:60], 0), tick=59)
    assert np.isnan(memory[:, : WEEK - 10]).all()
    assert np.isfinite(memory[:, WEEK - 10 :]).all()


def test_a_window_remembers_nothing_of_its_future():
    values = np.repeat(RAMP, 7, axis=2)
    names, quiet = ("a", "b"), np.zeros(values.shape[:2], np.bool_)
    before = cut(Span(0, names, ("web", "web"), values, quiet), 2_050)
    other = values.copy()
    other[2_051:] = -1.0
    after = cut(Span(0, names, ("web", "web"), other, quiet), 2_050)
    assert np.array_equal(before.week, after.week, equal_nan=True)
    assert after.history.shape == (2, CONTEXT, 7)
    assert (after.truth == -1.0).all() and after.truth.shape == (2, HORIZON, 7)


def test_a_window_alone_remembers_the_half_hours_that_it_holds():
    window = RAMP[:CONTEXT].transpose(1, 0, 2)
    memory = week_within(window, week_tick=CONTEXT - 1)
    assert np.isnan(memory[:, : WEEK - CONTEXT // HALF_HOUR]).all()
    assert memory[0, -1, 0] == RAMP[CONTEXT - HALF_HOUR : CONTEXT].mean()
