"""When the audit page is rewritten: for another entry, another verdict, or a database that went away."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from webapp.core.errors import Unavailable
from webapp.core.views.audit import Verdict
from webapp.state import audit

AT = datetime(2026, 3, 4, 14, 35, tzinfo=UTC)


class Desk:
    """A clock, an audit and how often it was verified."""

    def __init__(self) -> None:
        self.at, self.entries, self.verified, self.down = AT, 1, 0, False

    def verify(self) -> Verdict:
        self.verified += 1
        return Verdict(self.at, self.last_id(), "f", None)

    def last_id(self) -> int:
        if self.down:
            raise Unavailable("the database does not answer.")
        return self.entries


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    made = Desk()
    monkeypatch.setattr(audit, "audit", made)
    monkeypatch.setattr(audit, "now", lambda: made.at)
    monkeypatch.setattr(audit.Watch, "verdict", None)
    monkeypatch.setattr(audit.Watch, "told", None)
    return made


@pytest.fixture
def news() -> Callable[[], bool]:
    return lambda: asyncio.run(audit.news())


def test_nothing_is_told_twice(desk: Desk, news: Callable[[], bool]) -> None:
    assert [news(), news()] == [True, False]
    desk.entries = 2
    assert [news(), news()] == [True, False]
    assert desk.verified == 1


def test_the_chain_is_verified_anew_after_a_while(desk: Desk, news: Callable[[], bool]) -> None:
    news()
    desk.at += timedelta(minutes=5)
    assert [news(), news()] == [True, False]
    assert desk.verified == 2


def test_a_database_that_went_away_is_told_and_so_is_its_return(desk: Desk, news: Callable[[], bool]) -> None:
    news()
    desk.down = True
    assert news()
    desk.down = False
    assert [news(), news()] == [True, False]
