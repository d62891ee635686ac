"""Boosting as a rival: rows that see no future, fans that are ordered, widths from machines that were held out."""

import sys
from dataclasses import replace

import numpy as np
import pytest

from ml.baselines.ridge import fitted_tables
from ml.boosting.model import NODES, BoostingMissing, Sample, boosting_library, fit_boosted, sampled
from ml.boosting.rows import CAP, LEAD_COLUMN, rows_of, targets
from ml.boosting.training import train_boosted
from ml.dataset.telemetry import Telemetry
from ml.dataset.windows import cut, simulated_span
from ml.schema import HORIZON, LEAD_BUCKETS, METRICS, QUANTILES

SPAN = simulated_span(6, 8, 41, 1.0)
LEADS = np.array([1, 5, 40, 96])


@pytest.fixture(scope="module")
def tables():
    return fitted_tables([SPAN])


@pytest.fixture(scope="module")
def sample(tables) -> Sample:
    pieces = (cut(SPAN, row) for row in range(700, 2_100, 90))
    return sampled(pieces, tables, np.random.Generator(np.random.Philox(1)))


@pytest.fixture(scope="module")
def boosted(sample, tables):
    pytest.importorskip("lightgbm")
    return fit_boosted(sample, sample, tables, 3, lambda _: None, rounds=4)


def test_a_row_holds_its_lead_and_nothing_of_the_future(tables):
    piece = cut(SPAN, 2_100)
    rows = rows_of(piece, LEADS, tables)
    blind = rows_of(replace(piece, truth=piece.truth * np.nan), LEADS, tables)
    assert np.array_equal(rows.columns, blind.columns, equal_nan=True)
    assert rows.columns.reshape(6, 7, 4, -1)[2, 3, :, LEAD_COLUMN].tolist() == LEADS.tolist()


def test_targets_are_what_the_truth_is_in_scales(tables):
    piece = cut(SPAN, 2_100)
    seen = rows_of(piece, LEADS, tables).seen
    goal = targets(piece, LEADS, seen).reshape(6, 7, 4)
    cpu = goal[:, 0, 2] * seen.scale[:, 0] + seen.level[:, 0] + seen.season[39, :, 0]
    inside = np.abs(goal[:, 0, 2]) < CAP
    np.testing.assert_allclose(cpu[inside], piece.truth[inside, 39, 0], rtol=1e-4)


def test_all_lead_buckets_are_sampled_alike(sample):
    lead = sample.columns[:, LEAD_COLUMN]
    counts = [int(((lead > low) & (lead <= high)).sum()) for low, high in LEAD_BUCKETS]
    assert min(counts) == max(counts) > 100
    assert np.isfinite(sample.target).all()


def test_fans_are_ordered_for_every_series_and_lead(boosted):
    fans = boosted.quantiles(cut(SPAN, 2_000))
    assert fans.shape == (6, len(METRICS), HORIZON, len(QUANTILES))
    assert np.isfinite(fans).all()
    assert (np.diff(fans, axis=-1) >= 0).all()
    assert {1, HORIZON} <= set(NODES.tolist())


def test_no_forecast_changes_with_what_comes_after_the_origin(boosted):
    changed = SPAN.values.copy()
    changed[2_001:] = 7.0
    one, two = (boosted.quantiles(cut(some, 2_000)) for some in (SPAN, replace(SPAN, values=changed)))
    assert np.array_equal(one, two)


def test_a_silent_metric_has_no_forecast(boosted):
    piece = cut(SPAN, 2_000)
    piece.history[1, -20:, 4] = np.nan
    fans = boosted.quantiles(piece)
    assert np.isnan(fans[1, 4]).all()
    assert np.isfinite(fans[1, 3]).all()


def test_the_same_seed_gives_the_same_fans(boosted, sample, tables):
    again = fit_boosted(sample, sample, tables, 3, lambda _: None, rounds=4)
    piece = cut(SPAN, 2_000)
    assert np.array_equal(again.quantiles(piece), boosted.quantiles(piece))


def test_too_few_recorded_machines_are_refused(monkeypatch):
    pytest.importorskip("lightgbm")
    monkeypatch.setattr("ml.boosting.training.SERVERS", 4)
    few = Telemetry(0, ("a",), ("unknown",), SPAN.values[:, :1])
    with pytest.raises(ValueError, match="five are needed"):
        train_boosted(1, lambda _: None, [few])


def test_without_the_library_one_line_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    with pytest.raises(BoostingMissing, match="pip install lightgbm"):
        boosting_library()
