"""How long a session holds and when its token is replaced.

A session ends at a fixed time, or earlier when nobody uses it. Its token is replaced while it is used, so that a stolen
copy is good for minutes; the old token holds for `OVERLAP`, since requests may be on their way with it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

OVERLAP = timedelta(seconds=60)
TOUCH = timedelta(minutes=1)
"""How exactly is known when a session was used last."""


@dataclass(frozen=True, slots=True)
class Span:
    """The times of one session."""

    seen_at: datetime
    renewed_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a session may lie unused, and how old its token may become."""

    idle: timedelta
    renew: timedelta


def is_over(span: Span, limits: Limits, at: datetime) -> bool:
    """Whether a session has ended: by somebody, by its age, or because nobody used it."""
    return span.revoked_at is not None or span.expires_at <= at or span.seen_at + limits.idle <= at


def renews_at(span: Span, limits: Limits) -> datetime:
    """From when on the next request gets a new token."""
    return span.renewed_at + limits.renew


def is_stale(until: datetime | None, at: datetime) -> bool:
    """Whether a replaced token no longer holds: whoever still sends it has a copy."""
    return until is None or until <= at
