"""The harness: no model sees its truth, comparisons are paired, and intervals know what goes together."""

from dataclasses import replace

import numpy as np
import pytest

from ml.contracts import Floats
from ml.dataset.windows import Cut, Span, cut, simulated_span
from ml.evaluation.breaches import Breaches, breach_figures, gap_of_chance, reliability, time_figures
from ml.evaluation.contenders import NAIVE_NAMES, fixed, head, models_for, served
from ml.evaluation.figures import Blocks, interval, skill
from ml.evaluation.report import summarise
from ml.evaluation.scoring import STATES, SpanScores, score_span
from ml.schema import CONTEXT, HORIZON, METRICS, QUANTILES

FITTED = 1_200


@pytest.fixture(scope="module")
def span() -> Span:
    return simulated_span(4, 7, 77, 1.0)


@pytest.fixture(scope="module")
def scores(span, champion) -> SpanScores:
    return score_span(span, served({"champion": champion}), FITTED)


@pytest.fixture(scope="module")
def report(scores) -> dict:
    return summarise([scores, scores], ["champion", *NAIVE_NAMES])


class Constant:
    """Forecasts 50 for every series but one metric."""

    def quantiles(self, piece: Cut) -> Floats:
        fan = np.full((len(piece.history), len(METRICS), HORIZON, len(QUANTILES)), 50.0, np.float32)
        fan[:, 2] = np.nan
        return fan


@pytest.mark.parametrize("name", ["champion", *NAIVE_NAMES])
def test_no_forecast_changes_with_what_comes_after_the_origin(span, champion, name):
    row = FITTED + 60
    changed = span.values.copy()
    changed[row + 1 :] = 7.0
    fans = []
    for one in (span, replace(span, values=changed)):
        model = models_for(head(one, FITTED), served({"champion": champion}))[name]
        fans.append(model.quantiles(cut(one, row)))
    assert np.array_equal(*fans)


def test_an_artefact_is_asked_as_serving_asks_it(span, champion):
    piece = cut(span, FITTED)
    piece.history[0] = np.nan
    piece.history[1, : CONTEXT - 5] = np.nan
    fans = served({"champion": champion})["champion"](span).quantiles(piece)
    assert np.isnan(fans[0]).all()
    direct = champion.model.quantiles(piece.history, piece.calendar, piece.profiles, piece.week_tick, piece.week)
    assert not np.array_equal(fans[1], direct[1])
    np.testing.assert_allclose(fans[2:], direct[2:], rtol=1e-3, atol=1e-3)  # other batches, other roundings


def test_where_one_model_has_no_forecast_nobody_is_scored(span):
    found = score_span(span, {"constant": fixed(Constant())}, FITTED)
    assert all(np.isnan(one.pinball[:, 2]).all() for one in found.scores.values())
    assert found.forecast_share["constant"] == pytest.approx(6 / 7)
    assert found.forecast_share["persistence"] == 1.0


def test_origins_are_frozen_and_named(span, scores):
    again = score_span(span, {}, FITTED)
    assert again.digest == scores.digest
    assert np.array_equal(again.scores["persistence"].pinball, scores.scores["persistence"].pinball)
    assert score_span(span, {}, FITTED + 1).digest != scores.digest


def test_a_span_that_is_too_short_is_refused(span):
    with pytest.raises(ValueError, match="ticks are too few"):
        score_span(head(span, 400), {}, 390)


def test_the_report_splits_by_lead_metric_profile_and_state(report):
    champion = report["models"]["champion"]
    assert set(champion["by_lead"]) == {"0-1h", "1-2h", "2-4h", "4-6h", "6-8h"}
    assert len(champion["by_metric"]) == 7
    assert len(champion["by_profile"]) >= 3
    assert set(champion["by_state"]) == set(STATES)
    assert set(champion["breach"]) == {"h1", "h2", "h4", "h8", "degrading", "time_to_breach"}
    assert "breach" not in report["models"]["persistence"]


def test_skills_are_against_themselves_zero(report):
    assert report["models"]["seasonal_naive"]["skill"] == 0.0
    assert report["models"]["best_naive"]["skill_vs_best_naive"] == 0.0
    assert report["models"]["champion"]["skill_vs_best_naive"] > 0.0


def test_an_interval_holds_its_mean(report):
    for one in report["models"].values():
        low, high = one["ci95_pinball"]
        assert low < one["pinball"] < high


def test_windows_of_one_block_count_as_one():
    draws = np.random.Generator(np.random.Philox(6)).normal(size=(50, 1, 1))
    alone = interval(Blocks(np.arange(50)).means(draws))
    copied = interval(Blocks(np.repeat(np.arange(50), 20)).means(np.repeat(draws, 20, axis=0)))
    assert copied == pytest.approx(alone, abs=1e-4)


def test_skill_needs_a_rival():
    assert skill(1.0, 2.0) == 0.5
    assert np.isnan(skill(1.0, 0.0))


def test_breach_figures_reward_knowing():
    truth = np.arange(1_000) % 10 == 0
    knowing = breach_figures(np.where(truth, 0.9, 0.05).astype(np.float32), truth)
    guessing = breach_figures(np.full(1_000, 0.1, np.float32), truth)
    assert knowing["brier_skill"] > 0.8
    assert abs(guessing["brier_skill"]) < 1e-6
    assert guessing["breaches"] == 100


def test_a_decile_of_few_cases_makes_no_gap():
    chance = np.r_[np.full(200, 0.05), np.full(49, 0.95)].astype(np.float32)
    truth = np.arange(249) % 20 == 0
    found = breach_figures(chance, truth)
    assert found["reliability_max_gap"] == pytest.approx(0.0, abs=1e-6)
    assert [one["cases"] for one in found["deciles"]] == [200, *[0] * 8, 49]
    assert reliability(np.ones(3, np.float32), np.ones(3, np.bool_))[-1] == (3, 1.0, 1.0)


def test_the_time_to_breach_is_judged_on_breaches_that_came():
    times = np.tile(np.array([10.0, 20.0, 30.0], np.float32), (4, 1))
    times[3] = np.nan
    chance = np.tile(np.array([0.2, 0.3, 0.4, 0.6], np.float32), (4, 1))
    found = time_figures(Breaches(chance, times, np.array([20.0, 40.0, np.inf, 5.0], np.float32), np.ones(4, np.bool_)))
    assert found["all"] == {"breaches": 2, "coverage80": 0.5, "width_min": 100.0, "error_min": 50.0}
    assert found["likely"]["breaches"] == 2
    nobody = time_figures(Breaches(chance, times, np.full(4, np.inf, np.float32), np.ones(4, np.bool_)))
    assert nobody["all"]["coverage80"] is None


def test_chance_alone_makes_a_gap_that_shrinks_with_the_cases():
    few, many = (gap_of_chance([(count, 0.5), (10, 0.9)]) for count in (60, 6_000))
    assert 0.1 < few < 0.16
    assert many == pytest.approx(few / 10.0, rel=0.2)
    assert gap_of_chance([(49, 0.5)]) == 0.0
