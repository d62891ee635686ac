"""Facts about the bar of a scenario's phases and the shape of its effect."""

from dataclasses import replace
from datetime import UTC, timedelta

from tests.unit.pages.samples import ORIGIN, scenario
from webapp.charts.timeline import EFFECT_WIDTH, effect_path, timeline


def test_phases_take_their_share_of_the_bar() -> None:
    bar = timeline(scenario(), ORIGIN, UTC)
    assert [(one.name, one.left, one.width) for one in bar.phases] == [
        ("ramp", "0.00%", "40.00%"),
        ("hold", "40.00%", "50.00%"),
        ("recover", "90.00%", "10.00%"),
    ]


def test_each_phase_says_when_it_begins_and_how_long_it_lasts() -> None:
    texts = [one.text.replace("\u00a0", " ") for one in timeline(scenario(), ORIGIN, UTC).phases]
    assert texts == [" from 14:15, 40 min", " from 14:55, 50 min", ", 10 min"]


def test_a_narrow_phase_says_what_fits() -> None:
    short = replace(scenario(), ramp_ticks=6, hold_ticks=30, recover_ticks=4)
    quick = replace(short, ramp_ticks=2)
    assert timeline(short, ORIGIN, UTC).phases[0].text.replace("\u00a0", " ") == ", 30 min"
    assert timeline(quick, ORIGIN, UTC).phases[0].text == ""


def test_now_stands_in_the_bar_while_the_run_lasts() -> None:
    assert timeline(scenario(), ORIGIN, UTC).now == "20.00%"
    assert timeline(scenario(), ORIGIN - timedelta(hours=1), UTC).now == ""


def test_a_run_that_was_stopped_shows_where_it_ended() -> None:
    stopped = replace(scenario(), end_at=ORIGIN + timedelta(minutes=10))
    assert timeline(stopped, ORIGIN + timedelta(hours=3), UTC).now == "30.00%"


def test_a_phase_without_length_is_left_out() -> None:
    crash = replace(scenario(), ramp_ticks=0)
    assert [one.name for one in timeline(crash, ORIGIN, UTC).phases] == ["hold", "recover"]


def test_an_effect_begins_and_ends_quiet() -> None:
    path = effect_path(8, 10, 2, 1.0)
    assert path.startswith("M0,44.0L30,44.0L")
    assert path.endswith(f"L{EFFECT_WIDTH},44.0")
