"""An hour is summed up from what was observed outside maintenance; a change is dated where the effects turned."""

import numpy as np
import pytest

from ml.drift.hours import Channel, summary, without_forecast
from ml.drift.onset import onset
from ml.schema import METRICS, QUANTILES

FAN = np.broadcast_to(np.linspace(-2, 2, len(QUANTILES), dtype=np.float32), (2, len(METRICS), 12, len(QUANTILES)))
NONE = np.zeros((2, 12), np.bool_)


def _truth(value: float) -> np.ndarray:
    return np.full((2, 12, len(METRICS)), value, np.float32)


def test_a_truth_on_the_median_leaves_nothing_and_is_held() -> None:
    made = summary(_truth(0.0), NONE, FAN)
    assert (made[..., Channel.RESIDUAL] == 0).all() and (made[..., Channel.HELD] == 1).all()


def test_a_truth_far_off_counts_as_six_deviations_at_most() -> None:
    made = summary(_truth(1e6), NONE, FAN)
    assert (made[..., Channel.RESIDUAL] == 6).all() and (made[..., Channel.HELD] == 0).all()


def test_an_hour_of_maintenance_is_unknown() -> None:
    left_out = NONE.copy()
    left_out[0, :7] = True
    made = summary(_truth(1.0), left_out, FAN)
    assert np.isnan(made[0]).all() and np.isfinite(made[1]).all()


def test_without_a_forecast_only_the_values_are_known() -> None:
    made = without_forecast(_truth(3.0), NONE)
    assert (made[..., Channel.VALUE] == 3.0).all() and np.isnan(made[..., 1:]).all()


@pytest.mark.parametrize("ago", [1, 5, 20])
def test_a_change_is_dated(ago: int) -> None:
    pulses = np.zeros(36)
    pulses[-ago:] = -1.0
    assert onset(pulses, -1.0) == ago


def test_a_change_is_dated_in_noise_too() -> None:
    pulses = np.random.default_rng(1).normal(0, 0.4, 36)
    pulses[-12:] += 1.0
    assert abs(onset(pulses, 1.0) - 12) <= 2
