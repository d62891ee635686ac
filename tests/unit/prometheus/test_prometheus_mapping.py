"""The mapping: what stands for which metric, which label names a server, and each mistake in a sentence."""

import re

import pytest

from ml.schema import METRIC_NAMES, Profile
from webapp.core.errors import Invalid
from webapp.core.policies.prometheus import DEFAULT, LONGEST, parse

ONE = "[metrics]\ncpu_pct = 'up'\n"


def test_the_default_maps_what_node_exporter_knows() -> None:
    mapping = parse(DEFAULT)
    assert [query.metric for query in mapping.queries] == list(METRIC_NAMES[:5])
    assert not any("$" in query.promql for query in mapping.queries)


def test_the_default_has_balanced_brackets_and_no_empty_places() -> None:
    for query in parse(DEFAULT).queries:
        bare = re.sub(r'"[^"]*"', "", query.promql)
        assert all(bare.count(left) == bare.count(right) for left, right in ("()", "{}", "[]"))
        assert "[5m]" in query.promql or "rate(" not in query.promql


def test_places_are_filled_in() -> None:
    text = "server_label = 'host'\nwindow = '10m'\nmatching = 'job=\"n\",'\n[metrics]\n"
    mapping = parse(text + "cpu_pct = 'avg by ($server) (rate(x{$matching,a=~\"b$\"}[$window]))'")
    assert mapping.queries[0].promql == 'avg by (host) (rate(x{job="n",a=~"b$"}[10m]))'


@pytest.mark.parametrize(
    ("label", "server"),
    [("web-1:9100", "web-1"), ("10.0.0.7:9100", "10.0.0.7"), ("[2001:db8::1]:9100", "2001:db8::1"),
     ("2001:db8::1", "2001:db8::1"), ("web-1", "web-1"), ("web-1:", "web-1:"), ("", None)],
)  # fmt: skip
def test_the_port_is_no_part_of_a_servers_name(label: str, server: str | None) -> None:
    assert parse(ONE).server({"instance": label}) == server


def test_the_port_stays_where_it_is_asked_for_and_a_series_without_label_is_no_server() -> None:
    assert parse("keep_port = true\n" + ONE).server({"instance": "web-1:9100"}) == "web-1:9100"
    assert parse(ONE).server({"job": "node"}) is None


def test_a_profiles_own_query_wins_for_its_servers_and_leaves_the_others() -> None:
    mapping = parse(ONE + "[profiles.database]\ncpu_pct = 'busy'\nlatency_ms = 'slow'\n")
    chosen = {name: mapping.query_of("cpu_pct", Profile(name)) for name in ("database", "web")}
    assert {name: query and query.promql for name, query in chosen.items()} == {"database": "busy", "web": "up"}
    assert mapping.query_of("latency_ms", Profile.WEB) is None


def test_the_mapping_knows_a_servers_profile_better_than_its_name() -> None:
    mapping = parse(ONE + "[servers]\n'shop-*' = 'web'\n'*' = 'worker'\n")
    assert (mapping.told("shop-1"), mapping.profile("db-1"), parse(ONE).profile("db-1")) == (
        "web",
        "worker",
        "database",
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [("[metrics", "no TOML"), ("", "maps nothing"), ("[metrics]\n", "maps nothing"), ("metrics = 3", "must be a table"),
     ("[metrics]\nlatency = 'x'", "no metric of the contract"), ("[metrics]\ncpu_pct = 3", "a PromQL expression"),
     ("[metrics]\ncpu_pct = ' '", "a PromQL expression"), ("[metrics]\ncpu_pct = '$wndow'", "not $wndow"),
     ("[metrics]\ncpu_pct = '" + "x" * 2001 + "'", "longer than 2000"), ("colour = 1\n" + ONE, "colour: is no key"),
     ("window = '5 minutes'\n" + ONE, "a duration like 5m"), ("window = 5\n" + ONE, "must be text"),
     ("server_label = 'in stance'\n" + ONE, "name of a label"), ("keep_port = 'no'\n" + ONE, "true or false"),
     ("matching = '{a=\"b\"}'\n" + ONE, "without brackets"), (ONE + "[servers]\na = 'toaster'", "servers.a: names no"),
     (ONE + "[profiles.toaster]\ncpu_pct = 'x'", "names no profile"),
     (ONE + "[profiles]\nweb = 3", "a table of metrics"),
     (ONE + "[profiles.web]\nx = 'y'", "profiles.web.x"), ("#" * (LONGEST + 1), "longer than"),
     ("a = " + "[" * 5000, "no TOML")],
)  # fmt: skip
def test_a_mistake_is_a_sentence_that_names_its_key(text: str, said: str) -> None:
    with pytest.raises(Invalid, match=re.escape(said)):
        parse(text)
