"""Breach risk from fans: right at the extremes, monotone, the same each time."""

import numpy as np

from ml.runtime import Odds, crossing
from ml.runtime.crossing import PATHS, copula_paths, threshold_levels
from ml.runtime.network import Linear
from ml.runtime.odds import ASKED, DEFAULT_CORRELATION, HOURS
from ml.runtime.persistence import NORMAL_LEVELS
from ml.schema import HORIZON, METRICS
from ml.streams.fleet import threshold_matrix

M = len(METRICS)


def fans(centres: list[float], spread: float = 1.0) -> np.ndarray:
    """Gaussian fans [N, M, H, Q] around constant centres."""
    one = np.array(centres, np.float32)[:, None, None, None] + spread * NORMAL_LEVELS
    return np.broadcast_to(one, (len(centres), M, HORIZON, len(NORMAL_LEVELS))).astype(np.float32)


def test_far_below_is_no_risk_and_far_above_is_certain():
    risk = crossing(fans([0.0, 100.0]), np.full((2, M), 50.0, np.float32))
    assert (risk.probability[0] == 0.0).all()
    assert (risk.probability[1] > 0.99).all()
    assert (risk.median[1] == 1.0).all()
    assert np.isnan(risk.median[0]).all()


def test_risk_grows_with_the_lead_and_with_the_level():
    risk = crossing(fans([0.0, 0.5, 1.0]), np.full((3, M), 2.0, np.float32))
    assert (np.diff(risk.by, axis=2) >= 0).all()
    assert (np.diff(risk.probability, axis=0) > 0).all()
    assert (risk.earliest <= risk.median).all()
    assert (risk.median <= risk.latest).all()


def test_a_rising_fan_crosses_when_its_median_does():
    rising = fans([0.0]) + (np.arange(HORIZON, dtype=np.float32) / 4.0)[None, None, :, None]
    risk = crossing(rising, np.full((1, M), 10.0, np.float32))
    assert (np.abs(risk.median - 40.0) < 6.0).all()


def test_no_forecast_and_no_threshold_are_not_a_risk_of_zero():
    quantiles = fans([0.0, 0.0])
    quantiles[0, 2] = np.nan
    limits = np.full((2, M), 3.0, np.float32)
    limits[1, 4] = np.nan
    unknown = np.isnan(crossing(quantiles, limits).probability)
    assert unknown[0, 2]
    assert unknown[1, 4]
    assert unknown.sum() == 2


def test_equal_fans_give_equal_risks(champion, window_at):
    window = window_at(1_500)
    quantiles, limits = champion.predict(window).quantiles, threshold_matrix(window.profiles)
    first, second = (crossing(quantiles, limits, champion.odds) for _ in range(2))
    np.testing.assert_array_equal(first.by, second.by)
    np.testing.assert_array_equal(first.median, second.median)


def test_levels_are_found_between_and_beyond_the_quantiles():
    levels = threshold_levels(fans([0.0])[0, :5], np.array([0.0, 1.0, -1.0, 2.5, 9.0], np.float32))[:, 0]
    np.testing.assert_allclose(levels[:3], [0.0, 1.0, -1.0], atol=0.03)
    assert NORMAL_LEVELS[-1] < levels[3] < levels[4]


def test_paths_are_standard_normal_and_mirrored():
    paths = copula_paths(0.97, 0.8, PATHS)
    np.testing.assert_array_equal(paths[: PATHS // 2], -paths[PATHS // 2 :])
    assert 0.9 < copula_paths(0.97, 0.8, 4_000).std() < 1.1


def test_flat_fans_do_not_divide_by_zero():
    risk = crossing(fans([1.0, 3.0], spread=0.0), np.full((2, M), 2.0, np.float32))
    assert (risk.probability[0] == 0.0).all()
    assert (risk.probability[1] > 0.99).all()


def test_the_times_follow_the_corrected_chances():
    quantiles = fans([1.0])
    limits = np.full((1, M), 2.5, np.float32)
    late = DEFAULT_CORRELATION.copy()
    late[:, 2:] = (-2.0, 1.0, 1.0)  # early breaches become rare, late ones do not
    plain, moved = crossing(quantiles, limits), crossing(quantiles, limits, Odds(late))
    assert (moved.median > plain.median).all()
    assert (moved.earliest <= moved.median).all()
    assert (moved.median <= moved.latest).all()


def test_trouble_of_a_sibling_counts_only_for_the_network(champion):
    assert champion.odds.layers, "the shipped champion has a network of breach chances"
    calm, troubled = fans([0.0, 0.0])[:1], fans([0.0, 0.0])[:1].copy()
    troubled[:, 1] += 4.0
    limits = np.full((1, M), 2.0, np.float32)
    taught = [crossing(one, limits, champion.odds).by[0, 0] for one in (calm, troubled)]
    assert (taught[0] != taught[1]).any()
    np.testing.assert_array_equal(*(crossing(one, limits).by[0, 0] for one in (calm, troubled)))


def test_a_network_that_says_nothing_leaves_the_drawn_chances():
    sizes = ((4, ASKED), (4, 4), (len(HOURS), 4))
    silent = tuple(Linear(np.zeros(size, np.float32), np.zeros((size[0], 1), np.float32)) for size in sizes)
    quantiles, limits = fans([0.0, 1.0, 1.5]), np.full((3, M), 2.0, np.float32)
    drawn = crossing(quantiles, limits).by
    left = crossing(quantiles, limits, Odds(DEFAULT_CORRELATION, silent)).by
    np.testing.assert_allclose(left, np.clip(drawn, 0.004, 0.996), atol=1e-5)
