"""From series to rows: what is left out is counted, what claims a place twice counts for nobody."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest

from webapp.core.clock import now, tick_of, time_of
from webapp.core.errors import Invalid
from webapp.core.policies import telemetry
from webapp.core.policies.prometheus import parse
from webapp.core.prometheus.answers import Series
from webapp.core.prometheus.client import Client
from webapp.core.services import scrapes
from webapp.core.services.scrapes import Gathered

FIRST = tick_of(now() - timedelta(hours=1))
Answers = Mapping[str, object]


class Canned(Client):
    """Answers each query with what it was given: series, or an error."""

    def __init__(self, answers: Answers) -> None:
        super().__init__("http://canned")
        self.answers = answers

    def range(self, promql: str, first: int, last: int) -> tuple[Series, ...]:
        found = self.answers[promql]
        if isinstance(found, Exception):
            raise found
        assert isinstance(found, tuple)
        return found

    def at(self, promql: str, moment: datetime) -> tuple[Series, ...]:
        return self.range(promql, FIRST, FIRST)


def one(instance: str, *values: float, first: int = FIRST) -> Series:
    return Series({"instance": instance}, {first + place: value for place, value in enumerate(values)})


def gathered(answers: Answers, mapping: str = "", stored: Mapping[str, str] | None = None) -> Gathered:
    text = "[metrics]\n" + "".join(f"{name} = '{name}'\n" for name in answers if "_" in name) + mapping
    return scrapes.gather(Canned(answers), parse(text), FIRST, FIRST + 1, stored or {})


def test_queries_meet_in_one_row_a_server_and_tick_oldest_first() -> None:
    found = gathered({"cpu_pct": (one("b:1", 1, 2), one("a:1", 3)), "memory_pct": (one("a:1", 4),)})
    at = [time_of(FIRST + place).isoformat() for place in (0, 1)]
    assert found.rows == [
        {"asset": "a", "at": at[0], "cpu_pct": 3, "memory_pct": 4},
        {"asset": "b", "at": at[0], "cpu_pct": 1},
        {"asset": "b", "at": at[1], "cpu_pct": 2},
    ]
    assert telemetry.parse({"rows": found.rows}, now(), 10)[0].values[:2] == (3, 4)


def test_values_outside_of_the_contract_and_of_the_asked_ticks_are_left_out() -> None:
    found = gathered({"cpu_pct": (one("a", -5, 201), one("b", -1e-9, 1, 2))})
    assert [row["cpu_pct"] for row in found.rows] == [0, 1]
    assert found.left_out == {"values of cpu_pct outside of 0 to 200": 2}


def test_two_series_at_one_place_count_for_nobody() -> None:
    found = gathered({"cpu_pct": (one("a:1", 1, 2), one("a:2", 9))})
    assert [row["cpu_pct"] for row in found.rows] == [2]
    assert found.left_out == {"values of cpu_pct that two series give for one server": 1}


@pytest.mark.parametrize("label", ["", "http://a/b", "..", "x" * 200, "a\u202eb"])
def test_a_series_without_a_usable_name_is_no_server(label: str) -> None:
    found = gathered({"cpu_pct": (one(label, 1), one("a", 1))})
    assert found.servers == {"a"} and found.left_out.total() == 1


def test_a_profiles_own_query_stands_for_its_servers_alone() -> None:
    answers = {"cpu_pct": (one("web-1", 1), one("db-1", 2)), "busy": (one("web-1", 8), one("db-1", 9))}
    own = "[profiles.database]\ncpu_pct = 'busy'\n"
    assert [row["cpu_pct"] for row in gathered(answers, own).rows] == [9, 1]
    known = gathered(answers, own, {"db-1": "web", "web-1": "unknown"})  # what is stored is known better
    assert [row["cpu_pct"] for row in known.rows] == [2, 1]


def test_the_mapping_says_a_profile_until_one_is_stored() -> None:
    answers, mapping = {"cpu_pct": (one("shop", 1),)}, "[servers]\nshop = 'queue'\n"
    assert gathered(answers, mapping).rows[0]["profile"] == "queue"
    assert "profile" not in gathered(answers, mapping, {"shop": "web"}).rows[0]


def test_a_refused_query_leaves_its_metric_empty_and_all_refused_is_an_error() -> None:
    wrong = Invalid("Prometheus refuses the query: no.")
    found = gathered({"cpu_pct": (one("a", 1),), "net_mbps": wrong})
    assert (len(found.rows), found.problems) == (1, {"net_mbps": wrong.message})
    with pytest.raises(Invalid, match="cpu_pct: Prometheus refuses"):
        gathered({"cpu_pct": wrong})


def test_labels_of_a_servers_series_go_with_its_newest_row() -> None:
    told = {"instance": "a:9100", "job": "node", "__name__": "up", "bad": "x" * 200}
    answers = {"cpu_pct": (one("a:1", 1, 2), one("b:1", 3)), "up": (Series(told, {FIRST: 1}),)}
    mapping = parse("labels = 'up'\n[metrics]\ncpu_pct = 'cpu_pct'\n")
    labels = scrapes.labels_of(Canned(answers), mapping)
    assert labels == {"a": {"instance": "a:9100", "job": "node"}}
    rows = scrapes.gather(Canned(answers), mapping, FIRST, FIRST + 1, {}).rows
    scrapes.label(rows, labels)
    assert [row.get("labels") for row in rows] == [None, None, labels["a"]]
    assert telemetry.parse({"rows": rows}, now(), 10)[2].labels == labels["a"]


def test_a_source_that_gives_no_labels_is_read_all_the_same() -> None:
    wrong = Canned({"node_uname_info{}": Invalid("Prometheus refuses the query: no.")})
    mapping = parse("[metrics]\ncpu_pct = 'cpu_pct'\n")
    assert mapping.labels == "node_uname_info{}"
    assert scrapes.labels_of(wrong, mapping) == {}
    assert scrapes.labels_of(wrong, parse("labels = ''\n[metrics]\ncpu_pct = 'cpu_pct'\n")) == {}
