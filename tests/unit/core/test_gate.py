"""The gate: what passes, what each check says, and that nothing that is missing ever helps a candidate."""

import copy
import math
from collections.abc import Iterator
from functools import reduce
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.documents import LEADS, METRICS, changed, judged
from webapp.core.policies import gate

Path = tuple[str, ...]


def sample(relative: float = -0.034) -> dict[str, Any]:
    """A complete document."""
    return dict(gate.complete(judged(relative)))


def failed(document: dict[str, Any]) -> list[str]:
    """The checks that say no."""
    return [one.name for one in gate.verdict(document).checks if not one.passed]


def sentence(document: dict[str, Any], name: str) -> str:
    return next(one.sentence for one in gate.verdict(document).checks if one.name == name)


def paths(document: object, before: Path = ()) -> Iterator[Path]:
    """Every place of a document, sections too."""
    if isinstance(document, dict):
        for name, value in document.items():
            yield (*before, name)
            yield from paths(value, (*before, name))


def without(document: dict[str, Any], path: Path) -> dict[str, Any]:
    """A copy that lacks a place."""
    made = copy.deepcopy(document)
    place = made
    for name in path[:-1]:
        place = place[name]
    del place[path[-1]]
    return made


def test_a_candidate_that_is_clearly_better_passes_every_check() -> None:
    found = gate.verdict(sample())
    assert found.passed and [one.name for one in found.checks] == list(gate.RULES)


def test_the_main_sentence_says_how_much_how_sure_and_how_much_is_needed() -> None:
    told = sentence(sample(), "better").replace("\u00a0", " ")
    assert told.startswith("Pinball loss 3.4 % lower than the champion's, 95 % interval 2.2 to 4.6 % (needs more than")


def test_what_is_better_by_less_than_chance_fails() -> None:
    least = gate.needed(0.024 / 3.92, gate.SEED_SD["fine_tune"])
    assert failed(sample(-least + 1e-4)) == ["better"]
    assert failed(sample(-least - 1e-4)) == []


@pytest.mark.parametrize(
    ("path", "value", "check"),
    [
        (("windows", "count"), 99, "enough"),
        (("windows", "servers"), 4, "enough"),
        (("difference", "blocks"), 19, "enough"),
        (("models", "candidate", "windows"), 319, "same_windows"),
        (("models", "candidate", "forecast_share"), 0.98, "same_windows"),
        (("candidate", "verified"), False, "hashes"),
        (("candidate", "sha256"), "a" * 64, "hashes"),
        (("candidate", "trained", "last_at"), "2026-03-03T08:05:00+00:00", "untouched"),
        (("champion", "trained", "known"), False, "untouched"),
        (("models", "candidate", "pinball"), 0.25, "seasonal_naive"),
        (("models", "candidate", "coverage80"), 0.76, "coverage"),
        (("models", "candidate", "by_lead", LEADS[4], "coverage80"), 0.9, "coverage_by_lead"),
        (
            ("difference", "by_metric", METRICS[6]),
            {"relative": 0.09, "ci95": [0.06, 0.12], "windows": 320},
            "no_group_worse",
        ),
        (("elsewhere",), {"relative": 0.11, "ci95": [0.09, 0.13], "servers": 20}, "elsewhere"),
        (("latency", "candidate_ms"), 101.0, "latency"),
        (("size", "candidate_bytes"), 20_000_001, "size"),
    ],
)
def test_each_check_says_no_to_what_it_is_for(path: Path, value: object, check: str) -> None:
    assert check in failed(changed(sample(), *path, to=value))


def test_a_group_that_is_worse_within_chance_passes() -> None:
    wide = {"relative": 0.05, "ci95": [-0.03, 0.13], "windows": 20, "blocks": 20}
    assert failed(changed(sample(), "difference", "by_metric", METRICS[0], to=wide)) == []


def test_intervals_that_are_off_pass_when_the_champions_are_further_off() -> None:
    document = changed(sample(), "models", "candidate", "coverage80", to=0.74)
    assert failed(changed(document, "models", "champion", "coverage80", to=0.70)) == []


