"""Facts about the card "Why": few rows that sum up, a sentence on the nearest past, and a reason when it is empty."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.unit.pages.samples import ORIGIN, explanation
from webapp.core.views.explanations import Explanation, Unexplained
from webapp.core.views.server import MetricView
from webapp.state.server_why import UNLIKE, why

CROSSED, STAYED = explanation().alike


def said(metric: MetricView, **changes: object) -> str:
    shown = why(metric, replace(explanation(), **changes), "UTC", ORIGIN)
    return (shown.sentence or shown.nothing).replace("\u00a0", " ")


def test_four_groups_are_named_and_the_rest_is_one_row(disk: MetricView) -> None:
    rows = why(disk, explanation(), "UTC", ORIGIN).rows
    assert [one.name for one in rows] == ["Its trend", "Its last half hour", "Its usual day", "Last week",
                                          "6 other inputs"]  # fmt: skip
    assert [one.text for one in rows] == [f"{share}\u00a0%" for share in (40, 25, 15, 10, 10)]
    assert [one.width for one in rows] == ["100%", "62%", "38%", "25%", "25%"]
    assert [one.rest for one in rows] == [False] * 4 + [True]


def test_the_stretch_that_was_attended_to_is_said_in_hours(disk: MetricView) -> None:
    shown = why(disk, explanation(), "UTC", ORIGIN)
    assert shown.attended.replace("\u00a0", " ") == "Of the past it looked most at 2 to 3 h ago."
    lately = why(disk, replace(explanation(), from_h=0.5, to_h=0.0), "UTC", ORIGIN)
    assert lately.attended.replace("\u00a0", " ") == "Of the past it looked most at the last 30 min."


@pytest.mark.parametrize(
    ("alike", "sentence"),
    [
        ((CROSSED, STAYED), "Most like Tue 14:35; disk used then crossed 90 % after 2 h 10 min."),
        ((replace(CROSSED, crossed_after_min=0.0),), "Most like Tue 14:35; disk used was over 90 % then already."),
        (
            (STAYED, CROSSED),
            "In 1 of the 2 most similar stretches of the last 28 days it then crossed 90 % within 8 h.",
        ),
        ((STAYED,) * 3, "In the 3 most similar stretches of the last 28 days it stayed below 90 %."),
        ((STAYED,), "In the most similar stretch of the last 28 days it stayed below 90 %."),
        ((replace(STAYED, distance=UNLIKE),), "No stretch of the last 28 days was like this one."),
        ((), "Too little is stored yet to look for a stretch like this one."),
    ],
)
def test_the_nearest_past_is_one_sentence(disk: MetricView, alike: tuple, sentence: str) -> None:
    assert said(disk, alike=alike) == sentence


def test_each_similar_stretch_is_told_in_the_detail(disk: MetricView) -> None:
    lines = why(disk, explanation(), "UTC", ORIGIN).detail.replace("\u00a0", " ").split("\n")
    assert lines == ["Tue 14:35: 84.0 to 93.5 % in the next 8 h, then crossed 90 % after 2 h 10 min",
                     "10 Nov 14:35: 70.0 to 86.0 % in the next 8 h"]  # fmt: skip


@pytest.mark.parametrize("reason", Unexplained)
def test_without_an_explanation_the_card_says_why(reason: Unexplained, disk: MetricView) -> None:
    shown = why(disk, Explanation(disk.metric, reason), "UTC", ORIGIN)
    assert shown.nothing.endswith(".")
    assert shown.rows == []


def test_a_baseline_has_nothing_to_explain(disk: MetricView) -> None:
    assert said(disk, unexplained=Unexplained.BASELINE).startswith("Persistence has nothing to explain")


def test_a_forecast_that_is_not_shown_is_not_explained(changed: Callable[..., MetricView]) -> None:
    assert said(changed(fan=None)) == "There is no forecast to explain."
