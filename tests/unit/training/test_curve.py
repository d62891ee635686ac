"""The loss curve: a line a network, words beside its end, and the same numbers in a sentence and a table."""

import math

from hypothesis import given
from hypothesis import strategies as st

from webapp.charts.curve import NONE, curve
from webapp.core.views.training_runs import CurvePoint

NAMES = {"known": "known profiles", "stranger": "strangers"}
TWO = [CurvePoint("known", 1, 0.2), CurvePoint("known", 2, 0.15), CurvePoint("stranger", 1, 0.151)]


def test_without_a_loss_there_is_no_picture() -> None:
    assert curve([], 3, NAMES) is NONE
    assert curve([CurvePoint("known", 1, math.nan)], 3, NAMES) is NONE


def test_each_network_has_a_line_that_ends_at_its_epoch() -> None:
    known, stranger = curve(TWO, 4, NAMES).lines
    assert (known.x, stranger.x) == ("50.00%", "25.00%")
    assert known.value == "known profiles 0.1500" and stranger.network == "stranger"
    assert known.path.startswith("M250 0")


def test_words_never_stand_on_each_other() -> None:
    tops = sorted(float(one.top.rstrip("%")) for one in curve(TWO, 2, NAMES).lines)
    assert tops[1] - tops[0] >= 11.9 and tops[1] <= 100


def test_the_numbers_are_said_and_listed() -> None:
    shown = curve(TWO, 4, NAMES)
    assert "known profiles: 0.2000 after epoch 1, 0.1500 after epoch 2 of 4" in shown.label
    assert shown.rows[2] == ["1", "strangers", "0.1510"]


def test_one_epoch_is_a_point_in_the_middle() -> None:
    (line,) = curve([CurvePoint("known", 1, 0.1178)], 1, NAMES).lines
    assert 5 < float(line.y.rstrip("%")) < 95 and line.x == "100.00%"


losses = st.lists(st.floats(1e-4, 100), min_size=1, max_size=40)


@given(losses, st.integers(0, 60))
def test_whatever_the_losses_everything_lies_in_the_frame(values: list[float], epochs: int) -> None:
    shown = curve([CurvePoint("known", at + 1, loss) for at, loss in enumerate(values)], epochs, NAMES)
    marks = [one.at for one in (*shown.losses, *shown.epochs)] + [shown.lines[0].x, shown.lines[0].y]
    assert all(-0.1 <= float(mark.rstrip("%")) <= 100.1 for mark in marks)
    assert len(shown.losses) >= 2 and shown.epochs[-1].at == "100.0%"
