"""Which servers are listed, in which order, and what their rows say."""

from dataclasses import replace

from tests.unit.overview.samples import breach, fan, minutes, risk, snapshot
from webapp.core.views.severity import Severity
from webapp.routes import FleetQuery
from webapp.state.fleet_rows import rows, shown

FLEET = snapshot(
    risk("calm", probability=0.02),
    risk("restless", probability=0.12),
    risk("later", Severity.WATCH, 320, profile="cache"),
    risk("sooner", Severity.CRITICAL, 42),
    breach("burning"),
    risk("rested", Severity.MAINTENANCE, maintenance_until_at=minutes(85)),
)


def names(query=None):
    return [one.name for one in shown(FLEET, query or FleetQuery())]


def row(one):
    return rows([one], snapshot(one), {(one.name, "latency_ms"): fan(247, 500)}, "UTC", "demo")[0]


def test_breaches_come_first_then_crossings_by_time_then_the_calm_by_probability():
    assert names() == ["burning", "sooner", "later", "restless", "calm", "rested"]


def test_the_order_can_be_turned_round():
    assert names(FleetQuery(down=True))[0] == "rested"


def test_the_likeliest_come_first_by_probability():
    assert names(FleetQuery(sort="probability"))[:2] == ["burning", "later"]


def test_severity_profile_and_name_select():
    assert names(FleetQuery(severity="healthy")) == ["restless", "calm"]
    assert names(FleetQuery(severity="at-risk")) == ["burning", "sooner", "later"]
    assert names(FleetQuery(profile="cache")) == ["later"]
    assert names(FleetQuery(q="REST")) == ["restless", "rested"]


def test_an_unknown_severity_selects_as_none_does():
    assert names(FleetQuery(severity="purple")) == names()


def test_a_large_fleet_begins_with_the_servers_at_risk():
    many = snapshot(*[risk(f"s{one}") for one in range(120)], breach("burning"))
    assert [one.name for one in shown(many, FleetQuery())] == ["burning"]
    assert len(shown(many, FleetQuery(severity="all"))) == 121


def test_a_risky_row_says_what_when_and_how_likely():
    made = row(risk("a", Severity.WARNING, 110))
    assert (made.what, made.when, made.at) == ("Latency over\u00a0400\u00a0ms", "in 1\u00a0h 50\u00a0min", "16:25")
    assert made.around == "16:03 to 17:20"
    assert (made.chance, made.word, made.bar) == ("81\u00a0%", "likely", "81%")
    assert made.now == "247\u00a0ms"


def test_probability_is_in_words():
    words = [row(risk("a", Severity.WATCH, 110, probability=p)).word for p in (0.95, 0.7, 0.4)]
    assert words == ["will", "likely", "may"]


def test_a_breach_says_since_when():
    made = row(breach("a"))
    assert (made.when, made.around, made.chance, made.dot) == ("in breach", "since 14:12, 23\u00a0min", "now", "")


def test_coverage_has_its_count_and_interval_in_the_title():
    made = row(risk("a"))
    assert (made.width, made.held) == ("36\u00a0ms", "held 81\u00a0%")
    assert "810 of 1,000 matured points" in made.held_title


def test_a_handful_of_matured_points_is_a_count_not_a_share():
    assert row(risk("a", coverage80=0.75, coverage_n=12)).held == "9 of 12"


def test_before_anything_matured_coverage_is_not_a_number():
    made = row(risk("a", coverage80=None, coverage_n=0))
    assert made.held == "not yet"
    assert "no forecast has matured yet" in made.held_title


def test_maintenance_says_until_when_and_pauses_the_probability():
    made = row(risk("a", Severity.MAINTENANCE, maintenance_until_at=minutes(85)))
    assert (made.what, made.chance, made.when) == ("In maintenance until 16:00", "paused", "")


def test_a_server_without_a_forecast_says_why():
    one = risk("a", Severity.NO_FORECAST, metric=None, threshold=None, now=None, method="none", reason="no observation")
    made = row(replace(one, width80=None, probability=None))
    assert (made.what, made.when, made.chance, made.now, made.median) == ("No observation", "", "", "", "")


def test_a_baseline_is_marked_as_one():
    assert row(risk("a", method="persistence")).baseline
    assert not row(risk("a")).baseline


def test_the_row_is_a_link_to_its_first_metric():
    assert row(risk("a")).href == "/servers/a?stream=demo&metric=latency_ms"


def test_before_the_first_forecast_no_time_is_named():
    one = risk("a", Severity.NO_FORECAST, metric=None)
    bare = snapshot(one)
    bare = replace(bare, stream=replace(bare.stream, origin_at=None))
    assert rows([one], bare, {}, "UTC", "demo")[0].when == ""


def test_times_are_the_viewers():
    one = risk("a", Severity.WARNING, 110)
    assert rows([one], snapshot(one), {}, "Europe/Prague", "demo")[0].at == "17:25"


def test_a_range_over_midnight_names_no_day_beside_its_time():
    made = row(risk("a", Severity.WARNING, 600, crossing_low_at=minutes(550), crossing_high_at=minutes(660)))
    assert (made.at, made.around) == ("Fri 00:35", "23:45 to 01:35")


def test_a_breach_since_yesterday_fits_its_cell():
    assert row(breach("a", since=-900)).around == "since 23:35, 15\u00a0h"
    assert row(breach("a", since=-1500)).around == "since Wed 13:35, 25\u00a0h"


def test_a_young_server_says_what_its_forecast_leans_on():
    borrowing = row(risk("a", reason="borrowing profile web, 40 min of history; no forecast for net_mbps"))
    assert borrowing.around == "borrowing web, 40\u00a0min" and not borrowing.baseline
    assert row(risk("a", reason="no profile to borrow, 3 h of history")).around == "no profile, 3\u00a0h history"
    assert row(risk("a", reason="no forecast for net_mbps")).around == ""
