"""What the page of incidents says, and that its address holds every choice."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.pages.samples import ORIGIN, incident, stream
from webapp.core.views.incidents import IncidentSnapshot, IncidentState, IncidentView, Shown
from webapp.core.views.streams import Source
from webapp.state import incidents_words as words
from webapp.state.incidents_build import build
from webapp.state.incidents_view import IncidentKey

KEY = IncidentKey("fleet-demo", "UTC")


ENDED = replace(incident(), state=IncidentState.ENDED, end_at=ORIGIN - timedelta(minutes=5), minutes=20.0)


def found(*shown: IncidentView, **changes: object) -> IncidentSnapshot:
    """A page of the demo stream with these incidents."""
    opened = tuple(one for one in shown if one.counts)
    whole = IncidentSnapshot(
        stream=stream(), at=ORIGIN, incidents=shown, matching=len(shown), open=opened, open_count=len(opened),
        open_maintenance=sum(one.in_maintenance for one in shown), ended=sum(one.end_at is not None for one in shown),
        last_ended=next((one for one in shown if one.end_at is not None), None), judged_at=ORIGIN,
        profiles=("cache", "database"),
    )  # fmt: skip
    return replace(whole, **changes)  # type: ignore[arg-type]


def plain(*texts: str) -> list[str]:
    return [text.replace("\u00a0", " ") for text in texts]


def test_one_open_incident_is_the_sentence() -> None:
    said = plain(*words.sentence(found(incident()), "UTC"))
    assert said == ["1 open incident: ppdb002 latency over 250 ms for 25 min.", "No other is open."]


def test_of_several_the_longest_comes_first_and_the_rest_is_counted() -> None:
    several = found(incident(90), incident(25), open_count=5)
    title, also = plain(*words.sentence(several, "UTC"))
    assert title == "5 open incidents, the longest: ppdb002 latency over 250 ms for 1 h 30 min."
    assert also == "Also ppdb002 latency over 250 ms for 25 min and 3 more."


def test_without_an_open_one_the_last_that_ended_is_named() -> None:
    said = plain(*words.sentence(found(ENDED), "UTC"))
    assert said == [
        "No incident is open.", "The last one ended at 14:30: ppdb002 latency over 250 ms for 20 min.",
    ]  # fmt: skip


def test_what_lies_in_maintenance_does_not_count() -> None:
    quiet = incident(in_maintenance=True)
    assert plain(*words.sentence(found(quiet), "UTC")) == ["No incident is open.", "1 lies in maintenance."]
    assert build(KEY, found(quiet)).rows[0].state == "Maintenance"


def test_a_silent_server_says_since_when_nobody_has_seen_it() -> None:
    silent = incident(silent=True, seen_at=ORIGIN - timedelta(minutes=30))
    assert "not seen since 14:05" in words.sentence(found(silent), "UTC")[0]
    assert build(KEY, found(silent)).rows[0].note == "not seen since 14:05"


def test_a_row_says_how_long_how_far_and_why() -> None:
    (row,) = build(KEY, found(replace(ENDED, scenario=12, in_history=True))).rows
    said = plain(row.state, row.what, row.began, row.lasted, row.until, row.peak, row.peak_at, row.times)
    assert said == ["Ended", "Latency over 250 ms", "14:10", "20 min", "to 14:30", "312 ms", "at 14:20", "1.25×"]
    assert (row.scenario, row.note) == ("injected by scenario 12", "found in history")
    assert row.scenario_href == "/scenarios?stream=fleet-demo&selected=12"


def test_a_row_leads_to_its_metric_at_its_time() -> None:
    (row,) = build(KEY, found(incident())).rows
    assert row.href == "/servers/ppdb002?stream=fleet-demo&metric=latency_ms&at=2026-11-19T14%3A10"


def test_lost_is_said_and_is_not_taken_for_ended() -> None:
    lost = replace(ENDED, state=IncidentState.LOST)
    assert build(KEY, found(lost)).rows[0].state == "Lost sight of"
    assert "was lost sight of at 14:30" in words.sentence(found(lost), "UTC")[1]


def test_the_address_holds_every_choice() -> None:
    query = {"shown": "open", "server": "ppdb002", "metric": "cpu_pct", "since": "2026-11-18", "page": "3"}
    key = IncidentKey.of("fleet-demo", "UTC", query)
    assert IncidentKey.of("fleet-demo", "UTC", dict(one.split("=") for one in key.href(page=3)[11:].split("&"))) == key
    assert key.href(metric="") == "/incidents?stream=fleet-demo&shown=open&server=ppdb002&since=2026-11-18"


@pytest.mark.parametrize("nonsense", [{"page": "-1"}, {"page": "x" * 99}, {"shown": "no"}, {"since": "9999-99-99"},
                                      {"until": "9999-12-31"}, {"metric": "' OR 1"}])  # fmt: skip
def test_nonsense_in_the_address_falls_back(nonsense: dict[str, str]) -> None:
    assert IncidentKey.of("fleet-demo", "UTC", nonsense) == KEY


def test_the_last_day_is_in_the_span_as_a_whole_in_the_viewers_zone() -> None:
    wanted = IncidentKey.of("s", "Europe/Berlin", {"since": "2026-11-18", "until": "2026-11-18"}).wanted
    assert wanted.since is not None and wanted.until is not None
    assert wanted.until - wanted.since == timedelta(days=1) and wanted.since.utcoffset() == timedelta(hours=1)
    assert wanted.shown is Shown.ALL


def test_each_phase_without_rows_is_told_apart() -> None:
    nothing = found()
    assert build(KEY, nothing).phase == "empty"
    assert build(replace(KEY, server="x"), replace(nothing, ended=3)).phase == "nothing"
    assert build(KEY, replace(nothing, judged_at=None)).phase == "judging"


def test_pages_lead_to_newer_and_older_ones() -> None:
    page = build(replace(KEY, page=2), found(incident(), matching=120))
    assert [(one.label, one.off) for one in page.pages] == [("Newer", False), ("Older", False)]
    assert page.range_text == "51 to 51 of 120 incidents"


def test_only_simulated_servers_are_called_so() -> None:
    real = replace(stream(), source=Source.PUSH)
    assert [build(KEY, found(stream=one)).simulated for one in (stream(), real)] == [True, False]
