"""A new episode is announced once."""

import pytest

from tests.unit.overview.samples import breach, risk, snapshot
from webapp.core.views.severity import Severity
from webapp.state import fleet_news
from webapp.state.fleet_news import news

DANGER = risk("ppdb002", Severity.CRITICAL, 42)


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch):
    monkeypatch.setattr(fleet_news, "_last", {})


def test_what_was_there_when_one_began_to_look_is_no_news():
    assert news(snapshot(DANGER)) == ""


def test_a_new_episode_is_one_sentence():
    news(snapshot(risk("ppdb002")))
    assert news(snapshot(DANGER)) == "ppdb002: latency over\u00a0400\u00a0ms in 42\u00a0min."


def test_the_sentence_stays_the_same_while_nothing_new_happens():
    news(snapshot(risk("ppdb002")))
    said = news(snapshot(DANGER))
    assert news(snapshot(risk("ppdb002", Severity.CRITICAL, 37))) == said


def test_several_at_once_are_counted():
    news(snapshot(risk("a"), risk("b")))
    assert news(snapshot(breach("a"), breach("b"))).endswith("1 more server is at risk.")
