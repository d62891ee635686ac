"""Facts about what is said of scenarios."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ml.streams.fleet import LIBRARY, InjectionKind
from tests.unit.pages.samples import ORIGIN, START, scenario
from webapp.core.views.scenarios import EndedBy, ScenarioStatus
from webapp.state import scenarios_words as words

LEAK, CRASH = LIBRARY[InjectionKind.MEMORY_LEAK], LIBRARY[InjectionKind.SUDDEN_CRASH]
DONE = replace(scenario(), status=ScenarioStatus.FINISHED, breached_at=START + timedelta(minutes=60))


def test_one_sentence_says_how_many_run_and_when_the_breach_is_predicted() -> None:
    first, _ = words.sentence([scenario()], ORIGIN)
    assert first.replace("\u00a0", " ") == "1 experiment is running. Its breach is predicted in 40 min."


def test_after_a_breach_the_next_one_is_not_called_the_first() -> None:
    fallen = replace(DONE, status=ScenarioStatus.RUNNING)
    first, _ = words.sentence([fallen, scenario()], ORIGIN)
    assert first.replace("\u00a0", " ") == "2 experiments are running. The next breach is predicted in 40 min."


def test_nothing_running_invites_to_start() -> None:
    assert words.sentence([DONE], ORIGIN)[0] == "No experiment is running."


def test_the_lead_is_from_the_first_warning_to_the_breach() -> None:
    assert words.lead(DONE).replace("\u00a0", " ") == "50 min"
    assert words.lead(replace(DONE, forewarned_at=None)) == "none"
    assert words.lead(scenario()) == ""


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "Forewarned"),
        ({"forewarned_at": None}, "Not forewarned"),
        ({"breached_at": None}, "Finished, no breach"),
        ({"kind": "sudden_crash", "forewarned_at": None}, "Unpredictable by design"),
        ({"status": ScenarioStatus.STOPPED, "ended_by": EndedBy.GUARD}, "Stopped by its guard"),
        ({"status": ScenarioStatus.STOPPED, "ended_by": EndedBy.LEVER, "stopped_by": "guard"}, "Stopped by the lever"),
        ({"status": ScenarioStatus.STOPPED, "ended_by": EndedBy.LEVER, "began": False}, "Stopped before it began"),
        ({"status": ScenarioStatus.CANCELLED, "stopped_by": "anna"}, "Cancelled by anna"),
        ({"status": ScenarioStatus.CANCELLED, "began": False}, "Cancelled before it began"),
    ],
)
def test_a_state_is_a_word_an_icon_and_a_tone(changes: dict[str, object], said: str) -> None:
    word, sign, tone = words.state(replace(DONE, **changes))  # type: ignore[arg-type]
    assert word == said
    assert sign
    assert tone


def test_who_was_in_breach_before_is_not_judged() -> None:
    early = replace(DONE, breached_at=START)
    assert words.lead(early) == ""
    assert words.judged([early, DONE]) == [DONE]
    assert words.state(early)[0] == "In breach before it began"


def test_the_library_counts_forewarned_breaches() -> None:
    missed = replace(DONE, forewarned_at=None)
    assert words.verdict([DONE, missed], LEAK)[:2] == ("1 of 2", "forewarned")
    assert words.verdict([], LEAK)[:2] == ("", "not run yet")


def test_a_crash_is_nobodys_miss() -> None:
    assert words.verdict([], CRASH)[:2] == ("by design", "unpredictable")
    assert words.hypothesis(CRASH).startswith("No warning is expected")


@pytest.mark.parametrize(("percent", "said"), [(100, "should cross"), (60, "may cross"), (30, "should stay below")])
def test_the_picture_says_whether_the_strength_should_be_enough(percent: int, said: str) -> None:
    assert said in words.effect(LEAK, 8, 10, percent, "92", "92")


def test_every_kind_has_an_icon_and_a_line() -> None:
    kinds = {kind.value for kind in InjectionKind}
    assert set(words.SIGNS) == set(words.SHORT) == kinds


def test_how_a_run_ended_names_what_who_and_why() -> None:
    pulled = replace(DONE, status=ScenarioStatus.STOPPED, ended_by=EndedBy.LEVER, stopped_by="ann", stop_reason="smoke")
    assert words.why(pulled) == "Stopped by the safety lever, which ann pulled: smoke"
    quick = replace(pulled, status=ScenarioStatus.CANCELLED, ended_by=EndedBy.PERSON, began=False, stop_reason="")
    assert words.why(quick) == "Cancelled by ann, before it touched a tick: no reason given yet"


def test_runs_that_were_ended_early_say_nothing_about_a_breach() -> None:
    early = replace(DONE, status=ScenarioStatus.CANCELLED, ended_by=EndedBy.PERSON, breached_at=None)
    assert words.verdict([early], LEAK)[0] == "ended early"
    assert words.verdict([early, replace(DONE, breached_at=None)], LEAK)[0] == "no breach"


@pytest.mark.parametrize(
    ("limit", "percent", "said"),
    [
        (words.UNWATCHED, 80, "not watched on these servers"),
        ("96", 80, "may cross 96 %, which is above the default of 92."),
        ("96", 30, "should stay below 96 %"),
        ("70", 80, "should cross 70 % during the ramp"),
        ("70", 30, "may cross 70 %."),
        ("", 80, "should cross its threshold"),
    ],
)
def test_a_threshold_of_the_streams_own_changes_what_the_form_promises(limit: str, percent: int, said: str) -> None:
    assert said in words.effect(LEAK, 8, 10, percent, limit, "92" if limit else "").replace("\u00a0", " ")
