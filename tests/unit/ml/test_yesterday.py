"""Yesterday's curve with its own errors: nothing later is looked at, gaps compare nobody, a fair loss."""

import numpy as np
import pytest

from ml.runtime import yesterday
from ml.schema import HIGH80, LOW80, MEDIAN, METRICS, QUANTILES, TICKS_PER_DAY

TICK = 6_000 * 12


def past(values: np.ndarray) -> np.ndarray:
    """[1, K, M] of one series at the remembered ticks, the same for every metric."""
    return np.repeat(values.astype(np.float32)[None, :, None], len(METRICS), axis=2)


def walk(length: int, seed: int = 3) -> np.ndarray:
    return 50.0 + np.random.default_rng(seed).normal(0.0, 2.0, length)


def test_only_what_lies_before_the_newest_origin_is_remembered() -> None:
    ticks = yesterday.remembered(TICK)
    assert TICK - 24 < ticks[-1] <= TICK - 12
    assert {at % 12 for at in ticks} == {7}
    week_before_the_oldest_origin = TICK - 96 - 5 - 167 * 12
    assert ticks[0] == week_before_the_oldest_origin - TICKS_PER_DAY


@pytest.mark.parametrize("lead", range(1, 9))
def test_a_forecast_knows_nothing_after_its_own_origin(lead: int) -> None:
    ticks = np.array(yesterday.remembered(TICK))
    values = walk(len(ticks))
    later = values.copy()
    later[ticks > TICK - 12 * lead] += 40.0
    hour = np.full((1, 12, len(METRICS)), 50.0, np.float32)
    made, changed = (yesterday.fans(hour, past(one), lead) for one in (values, later))
    assert np.isfinite(made).all()
    np.testing.assert_array_equal(made, changed)


def test_its_interval_is_as_wide_as_days_differ() -> None:
    values = walk(len(yesterday.remembered(TICK)))
    hour = np.full((1, 12, len(METRICS)), 50.0, np.float32)
    fan = yesterday.fans(hour, past(values), 1)[0, 0, 0]
    changes = (values[24:] - values[:-24])[-168:]
    np.testing.assert_allclose(fan - 50.0, np.quantile(changes, QUANTILES), atol=1e-3)
    assert fan[LOW80] < fan[MEDIAN] < fan[HIGH80]


def test_less_than_a_day_of_errors_or_a_gap_yesterday_is_no_forecast() -> None:
    values = walk(len(yesterday.remembered(TICK)))
    values[: -24 - yesterday.FEWEST + 1] = np.nan
    hour = np.full((1, 12, len(METRICS)), 50.0, np.float32)
    assert np.isnan(yesterday.fans(hour, past(values), 1)).all()
    hour[0, 3] = np.nan
    fan = yesterday.fans(hour, past(walk(len(values))), 1)
    assert np.isnan(fan[0, :, 3]).all() and np.isfinite(fan[0, :, 4]).all()


def test_values_stay_within_the_contract() -> None:
    hour = np.zeros((1, 12, len(METRICS)), np.float32)
    assert yesterday.fans(hour, past(walk(len(yesterday.remembered(TICK)))), 1).min() == 0.0


def test_only_truths_that_both_forecast_are_compared() -> None:
    truth = np.full((1, 12, len(METRICS)), 50.0, np.float32)
    truth[0, 0] = np.nan
    fan = np.full((1, len(METRICS), 12, len(QUANTILES)), 50.0, np.float32)
    naive = fan + 4.0
    naive[:, :, 1] = np.nan
    found = yesterday.compared(fan, naive, truth, np.full((1, len(METRICS)), 2.0, np.float32))
    level = float(np.mean([1.0 - one for one in QUANTILES]))
    np.testing.assert_allclose(found[0, 0], [0.0, 10 * 4.0 * level / 2.0, 10.0], rtol=1e-5)


def test_a_surprise_after_a_quiet_week_counts_no_more_than_its_share() -> None:
    quiet = past(np.zeros(len(yesterday.remembered(TICK))))
    jump = np.full((1, 12, len(METRICS)), 5.0, np.float32)
    assert (jump[0, 0] / yesterday.units(quiet, jump)[0] < 5.0).all()
    assert yesterday.units(quiet, np.zeros_like(jump)).min() == np.float32(1e-3)
