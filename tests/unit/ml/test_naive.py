"""Naive forecasters: centred where they say, as wide as their own past errors, the best one chosen beforehand."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from ml.baselines.guesses import Naive, base
from ml.baselines.naive import BEST, fit_naives
from ml.baselines.training import write_naive
from ml.cli import RIDGE
from ml.contracts import Window
from ml.dataset.windows import Cut, Span, cut
from ml.evaluation.contenders import head
from ml.runtime import load
from ml.runtime.losses import by_bucket, known_quantiles, pinball
from ml.runtime.week import half_hours, week_before
from ml.schema import (
    CONTEXT,
    HALF_HOUR,
    HIGH80,
    HORIZON,
    LOW80,
    MEDIAN,
    METRICS,
    QUANTILES,
    TICKS_PER_DAY,
    TICKS_PER_WEEK,
)
from ml.streams.fleet import fleet_profiles

LEADS = np.arange(1, HORIZON + 1)
RAMP = np.arange(3_000, dtype=np.float32)


def span_of(series: np.ndarray) -> Span:
    values = np.repeat(series[:, None, None], len(METRICS), axis=2).astype(np.float32)
    return Span(0, ("a",), ("web",), values, np.zeros(values.shape[:2], np.bool_))


def first(kind: Naive, piece: Cut) -> np.ndarray:
    return base(kind, piece, LEADS)[0, 0, :, -1]


def test_each_one_starts_from_what_it_is_called():
    piece = cut(span_of(RAMP), 2_500)
    assert (first(Naive.PERSISTENCE, piece) == 2_500).all()
    assert (first(Naive.SEASONAL, piece) == 2_500 + LEADS - TICKS_PER_DAY).all()
    assert np.abs(first(Naive.SEASONAL_WEEK, piece) - (2_500 + LEADS - TICKS_PER_WEEK)).max() <= HALF_HOUR / 2
    middle = base(Naive.DAY_QUANTILES, piece, LEADS)[0, 0, :, MEDIAN]
    assert (middle == np.median(RAMP[2_501 - CONTEXT : 2_501])).all()
    assert base(Naive.WEEK_PROFILE, piece, LEADS)[0, 0, 0, MEDIAN] == pytest.approx(2_501 - 4 * TICKS_PER_DAY, abs=6)


def test_a_series_without_a_week_falls_back_to_the_day():
    piece = cut(span_of(RAMP[:600]), 400)
    assert (first(Naive.SEASONAL_WEEK, piece) == first(Naive.SEASONAL, piece)).all()
    assert (first(Naive.WEEK_PROFILE, piece) == first(Naive.DAY_QUANTILES, piece)).all()


def test_a_gap_yesterday_is_bridged_by_the_last_value():
    series = RAMP.copy()
    series[2_300:2_310] = np.nan
    assert (first(Naive.SEASONAL, cut(span_of(series), 2_500))[2_299 - 2_212 :] > 0).all()
    assert first(Naive.SEASONAL, cut(span_of(series), 2_500))[2_305 - 2_213] == 2_500


def test_widths_come_from_own_errors():
    noise = np.random.Generator(np.random.Philox(2)).normal(size=6_000)
    fitted = fit_naives(span_of(50.0 + noise))
    spread = {kind: np.ptp(fitted[kind].quantiles(cut(span_of(50.0 + noise), 5_000))[0, 0, 50]) for kind in Naive}
    assert spread[Naive.PERSISTENCE] == pytest.approx(2 * 1.645 * 2**0.5, rel=0.15)
    assert spread[Naive.WEEK_PROFILE] == pytest.approx(2 * 1.645, rel=0.25)


def test_the_best_one_is_chosen_per_machine_and_metric():
    random, day = np.random.Generator(np.random.Philox(3)), np.arange(6_048) / TICKS_PER_DAY
    seasonal = 50.0 + 20.0 * np.sin(2 * np.pi * day) + random.normal(size=len(day))
    walk = 500.0 + np.cumsum(random.normal(size=len(day)))
    values = np.zeros((len(day), 2, len(METRICS)), np.float32)
    values[:, 0, :] = seasonal[:, None]
    values[:, 0, 4] = values[:, 1, 4] = walk
    best = fit_naives(Span(0, ("a", "b"), ("web", "web"), values, np.zeros(values.shape[:2], np.bool_)))[BEST]
    kinds = [[best.parts[place].kind for place in row] for row in best.choice]
    assert kinds[0][4] is kinds[1][4] is Naive.PERSISTENCE
    assert kinds[0][0] in {Naive.SEASONAL, Naive.SEASONAL_WEEK, Naive.WEEK_PROFILE}


def test_naive_forecasts_learn_from_the_head_alone():
    noise = np.random.Generator(np.random.Philox(4)).normal(size=1_500).astype(np.float32)
    other = np.where(np.arange(1_500) < 900, noise, 99.0)
    one, two = (fit_naives(head(span_of(series), 900)) for series in (noise, other))
    assert all(np.array_equal(one[kind].errors, two[kind].errors) for kind in Naive)


def test_fans_are_ordered_and_inside_the_contract():
    noise = np.abs(np.random.Generator(np.random.Philox(5)).normal(size=1_500))
    fans = fit_naives(span_of(noise))[BEST].quantiles(cut(span_of(noise), 1_200))
    assert fans.shape == (1, len(METRICS), HORIZON, len(QUANTILES))
    assert (np.diff(fans, axis=-1) >= 0).all()
    assert fans.min() >= 0


def test_too_little_to_learn_from_is_refused():
    with pytest.raises(ValueError, match="too few for naive forecasts"):
        fit_naives(span_of(RAMP[:300]))


def test_quantiles_of_partly_known_values_leave_the_unknown_out():
    values = np.array([[1.0, np.nan, 3.0, 2.0], [np.nan] * 4], np.float32)
    found = known_quantiles(values)
    np.testing.assert_allclose(found[0], np.quantile([1.0, 2.0, 3.0], QUANTILES), rtol=1e-6)
    assert np.isnan(found[1]).all()
    assert np.isnan(known_quantiles(values, fewest=4)).all()


def test_pinball_of_a_perfect_forecast_is_zero_and_misses_cost():
    truth = np.full((1, 7, HORIZON), 5.0, np.float32)
    fan = np.full((1, 7, HORIZON, len(QUANTILES)), 5.0, np.float32)
    assert pinball(fan, truth).max() == 0.0
    np.testing.assert_allclose(pinball(fan, truth + 2.0), 2.0 * np.mean(QUANTILES), rtol=1e-5)


def test_bucket_means_leave_out_what_is_unknown():
    losses = np.ones((1, 1, HORIZON), np.float32)
    losses[:, :, :18] = np.nan
    buckets = by_bucket(losses)[0, 0]
    assert np.isnan(buckets[0])
    assert buckets[1:].tolist() == [1.0] * 4


@pytest.mark.parametrize("kind", ["persistence", "seasonal_naive", "seasonal_naive_week"])
def test_a_naive_forecaster_can_serve(kind, tmp_path, fleet, generator):
    made = write_naive(kind, RIDGE, tmp_path / kind, lambda _: {})
    served = load(tmp_path / kind)
    assert served.sha256 == made["sha256"]
    first = 2_500 - TICKS_PER_WEEK + 1
    ticks = generator.ticks(first, TICKS_PER_WEEK + HORIZON)
    past, truth = ticks.values[:TICKS_PER_WEEK], ticks.values[TICKS_PER_WEEK:]
    calendar = np.zeros((past.shape[1], CONTEXT + HORIZON), np.bool_)
    at = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=5 * 2_500)
    values = np.ascontiguousarray(past[-CONTEXT:].transpose(1, 0, 2))
    window = Window(
        ticks.assets, fleet_profiles(fleet), at, values, calendar, week_before(*half_hours(past, first), 2_500)
    )
    fans = served.predict(window).quantiles
    assert np.isfinite(fans).all()
    assert (np.diff(fans, axis=-1) >= 0.0).all()
    inside = (truth.transpose(1, 2, 0) >= fans[..., LOW80]) & (truth.transpose(1, 2, 0) <= fans[..., HIGH80])
    assert 0.65 < inside.mean() < 0.93
