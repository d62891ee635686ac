"""What the command palette finds and offers."""

from tests.unit.overview.samples import breach, risk
from webapp.state.palette import actions, pages, search

RISKS = (breach("ppdb002", profile="database"), risk("ppweb001"), risk("ppweb002"))


def labels(words, others=()):
    return [one.label for one in search(words, RISKS, list(others), "demo")]


def test_without_words_it_offers_pages_and_actions():
    offered = pages("demo") + actions(live=False, paused=False, speed="60", injection=True)
    assert search("", RISKS, offered, "demo") == offered[:12]


def test_servers_are_found_by_name_and_profile():
    assert labels("web0") == ["ppweb001", "ppweb002"]
    assert labels("data") == ["ppdb002"]


def test_every_word_has_to_match():
    assert labels("pp web 2") == ["ppweb002"]


def test_a_server_is_a_link_in_its_stream():
    assert search("ppdb", RISKS, [], "demo")[0].href == "/servers/ppdb002?stream=demo"


def test_actions_that_would_change_nothing_are_left_out():
    keys = {one.key for one in actions(live=False, paused=True, speed="60", injection=False)}
    assert "resume" in keys and "pause" not in keys
    assert "speed 60" not in keys and "stop" not in keys


def test_a_live_stream_has_no_clock_to_set():
    assert actions(live=True, paused=False, speed="1", injection=False) == []


def test_an_action_says_its_effect():
    assert all(one.hint for one in actions(live=False, paused=False, speed="60", injection=True))
