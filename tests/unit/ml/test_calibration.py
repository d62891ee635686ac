"""Calibration: intervals hold what they say on servers that no fit has seen, and adapt slowly where they do not."""

import numpy as np
import pytest

from ml.calibration import TARGET, adapt, coverage, fit_correlation, initial_scale, rescale
from ml.dataset.windows import cut, origins, simulated_span
from ml.runtime.crossing import copula_paths
from ml.runtime.persistence import NORMAL_LEVELS
from ml.schema import HIGH80, HORIZON, LEAD_BUCKETS, LOW80, MEDIAN, METRICS

SHAPE = (len(METRICS), len(LEAD_BUCKETS))


@pytest.fixture(scope="module")
def unseen(champion):
    span = simulated_span(16, 9, 777_001)
    pieces = [cut(span, row) for row in origins(span, 67)]
    fans = [champion.model.quantiles(one.history, one.calendar, one.profiles, one.week_tick) for one in pieces]
    return np.concatenate(fans), np.concatenate([one.truth.transpose(0, 2, 1) for one in pieces])


def test_the_champions_intervals_hold_on_unseen_servers(unseen):
    share, counts = coverage(*unseen)
    assert counts.min() > 1_000
    assert (np.abs(share.mean(axis=0) - TARGET) < 0.05).all()


def test_the_champions_medians_sit_in_the_middle(unseen):
    fans, truth = unseen
    above = (truth > fans[..., MEDIAN]).mean(axis=(0, 2))
    assert (np.abs(above - 0.5) < 0.12).all()


def test_too_narrow_intervals_are_widened_too_wide_ones_narrowed_and_no_truth_changes_nothing():
    counts = np.full(SHAPE, 1_000)
    narrow, wide = (adapt(initial_scale(), np.full(SHAPE, share, np.float32), counts) for share in (0.6, 0.95))
    assert (narrow > 1.05).all()
    assert (wide < 0.98).all()
    assert (adapt(initial_scale(), np.full(SHAPE, np.nan, np.float32), np.zeros(SHAPE, np.int64)) == 1.0).all()


def test_repeated_adaptation_settles_at_the_target():
    random, scale = np.random.Generator(np.random.Philox(5)), initial_scale()
    for _ in range(60):
        truth = 1.6 * random.normal(size=(40, len(METRICS), HORIZON)).astype(np.float32) + 50.0
        fans = np.broadcast_to(50.0 + NORMAL_LEVELS, (*truth.shape, len(NORMAL_LEVELS))).astype(np.float32)
        share, counts = coverage(rescale(fans, scale), truth)
        scale = adapt(scale, share, counts)
    assert np.abs(share - TARGET).mean() < 0.02
    assert np.abs(scale - 1.6).max() < 0.25


def test_rescaling_keeps_medians_and_order():
    fans = np.sort(np.random.Generator(np.random.Philox(1)).random((2, 7, HORIZON, 7)).astype(np.float32) * 80 + 10)
    wider = rescale(fans, np.full(SHAPE, 1.5, np.float32), [100.0] * 7)
    np.testing.assert_allclose(wider[..., MEDIAN], fans[..., MEDIAN], rtol=1e-5)
    assert (np.diff(wider, axis=-1) >= 0).all()
    assert (wider[..., HIGH80] - wider[..., LOW80] >= fans[..., HIGH80] - fans[..., LOW80] - 1e-3).all()
    assert wider.max() <= 100.0


def test_coverage_of_nothing_is_unknown():
    share, counts = coverage(np.zeros((1, 7, HORIZON, 7), np.float32), np.full((1, 7, HORIZON), np.nan, np.float32))
    assert np.isnan(share).all()
    assert counts.sum() == 0


def test_the_memory_of_simulated_paths_is_found_again():
    errors = np.repeat(copula_paths(0.97, 0.8, 3_000)[:, None, :], 1, axis=1)
    fans = np.broadcast_to(NORMAL_LEVELS, (*errors.shape, len(NORMAL_LEVELS))).astype(np.float32)
    memory, share = fit_correlation(errors, fans)[0]
    assert abs(memory - 0.97) < 0.015
    assert abs(share - 0.8) < 0.1
