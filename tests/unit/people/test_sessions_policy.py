"""How long a session holds, as arithmetic."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from webapp.core.policies import sessions
from webapp.core.policies.sessions import Limits, Span

AT = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
LIMITS = Limits(idle=4 * HOUR, renew=timedelta(minutes=15))
SPAN = Span(seen_at=AT, renewed_at=AT, expires_at=AT + 12 * HOUR)


@pytest.mark.parametrize(("hours", "over"), [(0, False), (3.9, False), (4, True), (13, True)])
def test_a_session_ends_when_nobody_uses_it(hours: float, over: bool) -> None:
    assert sessions.is_over(SPAN, LIMITS, AT + hours * HOUR) is over


def test_a_session_that_is_used_ends_at_its_time_all_the_same() -> None:
    used = replace(SPAN, seen_at=AT + 12 * HOUR)
    assert sessions.is_over(used, LIMITS, AT + 12 * HOUR)
    assert not sessions.is_over(used, LIMITS, AT + 12 * HOUR - timedelta(seconds=1))


def test_a_session_that_was_ended_is_over() -> None:
    assert sessions.is_over(replace(SPAN, revoked_at=AT), LIMITS, AT)


def test_a_token_is_renewed_after_its_time_of_use() -> None:
    assert sessions.renews_at(SPAN, LIMITS) == AT + timedelta(minutes=15)


def test_a_replaced_token_holds_for_the_requests_on_their_way() -> None:
    until = AT + sessions.OVERLAP
    assert not sessions.is_stale(until, AT)
    assert sessions.is_stale(until, until)
    assert sessions.is_stale(None, AT)
