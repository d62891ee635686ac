"""API keys for machines. A key is shown once, when it is made; its SHA-256 is what is stored.

The valid keys are few, so this process remembers them all, for seconds. A made-up key costs a look into that memory;
for one that is not there the rows are read again, but not more often than twice a second, however many are tried.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from threading import Lock

from webapp.core import clock
from webapp.core.db import reading
from webapp.core.errors import Conflict, FieldError, Invalid, NotAllowed, NotFound, NotSignedIn
from webapp.core.models.keys import ApiKey
from webapp.core.policies import keys as rules
from webapp.core.policies import limits, signin
from webapp.core.policies.keys import Opening
from webapp.core.policies.limits import Bucket, Rate
from webapp.core.policies.roles import Role
from webapp.core.repositories import keys
from webapp.core.services import audit
from webapp.core.uow import unit_of_work
from webapp.core.views.users import Identity, KeyView

_REMEMBER_S = 5.0
_TOUCH_S = 60.0
_AGAIN = Rate(per_minute=120, burst=10)
"""How often the rows are read again for a key that is not remembered."""


@dataclass(frozen=True, slots=True)
class Held:
    """A key that was not revoked."""

    id: int
    name: str
    scopes: frozenset[str]
    expires_at: datetime | None

    def identity(self) -> Identity:
        """Who holds it."""
        return Identity(f"key:{self.name}", Role.VIEWER, self.expires_at, tuple(sorted(self.scopes)))


class _Memory:
    """The keys by the hash of their secret, as read at `read_s`."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.forget()

    def forget(self) -> None:
        self.read_s: float | None = None
        self.known: Mapping[str, Held] = {}
        self.again: Bucket | None = None
        self.touched: dict[int, float] = {}

    def is_fresh(self) -> bool:
        return self.read_s is not None and clock.monotonic() - self.read_s < _REMEMBER_S

    def look_up(self, secret_hash: str) -> Held | None:
        """The key with this hash; the rows are read where the memory is old, or does not know it."""
        asked = clock.monotonic()
        with self.lock:
            if not self.is_fresh():
                self._read()
            elif secret_hash not in self.known and (self.read_s or 0.0) < asked:
                self.again, wait_s = limits.take(self.again, _AGAIN, 1, asked)
                if wait_s == 0:
                    self._read()
            return self.known.get(secret_hash)

    def _read(self) -> None:
        at = clock.monotonic()
        with reading() as session:
            rows = keys.alive(session)
        self.known = {row.secret_hash: _held(row) for row in rows}
        self.read_s = at


_memory = _Memory()


def issue(name: str, scopes: Sequence[str], by: str, days: int | None = None) -> str:
    """A new key's secret, to be shown once. Raises Conflict when the name is taken, Invalid naming the wrong field."""
    wanted, expires_at = rules.checked_scopes(scopes), rules.expiry(days, clock.now())
    if (problem := signin.name_problem(name)) is not None:
        raise Invalid(problem, (FieldError("name", problem),))
    secret = "fw_" + secrets.token_urlsafe(32)
    with unit_of_work() as uow:
        if keys.by_name(uow.session, name) is not None:
            raise Conflict(f"There is an API key {name} already; names are not used twice.")
        row = ApiKey(
            name=name,
            prefix=secret[:9],
            secret_hash=_hashed(secret),
            scopes=" ".join(wanted),
            created_by=by,
            created_at=clock.now(),
            expires_at=expires_at,
        )
        keys.add(uow.session, row)
        detail = {"scopes": wanted, "prefix": secret[:9], "expires_at": expires_at or "never"}
        audit.record(uow, by, "issue", "api_key", name, detail=detail)
    forget_everything()
    return secret


def find(secret: str | None) -> Held:
    """The valid key with this secret. Raises NotSignedIn for an unknown, revoked or expired one."""
    if not secret or not rules.is_secret(secret):
        raise NotSignedIn("This needs an API key. Send it as: Authorization: Bearer fw_...")
    held = _memory.look_up(_hashed(secret))
    if held is None:
        raise NotSignedIn("This API key is unknown or was revoked. Make a new one with: forewarn key add")
    if _expired(held):
        raise NotSignedIn(f"The API key {held.name} has expired. Make a new one with: forewarn key add")
    _touch(held)
    return held


def recall(secret: str) -> Held | None:
    """The valid key with this secret if it is remembered, without touching the database."""
    held = _memory.known.get(_hashed(secret)) if rules.is_secret(secret) and _memory.is_fresh() else None
    return None if held is None or _expired(held) else held


def verify(secret: str | None, opening: Opening) -> Identity:
    """Who holds this key. Raises NotSignedIn for one that is not valid, NotAllowed without a scope that opens this."""
    held = find(secret)
    if not rules.opens(held.scopes, opening):
        needed = " or ".join(opening.scopes)
        raise NotAllowed(f"The API key {held.name} may not do this: it needs the scope {needed}.")
    return held.identity()


def revoke(name: str, by: str, reason: str = "") -> None:
    """End a key, in every process within seconds."""
    with unit_of_work() as uow:
        if not keys.revoke(uow.session, name, clock.now()):
            raise NotFound(f"There is no valid API key {name}.")
        audit.record(uow, by, "revoke", "api_key", name, reason)
    forget_everything()


def forget_everything() -> None:
    """Look every key up again at its next use."""
    with _memory.lock:
        _memory.forget()


def listed() -> tuple[KeyView, ...]:
    """All keys, by name; revoked ones too."""
    with reading() as session:
        return tuple(_view(row) for row in keys.every(session))


def _touch(held: Held) -> None:
    """Write down that a key is used, once a minute at most."""
    at = clock.monotonic()
    if at - _memory.touched.get(held.id, at - 2 * _TOUCH_S) < _TOUCH_S:
        return
    _memory.touched[held.id] = at
    with unit_of_work() as uow:
        keys.touch(uow.session, held.id, clock.now())


def _expired(held: Held) -> bool:
    return held.expires_at is not None and held.expires_at <= clock.now()


def _held(row: ApiKey) -> Held:
    assert row.id is not None, "a stored key has an id"
    return Held(row.id, row.name, frozenset(row.scopes.split()), row.expires_at)


def _view(row: ApiKey) -> KeyView:
    return KeyView(
        row.name,
        row.prefix,
        tuple(row.scopes.split()),
        row.created_by,
        row.created_at,
        row.expires_at,
        row.last_used_at,
        row.revoked_at,
    )


def _hashed(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
