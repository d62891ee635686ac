"""Facts about how skill is said: the live one with its count, the tests' named as such, below zero with its label."""

import pytest

from tests.unit.pages.samples import quality
from webapp.state.skill_words import figure, standing


def test_before_enough_truth_the_skill_is_named_as_one_of_tests() -> None:
    stands = standing(quality(value=None, matured=240), "UTC")
    assert (stands.text, stands.worse) == ("skill 0.56 in tests", "")
    assert "in tests, on simulated servers" in stands.title
    assert stands.title.endswith("from 1,000 truths in each range of lead times; the fewest so far: 240.")


def test_the_live_skill_has_its_count_interval_and_age_in_the_title() -> None:
    stands = standing(quality(), "UTC")
    assert (stands.text, stands.worse) == ("skill 0.47", "")
    assert "0.47, 0.41 to 0.52, over 12,345 truths up to 14:00" in stands.title


@pytest.mark.parametrize(
    ("live", "tested", "worse"),
    [
        (-0.12, 0.56, "worse than yesterday's curve"),
        (0.12, -0.3, ""),
        (None, -0.3, "worse than yesterday's curve in tests"),
        (None, 0.3, ""),
        (None, None, ""),
    ],
)
def test_a_model_below_zero_is_labelled_by_the_skill_that_is_shown(
    live: float | None, tested: float | None, worse: str
) -> None:
    assert standing(quality(live, tested), "UTC").worse == worse


def test_without_any_evaluation_the_skill_is_not_known() -> None:
    assert standing(quality(None, None, 0), "UTC").text == "skill not known yet"


def test_two_decimals_never_hide_that_it_is_below_zero() -> None:
    assert [figure(one) for one in (-0.001, -0.124, 0.0, 0.57)] == ["under 0", "\u22120.12", "0.00", "0.57"]
