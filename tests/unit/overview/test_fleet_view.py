"""The overview as a whole: phases, counts, pages, intervals."""

from dataclasses import replace

import pytest

from tests.unit.overview.samples import STREAM, breach, risk, snapshot
from webapp.core.views.severity import Severity
from webapp.routes import FleetQuery
from webapp.state.fleet_intervals import bucket
from webapp.state.fleet_tiles import tiles
from webapp.state.fleet_view import view, wanted_fans

NOTHING = ((0, 0),) * 5
MANY = snapshot(*[risk(f"s{one:03d}") for one in range(400)], *[breach(f"b{one:02d}") for one in range(40)])


def made(fleet, query=None, coverage=NOTHING, stale_at=""):
    return view(fleet, coverage, {}, query or FleetQuery(), "UTC", stale_at)


def test_a_stream_without_servers_is_empty():
    assert made(snapshot()).phase == "empty"


def test_a_short_history_is_warming_up_and_says_how_far():
    cold = made(snapshot(risk("a"), stream=replace(STREAM, history=3)))
    assert cold.phase == "warming"
    assert "1 of 1 servers forecast, history 3 of 12" in cold.notice


def test_a_baseline_for_everybody_is_named_with_its_reason():
    page = made(snapshot(risk("a", method="persistence", reason="the model file failed its hash check")))
    assert page.notice.startswith("Shown in grey: persistence")
    assert "the model file failed its hash check" in page.notice


def test_a_baseline_for_some_is_counted():
    page = made(snapshot(risk("a", method="persistence"), risk("b")))
    assert page.notice == ""
    assert page.others.endswith("1 is forecast by persistence, in grey.")


def test_the_next_server_is_set_apart_in_the_sentence():
    page = made(snapshot(risk("ppdb002", Severity.CRITICAL, 42), risk("b")))
    assert (page.lead, page.next_name) == ("Next is ", "ppdb002")
    assert "42\u00a0min" in page.rest
    assert "other" in page.others


def test_counts_lead_to_their_servers_and_say_which_is_chosen():
    page = made(snapshot(breach("a"), risk("b")), FleetQuery(severity="critical"))
    critical, *_, healthy, _ = page.counts
    assert (critical.servers, critical.on, critical.href) == ("1", True, "/?stream=demo")
    assert healthy.href == "/?stream=demo&severity=healthy"


def test_the_counts_are_always_the_same_five():
    named = ["critical", "warning", "watch", "healthy", "maintenance"]
    assert [one.severity for one in made(snapshot(risk("a"))).counts] == named
    assert [one.severity for one in made(snapshot(risk("a", Severity.MAINTENANCE))).counts] == named


def test_of_a_silent_stream_no_health_is_counted_but_that_it_is_unknown():
    page = made(snapshot(*[risk(f"s{one}") for one in range(50)]), stale_at="14:12")
    unknown, *others = page.counts
    assert (unknown.severity, unknown.servers, unknown.label) == ("unknown", "50", "Unknown")
    assert [one.severity for one in others] == ["critical", "warning", "watch", "healthy", "maintenance"]
    assert {one.servers for one in others} == {""}
    assert others[3].title == "50 were healthy at 14:12"
    assert others[3].href.endswith("severity=healthy")


def test_the_counts_of_a_fresh_stream_have_no_past():
    assert {one.title for one in made(snapshot(risk("a"))).counts} == {""}


def test_twenty_servers_are_on_one_page():
    page = made(snapshot(*[risk(f"s{one}") for one in range(20)]))
    assert len(page.rows) == 20
    assert page.pages == [] and page.scopes == []


def test_a_large_fleet_comes_in_pages_of_fifteen():
    page = made(MANY, FleetQuery(page=2))
    assert len(page.rows) == 15
    assert page.range_text == "Rows 16 to 30 of 40 at risk"
    assert [one.label for one in page.pages] == ["Previous", "1", "2", "3", "Next"]
    assert [one.label for one in page.scopes] == ["At risk 40", "All 440"]


def test_a_page_beyond_the_last_is_the_last():
    assert made(MANY, FleetQuery(page=99)).range_text == "Rows 31 to 40 of 40 at risk"


def test_only_the_fans_of_the_page_are_read():
    assert len(wanted_fans(MANY, FleetQuery())) == 15


def test_filters_keep_the_lanes_where_they_are():
    fleet = snapshot(breach("a"), risk("b", profile="cache"))
    lanes = made(fleet, FleetQuery(severity="critical")).map.lanes
    assert [(one.profile, one.servers) for one in lanes] == [("web", 1), ("cache", 0)]


@pytest.mark.parametrize(("held", "verdict"), [(1_400, "low"), (1_600, "held"), (1_800, "high")])
def test_coverage_outside_of_77_to_83_is_called_low_or_high(held, verdict):
    assert bucket(held, 2_000, "0 to 1 h").verdict == verdict


def test_coverage_of_nothing_is_no_number():
    made_of_nothing = bucket(0, 0, "0 to 1 h")
    assert (made_of_nothing.held, made_of_nothing.count) == ("", "no matured forecast yet")


def test_coverage_carries_its_count():
    assert bucket(812, 1000, "0 to 1 h").count == "812 of 1,000"


def test_tiles_of_a_large_fleet_are_one_path_where_there_are_too_many_for_links():
    healthy = next(one for one in tiles(MANY.risks, "demo") if one.severity == "healthy")
    assert healthy.names == []
    assert healthy.rest.count("z") == 400


def test_columns_say_how_they_are_sorted():
    page = made(snapshot(risk("a")), FleetQuery(sort="probability"))
    assert page.orders["probability"] == "descending"
    assert page.orders["when"] == "none"


def test_a_late_map_does_not_begin_now():
    late, fresh = (made(snapshot(risk("s1")), stale_at=at) for at in ("14:12", ""))
    assert (fresh.map.now, late.map.now) == ("now 14:35", "at 14:35")
