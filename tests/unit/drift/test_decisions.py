"""Every reason not to train is said, and drift begins and is over once."""

from dataclasses import replace

import numpy as np
import pytest

from ml.drift.cells import Look, State
from ml.drift.reference import Test
from ml.schema import METRICS
from webapp.core.errors import Invalid
from webapp.core.policies import drift_packing as packing
from webapp.core.policies import drift_reports as policy
from webapp.core.policies.drift_reports import EVERY, Hold, Open, Retrain, Rule, Situation

ROWS = ("web", EVERY)
DRIFT = Open(100, 90, "CPU of web servers")
READY = Situation(Rule(), 200, (DRIFT,))


@pytest.mark.parametrize(
    ("situation", "code", "words"),
    [
        (replace(READY, open=()), "none", "No drift"),
        (replace(READY, rule=Rule(enabled=False), switched_off=" by ann: holidays"), "off", "by ann: holidays"),
        (replace(READY, busy="Training 7 is running"), "busy", "Training 7"),
        (replace(READY, waits="fleet-tft 1.1.0"), "waits", "Candidate fleet-tft 1.1.0 waits for a decision."),
        (replace(READY, hour=104), "young", "6\u00a0h"),
        (replace(READY, hour=120), "data", "42\u00a0h are missing"),
        (replace(READY, trained_hour=190), "pause", "10\u00a0h ago"),
        (replace(READY, open=(replace(DRIFT, cost=0.01),)), "cost", "less than 2\u00a0% more"),
    ],
)
def test_a_training_is_held_for_a_reason_in_words(situation: Situation, code: str, words: str) -> None:
    answer = policy.decide(situation)
    assert isinstance(answer, Hold) and answer.code == code and words in answer.reason


def test_enough_data_of_lasting_drift_is_trained_on() -> None:
    answer = policy.decide(READY)
    assert isinstance(answer, Retrain) and "CPU of web servers, 110\u00a0h of data" in answer.reason
    assert (answer.recipe.mode, answer.recipe.days, answer.recipe.minutes) == ("fine_tune", 10, 5)


@pytest.mark.parametrize(("new", "days"), [(24, 7), (72, 7), (240, 20), (5000, 30)])
def test_half_of_the_window_is_new(new: int, days: int) -> None:
    assert policy.recipe(new, Rule()).days == days


def test_a_rule_out_of_bounds_is_named() -> None:
    with pytest.raises(Invalid) as refused:
        policy.check(Rule(open_hours=0, minutes=9999))
    assert [one.field for one in refused.value.errors] == ["open_hours", "minutes"]


def look(*, web: float = 0.0, every: float = 0.0) -> Look:
    """CPU's statistics of values, held against 4; nothing else moved."""
    shape = (2, len(METRICS), len(Test))
    statistic = np.zeros(shape)
    statistic[:, 0, Test.INPUTS] = (web, every)
    return Look(
        statistic, np.full(shape, 4.0), statistic / 4, np.full(shape[:2], 0.1), np.full(shape, 5),
        np.full(shape, State.TESTED.value),
    )  # fmt: skip


def test_drift_opens_with_its_strongest_test() -> None:
    opened = policy.changes(ROWS, [look(web=-5)], {}).opened
    assert opened["web", "cpu_pct"].test is Test.INPUTS and opened["web", "cpu_pct"].statistic == -5


def test_all_servers_open_none_beside_a_profile() -> None:
    assert set(policy.changes(ROWS, [look(web=5, every=6)], {}).opened) == {("web", "cpu_pct")}
    assert set(policy.changes(ROWS, [look(web=1, every=6)], {}).opened) == {(EVERY, "cpu_pct")}


def test_drift_is_over_after_six_calm_hours_and_not_before() -> None:
    going_on = {("web", "cpu_pct"): Test.INPUTS}
    assert not policy.changes(ROWS, [look(web=1)] * 5, going_on).closed
    assert not policy.changes(ROWS, [look(web=3), *[look(web=1)] * 5], going_on).closed
    assert policy.changes(ROWS, [look(web=1)] * 6, going_on).closed == [("web", "cpu_pct")]


def test_drift_of_servers_that_fell_silent_is_neither_over_nor_measured() -> None:
    going_on = {("web", "cpu_pct"): Test.INPUTS}
    silent = look()
    silent.state[0, 0] = State.SILENT
    silent.statistic[0, 0] = np.nan
    found = policy.changes(ROWS, [silent] * 6, going_on)
    assert not found.closed and not found.going_on
    assert not policy.changes(ROWS, [silent, *[look()] * 5], going_on).closed
    silent.state[0, 0] = State.FEW_SERVERS  # they were retired
    assert policy.changes(ROWS, [silent] * 6, going_on).closed == [("web", "cpu_pct")]


def test_drift_of_a_profile_that_is_gone_is_over() -> None:
    assert policy.changes(ROWS, [look()], {("cache", "cpu_pct"): Test.INPUTS}).closed == [("cache", "cpu_pct")]


def test_a_look_is_unpacked_as_it_was_packed() -> None:
    again = packing.unpack_look(packing.pack_look(look(web=5)))
    np.testing.assert_array_equal(again.statistic, look(web=5).statistic)
    assert again.alarms.sum() == 1


def test_an_hour_is_unpacked_as_it_was_packed() -> None:
    made = np.random.default_rng(1).normal(size=(3, len(METRICS), 4)).astype(np.float32)
    ids, again = packing.unpack_hour(*packing.pack_hour([4, 9, 7], made))
    assert ids.tolist() == [4, 9, 7]
    np.testing.assert_array_equal(again, made)
