"""Facts about shares: counted, with an interval, judged only when there are enough."""

import pytest

from webapp.charts.interval import ribbon_cell, wilson, words


def test_the_interval_is_wilsons() -> None:
    share = wilson(41 * 12, 47 * 12)  # 47 hours
    assert (round(share.low), round(share.high)) == (75, 94)


def test_points_of_one_hour_are_worth_one() -> None:
    assert wilson(10, 12).low == wilson(5, 6).low
    assert ribbon_cell(60, 84, "0 to 1 h").verdict == "few"


def test_a_share_is_said_with_its_count_and_interval() -> None:
    assert words(wilson(492, 564)).replace("\u00a0", " ") == "492 of 564, 87 %, 75 to 94 %"


@pytest.mark.parametrize(
    ("held", "verdict"), [(7400, "low"), (7600, "few"), (7700, "held"), (8300, "held"), (8600, "high")]
)
def test_outside_of_77_to_83_a_cell_says_which_way(held: int, verdict: str) -> None:
    assert ribbon_cell(held, 10_000, "1 to 2 h").verdict == verdict


def test_few_points_are_shown_but_not_judged() -> None:
    assert ribbon_cell(2, 12, "0 to 1 h").verdict == "few"


def test_before_any_point_matured_a_cell_is_empty_and_says_why() -> None:
    cell = ribbon_cell(0, 0, "0 to 1 h")
    assert cell.text == ""
    assert cell.title == "0 to 1 h ahead: no matured forecast yet"
