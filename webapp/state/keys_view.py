"""The page API keys as plain values: which keys there are and what each may do. Never a secret."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from webapp.core.policies import wording
from webapp.core.policies.keys import MEANING
from webapp.core.policies.wording import SPACE, Zone
from webapp.core.views.users import KeyView

SCOPES = tuple((scope.value, meaning) for scope, meaning in MEANING.items())
"""Each scope and the line that says what it opens."""
_SOON = timedelta(days=7)


@dataclass(frozen=True)
class KeyRow:
    """One key. Instants are milliseconds, 0 for none; `state` is "valid", "expired" or "revoked"."""

    name: str
    prefix: str
    scopes: str
    made: str
    used_at: int
    expires: str
    state: str
    tone: str


def key_rows(keys: Iterable[KeyView], zone: Zone, at: datetime) -> list[KeyRow]:
    """The table of keys: those that open something first, each part by name."""
    return [_row(one, zone, at) for one in sorted(keys, key=lambda one: (not one.valid(at), one.name))]


def _row(key: KeyView, zone: Zone, at: datetime) -> KeyRow:
    soon = key.expires_at is not None and key.expires_at - at < _SOON
    return KeyRow(
        key.name,
        f"{key.prefix}…",
        ", ".join(key.scopes),
        f"{wording.clock_time(key.created_at, zone, at)} by {key.created_by}",
        0 if key.last_used_at is None else round(key.last_used_at.timestamp() * 1000),
        _expires(key, zone, at),
        key.state(at) or "valid",
        "fw-quiet" if not key.valid(at) else "fw-warning" if soon else "fw-second",
    )


def _expires(key: KeyView, zone: Zone, at: datetime) -> str:
    if key.revoked_at is not None:
        return f"revoked {wording.clock_time(key.revoked_at, zone, at)}"
    if key.expires_at is None:
        return "never"
    if key.expires_at <= at:
        return f"expired {wording.clock_time(key.expires_at, zone, at)}"
    days = round((key.expires_at - at).total_seconds() / 86400)
    return f"in {days}{SPACE}days" if days > 1 else wording.clock_time(key.expires_at, zone, at)


def summary(keys: Iterable[KeyView], at: datetime) -> str:
    """How many keys there are, in words."""
    states = [one.state(at) or "valid" for one in keys]
    counts = [(states.count(word), word) for word in ("valid", "expired", "revoked")]
    return ", ".join(f"{count} {word}" for count, word in counts if count or word == "valid")


def consequence(row: KeyRow, at: datetime) -> str:
    """What ending a key means for whoever uses it."""
    if not row.used_at:
        return "It was never used, so nobody should notice."
    age = wording.age(at.timestamp() - row.used_at / 1000)
    return f"It was last used {age}. Whoever uses it is refused within seconds, and it cannot be brought back."
