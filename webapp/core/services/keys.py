"""API keys for machines. A key is shown once, when it is made; its SHA-256 is what is stored."""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from hashlib import sha256
from threading import Lock

from webapp.core import clock
from webapp.core.db import reading
from webapp.core.errors import Conflict, Invalid, NotAllowed, NotFound, NotSignedIn
from webapp.core.models.keys import ApiKey
from webapp.core.policies import signin
from webapp.core.policies.roles import Role
from webapp.core.repositories import keys
from webapp.core.services import audit
from webapp.core.uow import unit_of_work
from webapp.core.views.users import Identity, KeyView


class Scope(StrEnum):
    """What a key may do: push telemetry, or read streams and forecasts."""

    TELEMETRY = "telemetry"
    READ = "read"


_MARK = "fw_"
_REMEMBER = 5.0
_TOUCH = timedelta(minutes=1)
_remembered: dict[str, tuple[float, tuple[str, frozenset[str]] | None]] = {}
_lock = Lock()


def issue(name: str, scopes: Sequence[str], by: str) -> str:
    """A new key's secret, to be shown once. Raises Conflict when the name is taken."""
    wanted = _scopes(scopes)
    problem = signin.name_problem(name)
    if problem is not None:
        raise Invalid(problem)
    secret = _MARK + secrets.token_urlsafe(32)
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
        )
        keys.add(uow.session, row)
        audit.record(uow, by, "issue", "api_key", name, detail={"scopes": wanted, "prefix": secret[:9]})
    return secret


def verify(secret: str | None, scope: Scope) -> Identity:
    """Who holds this key. Raises NotSignedIn for an unknown or revoked one, NotAllowed without the scope."""
    if not secret or not secret.startswith(_MARK) or len(secret) > 200:
        raise NotSignedIn(f"This needs an API key with the scope {scope}. Send it as: Authorization: Bearer fw_...")
    found = _recall(_hashed(secret))
    if found is None:
        raise NotSignedIn("This API key is unknown or was revoked. Make a new one with: forewarn key add")
    name, scopes = found
    if scope not in scopes:
        raise NotAllowed(f"The API key {name} may not do this: it needs the scope {scope}.")
    return Identity(f"key:{name}", Role.VIEWER, None, tuple(sorted(scopes)))


def revoke(name: str, by: str, reason: str = "") -> None:
    """End a key, in every process within seconds."""
    with unit_of_work() as uow:
        if not keys.revoke(uow.session, name, clock.now()):
            raise NotFound(f"There is no valid API key {name}.")
        audit.record(uow, by, "revoke", "api_key", name, reason)
    forget_everything()


def forget_everything() -> None:
    """Look every key up again at its next use."""
    with _lock:
        _remembered.clear()


def listed() -> tuple[KeyView, ...]:
    """All keys, by name; revoked ones too."""
    with reading() as session:
        return tuple(_view(row) for row in keys.every(session))


def _view(row: ApiKey) -> KeyView:
    return KeyView(
        row.name,
        row.prefix,
        tuple(row.scopes.split()),
        row.created_by,
        row.created_at,
        row.last_used_at,
        row.revoked_at,
    )


def _scopes(wanted: Sequence[str]) -> list[str]:
    known = [scope.value for scope in Scope]
    unknown = sorted(set(wanted) - set(known))
    if unknown or not wanted:
        raise Invalid(f"A key has scopes out of {', '.join(known)}; not: {', '.join(unknown) or 'none'}.")
    return [scope for scope in known if scope in wanted]


def _hashed(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def _recall(secret_hash: str) -> tuple[str, frozenset[str]] | None:
    found = _remembered.get(secret_hash)
    if found is not None and found[0] > clock.monotonic():
        return found[1]
    known = _look_up(secret_hash)
    with _lock:
        if len(_remembered) > 1000:
            _remembered.clear()
        _remembered[secret_hash] = (clock.monotonic() + _REMEMBER, known)
    return known


def _look_up(secret_hash: str) -> tuple[str, frozenset[str]] | None:
    with reading() as session:
        row = keys.by_hash(session, secret_hash)
    if row is None or row.revoked_at is not None or row.id is None:
        return None
    if row.last_used_at is None or clock.now() - row.last_used_at > _TOUCH:
        with unit_of_work() as uow:
            keys.touch(uow.session, row.id, clock.now())
    return row.name, frozenset(row.scopes.split())
