"""Training: the same seed gives the same model, and too little data is refused."""

import numpy as np
import pytest

from ml.artifacts import ArtifactError
from ml.baselines.ridge import fit
from ml.baselines.training import train_ridge
from ml.dataset.windows import simulated_span


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
