"""A stored fan reads back as what was drawn, to less than a pixel."""

import numpy as np
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from ml.schema import HIGH80, LOW80
from webapp.core.policies import fans


def _fans(seed: int, scale: float) -> np.ndarray:
    random = np.random.default_rng(seed)
    level = random.normal(0, scale, (3, 7, 96, 1)).cumsum(axis=2)
    return np.sort(level + random.normal(0, scale, (3, 7, 96, 7)), axis=3).astype(np.float32)


@given(st.integers(0, 1000), st.sampled_from([1e-3, 1.0, 50.0, 20_000.0]))
def test_the_error_is_below_one_percent_of_the_interval(seed: int, scale: float) -> None:
    made = _fans(seed, scale)
    read = np.stack([fans.unpack(blob) for blob in fans.pack(made)])
    width = (made[..., HIGH80] - made[..., LOW80]).mean(axis=2)
    assert (np.abs(read - made).max(axis=(2, 3)) <= 0.01 * width + 1e-5).all()


def test_a_metric_without_a_forecast_stays_without_one() -> None:
    made = _fans(1, 1.0)
    made[0, 5] = np.nan
    read = fans.unpack(fans.pack(made)[0])
    assert np.isnan(read[5]).all() and np.isfinite(read[4]).all()


def test_of_no_servers_there_is_nothing_to_store() -> None:
    assert fans.pack(_fans(1, 1.0)[:0]) == []


def test_a_blob_of_another_shape_is_refused() -> None:
    blob = fans.pack(_fans(1, 1.0))[0]
    with pytest.raises(zstandard.ZstdError):
        fans.unpack(blob[:-20])


def test_a_fan_takes_a_third_of_float16() -> None:
    level = np.linspace(40, 60, 96)[None, None, :, None] + np.linspace(-5, 5, 7)
    smooth = np.repeat(level, 7, axis=1).astype(np.float32)
    assert len(fans.pack(smooth)[0]) < 7 * 96 * 7 * 2 / 3
