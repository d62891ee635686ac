"""The page of drift: the sentence first, what a cell shows, why there was no training, what is missing."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from ml.schema import METRIC_NAMES
from tests.unit.pages.samples import ORIGIN, stream
from webapp.charts import drift as chart
from webapp.core.policies.drift_reports import EVERY
from webapp.core.views.drift_reports import (
    DriftCell,
    DriftDecisionView,
    DriftEpisodeView,
    DriftNeed,
    DriftPoint,
    DriftRule,
    DriftSnapshot,
    DriftTest,
)
from webapp.state.drift_view import DriftKey, DriftPage, build, chosen

KEY = DriftKey("fleet-demo", "UTC")
HOUR = timedelta(hours=1)
WHATS = {"inputs": "values", "steps": "errors of 12 h", "residuals": "errors of 24 h", "coverage": "coverage"}
NEEDS = tuple(DriftNeed(one, what, 24, 336, 56, 0) for one, what in WHATS.items())
OPEN = DriftEpisodeView(
    1, "web", "cpu_pct", "inputs", "values", ORIGIN - 20 * HOUR, ORIGIN - 8 * HOUR, None, None, 5.0, 4.0, 6.0, 1.2,
    "has been 1.2\u00a0sd higher", 0.08,
)  # fmt: skip
HELD = DriftDecisionView(False, "data", "72\u00a0h are needed.", None, None, ORIGIN - 8 * HOUR, ORIGIN)


def cell(group: str, metric: str, statistic: float = 0.4, why_not: str | None = None) -> DriftCell:
    made = why_not is None
    tests = tuple(
        DriftTest(one, what, 4, statistic if made else None, 4.0 if made else None, 1.2 if made else None, why_not)
        for one, what in WHATS.items()
    )
    return DriftCell(group, metric, 4, 0.08, tests)


CELLS = tuple(cell(group, metric) for group in ("web", EVERY) for metric in METRIC_NAMES)
QUIET = DriftSnapshot(
    stream="fleet-demo", model="fleet-tft 1.0.0", servers=20, groups=(("web", 4), (EVERY, 20)), cells=CELLS,
    points=tuple(DriftPoint(ORIGIN - at * HOUR, (0.1, None, -0.4, 0.2)) for at in range(30, -1, -1)), episodes=(),
    decisions=(), rule=DriftRule(True, 6, 72, 72, 5, "", "", None), needs=NEEDS,
    reference_at=(ORIGIN - 400 * HOUR, ORIGIN - 64 * HOUR), first_look_at=ORIGIN - 168 * HOUR, watched_hours=168,
    looked_at=ORIGIN,
)  # fmt: skip
DRIFTED = replace(
    QUIET, episodes=(OPEN,), decisions=(HELD,), cells=(cell("web", "cpu_pct", 5.0), *CELLS[1:])
)  # fmt: skip


def page(found: DriftSnapshot, key: DriftKey = KEY) -> DriftPage:
    return build(key, found, stream(), 0)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_no_drift_is_said_with_its_length_and_servers() -> None:
    assert page(QUIET).sentence == "No drift in 7 days of 20 servers."


def test_drift_that_ended_while_it_was_looked_at_is_not_denied() -> None:
    over = replace(OPEN, closed_at=ORIGIN - 2 * HOUR, why_closed="it is below half of its threshold")
    said = page(replace(QUIET, episodes=(over,))).sentence
    assert said.startswith("No drift is open; the last, CPU of web servers, ended at ")
    long_ago = replace(over, closed_at=ORIGIN - 168 * HOUR)
    assert page(replace(QUIET, episodes=(long_ago,))).sentence == "No drift in 7 days of 20 servers."


def test_drift_is_said_with_its_size_its_start_and_its_cost() -> None:
    made = page(DRIFTED)
    assert (
        plain(made.sentence)
        == "Drift: CPU of web servers has been 1.2 sd higher since Wed 18:35; forecasts lose 8 % more."
    )
    assert plain(made.behind) == "No training yet: 72 h are needed."


def test_values_that_moved_are_said_plainly_whatever_test_found_it() -> None:
    by_errors = replace(OPEN, test="steps", effect=2.0, said="has been 2.0\u00a0expected sd above its forecasts")
    found = replace(DRIFTED, episodes=(by_errors,))
    assert "has been 1.2 sd higher since" in plain(page(found).sentence)
    assert "expected sd above" in plain(page(replace(found, cells=CELLS)).sentence)
    assert plain(page(found).episodes[0].said) == "2.0 sd above forecast"


def test_a_training_that_was_started_is_named() -> None:
    started = DriftDecisionView(True, "retrain", "CPU", 7, "running", ORIGIN, ORIGIN)
    assert page(replace(DRIFTED, decisions=(started,))).behind == "Training 7 was started: running."
    busy = DriftDecisionView(False, "busy", "Training 7 is running; wait.", None, None, ORIGIN, ORIGIN)
    assert "Training 7 was started: running." in page(replace(DRIFTED, decisions=(busy, started))).behind


def test_the_strongest_open_drift_is_picked_unless_the_address_says_otherwise() -> None:
    assert chosen(DRIFTED, KEY) == ("web", "cpu_pct")
    assert chosen(DRIFTED, DriftKey.of("x", "UTC", {"cell": "all:latency_ms"})) == (EVERY, "latency_ms")


@pytest.mark.parametrize("cell_of", ["", "web", "web:", ":cpu_pct", "web:nothing", "x" * 99 + ":cpu_pct"])
def test_a_cell_that_cannot_be_is_none(cell_of: str) -> None:
    assert DriftKey.of("x", "UTC", {"cell": cell_of}) == DriftKey("x", "UTC")


def test_a_cell_over_its_threshold_shows_what_moved_and_the_others_how_near_they_are() -> None:
    first, second = page(DRIFTED).lines[0].marks[:2]
    assert (plain(first.text), first.level) == ("+1.2 sd", "over")
    assert (plain(second.text), second.level) == ("10 %", "calm")
    assert "CPU of web servers: values at 125 % of the threshold" in plain(first.label)


def test_a_constant_column_is_named() -> None:
    constant = cell("web", "cpu_pct", why_not="constant: it never moved in the reference")
    mark = page(replace(QUIET, cells=(constant, *CELLS[1:]))).lines[0].marks[0]
    assert (mark.text, mark.level) == ("constant", "none") and "never moved" in mark.label


def test_the_strips_say_statistic_threshold_and_what_is_missing() -> None:
    late = (*NEEDS[:3], DriftNeed("coverage", "coverage", 24, 0, 0, 48))
    tests = (*CELLS[0].tests[:3], DriftTest("coverage", "coverage", 0, None, None, None, "too little in the reference"))
    found = replace(QUIET, needs=late, cells=(replace(CELLS[0], tests=tests), *CELLS[1:]))
    made = page(found, DriftKey("fleet-demo", "UTC", "web", "cpu_pct")).picked
    assert plain(made.strips[0].said) == "0.4 of 4.0, 1.2 sd higher"
    assert plain(made.strips[3].said) == "not tested: too little in the reference; needs 48 h more"
    assert "Coverage needs 48 h more" in plain(page(found).behind)


def test_before_the_first_look_it_is_said_when_it_is_due() -> None:
    needs = tuple(replace(one, missing_hours=30) for one in NEEDS)
    made = page(replace(QUIET, cells=(), points=(), looked_at=None, needs=needs, first_look_at=ORIGIN + 30 * HOUR))
    assert plain(made.sentence) == "The first look for drift is due in 30 h, at Fri 20:35."
    assert not made.lines and made.waiting == made.sentence


def test_a_stream_whose_feed_stopped_says_so() -> None:
    silent = replace(stream(), stale_since=ORIGIN - HOUR)
    assert page(QUIET).stale == "" and "No forecast since 13:35" in build(KEY, QUIET, silent, 0).stale


def test_a_rule_that_is_off_says_so() -> None:
    off = replace(QUIET, rule=DriftRule(False, 6, 72, 72, 5, "ann", "holidays", ORIGIN))
    assert page(off).rule.said == "Drift starts no training." and page(off).rule.by == "ann"


def test_a_track_has_its_threshold_on_both_sides_and_marks_what_is_over() -> None:
    drawn = chart.track([0, 1, 2, 3], [0.2, 1.5, None, -0.2], 4)
    assert drawn.upper + drawn.lower == chart.HEIGHT and drawn.upper < 50
    assert drawn.line.count("M") == 2 and drawn.over.startswith("M333 ")
    assert chart.track([], [], 168).line == ""


def test_what_is_far_beyond_leaves_the_frame() -> None:
    drawn = chart.track(range(3), [0.0, 30.0, 0.0], 3)
    heights = [int(one) for one in drawn.over.removeprefix("M").removesuffix("h0").split()]
    assert heights[1] < 0 and np.isclose(drawn.upper, 50 - 50 / 3, atol=1)