def test_an_unknown_mode_has_no_known_noise_and_fails() -> None:
    document = gate.complete(changed(judged(), "candidate", "trained", "mode", to="magic"))
    assert failed(dict(document)) == ["better"]


def test_a_document_with_nothing_in_it_fails_every_check() -> None:
    found = gate.verdict({})
    assert not found.passed and not any(one.passed for one in found.checks)
    assert gate.complete({})["gate"] == {**found.as_json()}


NOTHING = (None, math.nan, math.inf, -math.inf, "much", True, [], {})
PLACES = sorted(set(paths({name: value for name, value in sample().items() if name != "gate"})))


def value_at(document: dict[str, Any], place: Path) -> Any:
    return reduce(lambda part, name: part[name], place, document)


GROUP = ("difference", "by_metric", METRICS[2])


def drawn(relative: float, coverage: float, ms: float, group: float) -> dict[str, Any]:
    """A document that some checks may refuse."""
    document = changed(sample(relative), "models", "candidate", "coverage80", to=coverage)
    document = changed(document, "latency", "candidate_ms", to=ms)
    odd = {**value_at(document, GROUP), "relative": group, "ci95": [group - 0.01, group + 0.01]}
    return changed(document, *GROUP, to=odd)


DOCUMENTS = some.builds(
    drawn,
    some.floats(-0.2, 0.2), some.floats(0.6, 1.0), some.floats(1.0, 300.0), some.floats(-0.1, 0.1),
)  # fmt: skip


@given(DOCUMENTS, some.sampled_from(PLACES))
def test_leaving_anything_away_never_turns_a_no_into_a_yes(document: dict[str, Any], place: Path) -> None:
    before, after = gate.verdict(document), gate.verdict(without(document, place))
    assert all(one.passed or not other.passed for one, other in zip(before.checks, after.checks, strict=True))


@given(DOCUMENTS, some.sampled_from(PLACES), some.sampled_from(NOTHING))
def test_what_is_no_number_never_turns_a_no_into_a_yes(document: dict[str, Any], place: Path, value: object) -> None:
    before, after = gate.verdict(document), gate.verdict(changed(document, *place, to=value))
    assert all(one.passed or not other.passed for one, other in zip(before.checks, after.checks, strict=True))


NUMBERS = [
    place for place in PLACES
    if place[0] in ("difference", "latency", "elsewhere") and isinstance(value_at(sample(), place), float)
]  # fmt: skip


@pytest.mark.parametrize("value", [None, math.nan, math.inf, "3"])
def test_every_number_that_a_difference_rests_on_is_needed(value: object) -> None:
    for place in NUMBERS:
        if "by_lead" not in place:
            assert not gate.verdict(changed(sample(), *place, to=value)).passed, place


@given(some.floats(-0.3, 0.3), some.floats(0, 0.3), some.floats(0.001, 0.1))
def test_a_worse_candidate_never_passes_where_a_better_one_fails(better: float, by: float, half: float) -> None:
    def judged_as(relative: float) -> bool:
        difference = {**sample()["difference"], "relative": relative, "ci95": [relative - half, relative + half]}
        return "better" not in failed({**sample(), "difference": difference})

    assert judged_as(better) or not judged_as(better + by)


@given(some.floats(0.001, 0.05), some.floats(0.001, 0.05), some.floats(0, 0.05))
def test_less_certainty_never_needs_less(error: float, noise: float, more: float) -> None:
    assert gate.needed(error + more, noise) >= gate.needed(error, noise)
    assert gate.needed(error, noise + more) >= gate.needed(error, noise)


def test_a_profile_of_few_machine_days_has_to_be_further_off_to_count_as_worse() -> None:
    profile = {"relative": 0.05, "ci95": [0.035, 0.065], "windows": 30}
    many, few, one = (
        failed(changed(sample(), "difference", "by_profile", "web", to={**profile, "blocks": blocks}))
        for blocks in (60, 3, 1)
    )
    assert (many, few, one) == (["no_group_worse"], [], [])
