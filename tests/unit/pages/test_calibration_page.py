"""Facts about the calibration page: a share with its count, a skill beside it, and when the first numbers come."""

import json
from dataclasses import asdict, replace
from datetime import timedelta

from tests.unit.pages.samples import ORIGIN, board, measured, quality, stream
from webapp.core.views.quality import Group
from webapp.state.calibration_view import CalibrationPage, build, line
from webapp.state.marks import mark


def page(**changes: object) -> CalibrationPage:
    return build(replace(quality(), **changes), board(), stream(), "UTC")


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_the_sentence_says_what_was_held_and_how_it_compares() -> None:
    said = plain(page().sentence)
    assert said == (
        "The 80 % interval of ridge 1.0.0 held 80 % of 1,000 truths; its loss is 47 % below that of yesterday's curve."
    )


def test_behind_it_stand_the_count_the_tests_and_the_age() -> None:
    behind = plain(page().behind)
    assert "Live skill 0.47, 0.41 to 0.52, over 12,345 truths on 20 servers." in behind
    assert "In tests on simulated servers 0.56." in behind
    assert behind.endswith("Truth up to 14:00, 35 min before the last forecast.")


def test_a_worse_model_is_labelled_and_said_so() -> None:
    worse = build(quality(-0.2), board(), stream(), "UTC")
    assert worse.worse == "worse than yesterday's curve"
    assert plain(worse.sentence).endswith("20 % above that of yesterday's curve.")


def test_before_any_truth_matured_the_page_says_when_it_will() -> None:
    empty = build(quality(None, matured=0), board(), stream(), "UTC")
    assert empty.sentence == "No truth has matured yet."
    assert empty.first.startswith("First numbers at 15:00")
    assert "0.56" in empty.tested and "simulated" in empty.tested
    assert empty.metrics == [] and empty.profiles == []


def test_without_a_forecast_nobody_promises_a_time() -> None:
    waiting = replace(quality(None, matured=0), first_at=None)
    assert "an hour after" in build(waiting, board(), stream(), "UTC").first
    assert "No model" in build(replace(waiting, version="", model=""), board(), stream(), "UTC").first


def test_a_cell_has_share_and_skill_and_their_counts_in_its_title() -> None:
    cell = mark(measured(1_400, 2_000, -0.1), "CPU, 0 to 1 h ahead")
    assert (plain(cell.share), cell.verdict, cell.skill, cell.worse) == ("70 %\u2193", "low", "\u22120.10", True)
    assert plain(cell.title).startswith("CPU, 0 to 1 h ahead: the 80 % interval held 1,400 of 2,000, 70 %, 63 to 76 %")


def test_a_cell_without_a_comparison_says_what_it_waits_for() -> None:
    cell = mark(measured(value=None), "CPU")
    assert cell.skill == "" and "yesterday" in cell.title
    assert mark(measured(0, 0, None), "CPU").title == "CPU: no truth has matured yet"


def test_a_line_has_a_mark_for_each_lead_and_one_for_all() -> None:
    made = line("CPU", Group("cpu_pct", (measured(),) * 5, measured(4_000, 5_000)))
    assert len(made.marks) == 6 and made.count == "5,000"


def test_a_metric_that_nobody_sends_has_no_line() -> None:
    silent = Group("latency_ms", (measured(0, 0, None),) * 5, measured(0, 0, None))
    assert [one.name for one in page(metrics=(*quality().metrics, silent)).metrics] == ["Disk used"]


def test_an_age_is_counted_from_the_forecast_that_is_shown() -> None:
    later = replace(stream(), origin_at=ORIGIN + timedelta(hours=2))
    assert "2 h 35 min before" in plain(build(quality(), board(), later, "UTC").behind)


def test_a_page_is_plain_data() -> None:
    assert json.dumps(asdict(page()))
