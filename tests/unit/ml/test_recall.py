"""What a series did at the same hour of earlier days."""

import numpy as np

from ml.runtime.recall import HABITS, PATHS, quantiles_of, recall
from ml.schema import HALF_HOUR, HORIZON, MEDIAN, QUANTILES, TICKS_PER_WEEK, WEEK

TICK = TICKS_PER_WEEK + 3  # the half hour under way has four ticks already
DAY = np.full((96, 1), 5.0, np.float32)
"""The last day of a series that stands still."""


def of(week, yesterday=None):
    given = np.full((HORIZON, 1), np.nan, np.float32) if yesterday is None else yesterday
    return recall(given, DAY, np.asarray(week, np.float32).reshape(WEEK, 1), TICK)


def path(found, name):
    return found.paths[PATHS.index(name), 0]


def test_last_week_is_what_was_seen_at_that_half_hour():
    last_week = path(of(np.arange(WEEK)), "last_week")
    assert last_week[:3].tolist() == [0.0, 0.0, 1.0]  # two ticks are left of the half hour under way
    assert last_week[-1] == (4 + HORIZON - 1) // HALF_HOUR


def test_the_usual_day_is_the_mean_of_seven_and_its_spread_theirs():
    days = np.repeat(np.arange(7.0), WEEK // 7)
    found = of(days)
    assert np.allclose(path(found, "usual"), 3.0)
    assert np.allclose(found.daily, np.std(np.arange(7.0), ddof=1), atol=1e-4)


def test_a_path_with_holes_is_filled_by_the_next_simpler_one():
    week = np.full(WEEK, np.nan)
    week[-48:] = 2.0
    found = of(week)
    assert np.allclose(path(found, "yesterday"), 2.0)
    assert np.allclose(path(found, "last_week"), 2.0)
    assert np.allclose(found.daily, 1.0)


def test_a_series_nobody_remembers_has_paths_and_habits_all_the_same():
    found = of(np.full(WEEK, np.nan))
    assert np.isfinite(found.paths).all() and np.isfinite(found.habits).all()
    assert found.habits[HABITS.index("week_known"), 0] == 0.0


def test_quantiles_pass_over_what_is_missing():
    values = np.array([[3.0, np.nan], [np.nan, np.nan], [1.0, np.nan], [2.0, np.nan]], np.float32)
    found = quantiles_of(values)
    assert found.shape == (2, len(QUANTILES))
    assert found[0, MEDIAN] == 2.0 and (found[1] == 0.0).all()
