"""Training: the same seed gives the same model, and too little data is refused."""

import numpy as np
import pytest

from ml.artifacts import ArtifactError
from ml.baselines.naive import Naive, by_bucket, fit_naive, pinball
from ml.baselines.ridge import fit
from ml.baselines.training import train_ridge
from ml.dataset.windows import simulated_span
from ml.schema import CONTEXT, HORIZON, MEDIAN, QUANTILES


def test_the_same_seed_gives_the_same_tensors():
    train, held_out = [simulated_span(5, 7, 31)], [simulated_span(5, 7, 32)]
    one, two = (fit(train, held_out, 3, lambda _: None, every=301).tensors() for _ in range(2))
    assert all(np.array_equal(one[name], two[name]) for name in one)
    assert all(np.isfinite(tensor).all() for tensor in one.values())


def test_training_needs_enough_servers_and_a_free_place(tmp_path):
    with pytest.raises(ValueError, match="at least 40"):
        train_ridge(10, 1, tmp_path / "model", print, dict)
    with pytest.raises(ArtifactError, match="exists already"):
        train_ridge(40, 1, tmp_path, print, dict)


def test_naive_forecasts_are_centred_where_they_say():
    values = np.tile(np.arange(288.0, dtype=np.float32), 5)[:, None, None] * np.ones((1, 2, 7), np.float32)
    history = values[:CONTEXT].transpose(1, 0, 2)
    seasonal = fit_naive(Naive.SEASONAL, values).predict(history)
    np.testing.assert_allclose(seasonal[0, 0, :, MEDIAN], np.arange(HORIZON), atol=1e-3)
    assert fit_naive(Naive.PERSISTENCE, values).predict(history).shape == (2, 7, HORIZON, len(QUANTILES))


def test_pinball_of_a_perfect_forecast_is_zero_and_misses_cost():
    truth = np.full((1, 7, HORIZON), 5.0, np.float32)
    fan = np.full((1, 7, HORIZON, len(QUANTILES)), 5.0, np.float32)
    assert pinball(fan, truth).max() == 0.0
    np.testing.assert_allclose(pinball(fan, truth + 2.0), 2.0 * np.mean(QUANTILES), rtol=1e-5)


def test_bucket_means_leave_out_what_is_unknown():
    losses = np.ones((1, 1, HORIZON), np.float32)
    losses[:, :, :12] = np.nan
    losses[:, :, 12:18] = np.nan
    buckets = by_bucket(losses)[0, 0]
    assert np.isnan(buckets[0])
    assert buckets[1:].tolist() == [1.0] * 4
