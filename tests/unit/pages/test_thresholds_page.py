"""The page of thresholds: what it says of a limit that is tried, and what its cells hold."""

from dataclasses import replace

import pytest

from ml.schema import METRIC_NAMES
from tests.unit.pages.samples import ORIGIN, fleet, risk
from webapp.core.policies.thresholds import default
from webapp.core.views.severity import Severity
from webapp.core.views.thresholds import (
    Breached,
    Move,
    ProfileView,
    ThresholdPreview,
    ThresholdsSnapshot,
    ThresholdView,
)
from webapp.state import fleet_rows, server_words
from webapp.state import thresholds_words as words
from webapp.state.thresholds_view import ThresholdsKey, build

NONE = Breached(0, 0, 0.0)
TRIED = ThresholdPreview(
    "web", "cpu_pct", 90.0, 80.0, 4, 7.0, NONE, Breached(3, 130, 0.01),
    (Move("ppweb001", Severity.HEALTHY, Severity.CRITICAL),), ORIGIN,
)  # fmt: skip


def said(preview: ThresholdPreview) -> list[str]:
    return [one.text.replace("\u00a0", " ") for one in words.preview(preview, "UTC")]


def test_a_limit_says_what_it_would_have_done_and_would_do_now() -> None:
    assert said(TRIED) == [
        "Last 7 days: 3 servers would have been in breach for 2 h 10 min in total (with 90 %: none).",
        "Now, at 14:35: 1 server would become Critical: ppweb001.",
    ]


def test_a_limit_that_is_crossed_all_the_time_is_named() -> None:
    lines = said(replace(TRIED, would=Breached(4, 9000, 0.39)))
    assert "That is 39 % of all observations. Over 5 % it is an everyday value rather than a breach." in lines
    assert not any("everyday" in line for line in said(replace(TRIED, would=Breached(4, 9000, 0.05))))


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"servers": 0}, "No server of this stream has this profile: it is for those that come."),
        ({"days": 0.0}, "Nothing was observed in the last 7 days, so nothing can be said of them."),
        ({"moves": ()}, "Now, at 14:35: no server would change."),
        ({"moves": (), "origin_at": None}, "There is no forecast yet that it could be held against."),
        ({"would": NONE, "limit": None}, "Last 7 days: no server would have been in breach (with 90 %: none)."),
        ({"before": None, "would": NONE}, "Last 7 days: no server would have been in breach (now it is not watched)."),
        (
            {"days": 0.75, "would": NONE},
            "Last 18 h: no server would have been in breach (with 90 %: none).",
        ),
    ],
)
def test_what_is_not_known_is_said(change: dict[str, object], line: str) -> None:
    assert line in said(replace(TRIED, **change))  # type: ignore[arg-type]


def snapshot(**changed: float | None) -> ThresholdsSnapshot:
    def view(metric: str) -> ThresholdView:
        standard = default("web", metric)
        if metric not in changed:
            return ThresholdView("web", metric, standard, standard)
        return ThresholdView("web", metric, changed[metric], standard, "ann", ORIGIN, "hot")

    return ThresholdsSnapshot("mine", (ProfileView("web", 2, tuple(map(view, METRIC_NAMES))),))


def test_a_cell_that_differs_has_its_default_below_it() -> None:
    page = build(ThresholdsKey("mine", "UTC", "", ""), snapshot(cpu_pct=80.5, latency_ms=None))
    cells = dict(zip(METRIC_NAMES, page.rows[0].cells, strict=True))
    assert (cells["cpu_pct"].text, cells["cpu_pct"].standard) == ("80.5", "90")
    assert (cells["latency_ms"].text, cells["latency_ms"].standard) == ("not watched", "400")
    assert (cells["memory_pct"].text, cells["memory_pct"].standard) == ("88", "")
    assert page.sentence == "2 of 7 thresholds differ from the default, 1 of them not watched."


def test_the_picked_cell_says_who_changed_it_and_leads_to_the_audit() -> None:
    page = build(ThresholdsKey("mine", "UTC", "web", "cpu_pct"), snapshot(cpu_pct=80.5))
    assert (page.picked.title, page.picked.by, page.picked.limit) == ("CPU of web servers", "ann", "80.5")
    assert ("Reason", "hot") in page.picked.facts
    assert page.picked.audit == "/audit?stream=mine&noun=threshold&subject=mine+web+cpu_pct"


@pytest.mark.parametrize("query", [{"profile": "x", "metric": "cpu_pct"}, {"profile": "web"}, {"metric": "<b>"}])
def test_an_address_that_names_no_cell_picks_none(query: dict[str, str]) -> None:
    assert build(ThresholdsKey.of("mine", "UTC", query), snapshot()).picked.key == ""


def test_a_server_of_which_nothing_is_watched_says_so() -> None:
    one = replace(
        risk("ppdb002"), severity=Severity.HEALTHY, metric=None, threshold=None, probability=None, crossing_at=None
    )
    (row,) = fleet_rows.rows([one], replace(fleet("ppdb002"), risks=(one,)), {}, "UTC", "")
    assert (row.what, row.when, row.limit) == ("Nothing is watched", "", False)
    assert server_words.sentence(None, one, "UTC", ORIGIN)[0] == "Nothing is watched here."
