"""Widths of intervals: fitted on held-out servers, and moved from earlier ones by as much as these can tell."""

from dataclasses import replace

import numpy as np
import pytest

from ml.dataset.windows import Span, simulated_span
from ml.runtime import Forecaster
from ml.runtime.fusion import NEUTRAL, Fusion
from ml.tft.calibrate import Held, fit_stretch, held_out


@pytest.fixture(scope="module")
def span() -> Span:
    return simulated_span(5, 4, 77)


@pytest.fixture(scope="module")
def found(span, champion: Forecaster) -> list[Held]:
    model = champion.model
    assert isinstance(model, Fusion)
    return held_out(Fusion(model.ridge, model.networks, NEUTRAL), [span], 61)


def test_without_earlier_factors_strangers_that_nobody_saw_get_one(found):
    table = fit_stretch(found)
    assert (table[1] == 1).all()
    assert not (table[0] == 1).all()


def test_a_few_servers_move_earlier_factors_a_little_and_absent_strangers_not_at_all(found, span):
    fitted, before = fit_stretch(found), np.full_like(NEUTRAL, 1.3)
    moved = fit_stretch(found, [span], before)
    np.testing.assert_array_equal(moved[1], before[1])
    many = fitted[0] != 1
    np.testing.assert_allclose(moved[0][many], 1.3 ** (20 / 25) * fitted[0][many] ** (5 / 25), rtol=1e-5)
    np.testing.assert_array_equal(moved[0][~many], before[0][~many])


def test_a_metric_that_was_not_measured_keeps_its_earlier_factors(found, span):
    blind = [replace(one, truth=one.truth.copy()) for one in found]
    for one in blind:
        one.truth[:, 3] = np.nan
    moved = fit_stretch(blind, [span], np.full_like(NEUTRAL, 1.3))
    np.testing.assert_allclose(moved[0, 3], 1.3, rtol=1e-6)
    assert (fit_stretch(blind)[0, 3] == 1).all()
