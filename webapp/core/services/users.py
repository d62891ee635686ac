"""Signing in and out, one-time links, who is calling. Callers run these in a thread: a password takes 0.1 s.

A session is valid while its row says so; what this process remembers of it is at most
`_REMEMBER` seconds old and is dropped at once when it ends here.
"""

import secrets
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from threading import Lock

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from webapp.core import clock, metrics
from webapp.core.db import reading
from webapp.core.errors import Conflict, NotSignedIn
from webapp.core.models.users import SignInLink, SignInTry, User, UserSession
from webapp.core.policies import signin
from webapp.core.policies.roles import Role
from webapp.core.policies.signin import RefusalView, Tries
from webapp.core.repositories import users
from webapp.core.services import audit
from webapp.core.settings import settings
from webapp.core.uow import UnitOfWork, unit_of_work
from webapp.core.views.users import Identity, SignedIn

ADMIN = "admin"
_REMEMBER = 5.0
_REMEMBER_MOST = 10_000
hasher = PasswordHasher()
_remembered: dict[str, tuple[float, Identity | None]] = {}
_lock = Lock()


class SignInRefused(NotSignedIn):
    """A sign-in that failed, with what to tell the person."""

    def __init__(self, refusal: RefusalView) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


def known_id(user: User) -> int:
    """The id of a stored person."""
    if user.id is None:
        raise RuntimeError("the person is not stored yet")
    return user.id


def hashed(token: str) -> str:
    """SHA-256 of a random token: the only form in which it is stored."""
    return sha256(token.encode()).hexdigest()


def sign_in(name: str, password: str, client: str, old_token: str | None = None) -> SignedIn:
    """A new session for a name and its password; the browser's old session ends. Raises SignInRefused."""
    folded = signin.folded(name)
    counted = _count_try(folded, client)
    with reading() as session:
        user = users.by_name(session, folded)
    if not _matches(user, password) or user is None:
        metrics.sign_ins.labels("wrong").inc()
        raise SignInRefused(signin.after_wrong(counted))
    with unit_of_work() as uow:
        for key, _ in _keys(folded, client):
            users.clear_tries(uow.session, key)
        signed = _open(uow, user, client, old_token, "password")
    metrics.sign_ins.labels("password").inc()
    return signed


def _count_try(folded: str, client: str) -> Tries:
    """Count a try before its password is looked at, so that many at once are not all free."""
    at = clock.now()
    with unit_of_work() as uow:
        rows = [(users.tries(uow.session, key, at), limit) for key, limit in _keys(folded, client)]
        for row, _ in rows:
            if (until := signin.paused(_tries(row), at)) is not None:
                metrics.sign_ins.labels("paused").inc()
                raise SignInRefused(signin.while_paused(until, at))
        counts = [_add(row, limit, at) for row, limit in rows]
        if any(count.paused_until_at for count in counts) and users.by_name(uow.session, folded):
            audit.record(uow, folded, "paused", "sign_in", folded, "too many wrong tries", {"client": client})
    return next((count for count in counts if count.paused_until_at), counts[0])


def _keys(folded: str, client: str) -> tuple[tuple[str, int], ...]:
    return (
        (hashed(f"here\n{folded}\n{client}"), signin.TRIES_HERE),
        (hashed(f"anywhere\n{folded}"), signin.TRIES_ANYWHERE),
    )


def _tries(row: SignInTry) -> Tries | None:
    return Tries(row.failed, row.last_at, row.paused_until_at) if row.failed else None


def _add(row: SignInTry, limit: int, at: datetime) -> Tries:
    count = signin.after_failure(_tries(row), limit, at)
    row.failed, row.last_at, row.paused_until_at = count.failed, count.last_at, count.paused_until_at
    return count


@lru_cache(maxsize=1)
def _nobody() -> str:
    """A hash that no password matches, so that an unknown name takes as long as a known one."""
    return hasher.hash(secrets.token_urlsafe())


def _matches(user: User | None, password: str) -> bool:
    stored = user.password_hash if user is not None and user.disabled_at is None else None
    nobody = _nobody()
    try:
        hasher.verify(stored or nobody, password[: signin.MAX_PASSWORD + 1])
        return stored is not None
    except (VerificationError, InvalidHashError):
        return False


def _open(uow: UnitOfWork, user: User, client: str, old_token: str | None, way: str) -> SignedIn:
    at = clock.now()
    token = secrets.token_urlsafe(32)
    expires_at = at + timedelta(hours=settings().session_hours)
    if old_token:
        users.revoke_session(uow.session, hashed(old_token), at)
        _forget(old_token)
    row = UserSession(
        user_id=known_id(user), token_hash=hashed(token), client=client[:64], created_at=at, expires_at=expires_at
    )
    users.add_session(uow.session, row)
    users.sweep(uow.session, at - timedelta(days=1))
    audit.record(uow, user.name, "sign_in", "session", user.name, detail={"way": way, "client": client[:64]})
    return SignedIn(token, Identity(user.name, Role(user.role), expires_at))


def issue_link() -> str:
    """The token of a one-time link that signs in as the administrator, who is made when missing."""
    at = clock.now()
    token = secrets.token_urlsafe(32)
    with unit_of_work() as uow:
        user = users.by_name(uow.session, ADMIN) or create(uow, ADMIN, Role.ADMIN, None, by="forewarn")
        if user.disabled_at is not None:
            raise Conflict(f"The user {ADMIN} is disabled; enable it before issuing a link.")
        expires_at = at + timedelta(minutes=settings().link_minutes)
        link = SignInLink(user_id=known_id(user), token_hash=hashed(token), created_at=at, expires_at=expires_at)
        users.add_link(uow.session, link)
        audit.record(uow, "forewarn", "issue", "sign_in_link", ADMIN, detail={"expires_at": expires_at})
    return token


def redeem_link(token: str, client: str = "", old_token: str | None = None) -> SignedIn:
    """A session for a one-time link; a second use, or a late one, raises SignInRefused."""
    with unit_of_work() as uow:
        user = users.take_link(uow.session, hashed(token), clock.now())
        if user is None or user.disabled_at is not None:
            metrics.sign_ins.labels("link_refused").inc()
            raise SignInRefused(RefusalView(signin.Refusal.LINK))
        signed = _open(uow, user, client, old_token, "link")
    metrics.sign_ins.labels("link").inc()
    return signed


def identity(token: str | None) -> Identity | None:
    """Who holds this session, None for nobody (unknown, expired, signed out, disabled)."""
    if not token or len(token) > 200:
        return None
    known, who = recall(token)
    return who if known else _look_up(token)


def recall(token: str) -> tuple[bool, Identity | None]:
    """What is remembered of a token, without touching the database: (is it remembered, who)."""
    found = _remembered.get(hashed(token))
    if found is None or found[0] < clock.monotonic():
        return False, None
    who = found[1]
    if who is not None and who.expires_at is not None and who.expires_at <= clock.now():
        return True, None
    return True, who


def _look_up(token: str) -> Identity | None:
    key = hashed(token)
    with reading() as session:
        found = users.session_by_hash(session, key)
    who = _identity(*found) if found is not None else None
    with _lock:
        if len(_remembered) >= _REMEMBER_MOST:
            _remembered.clear()
        _remembered[key] = (clock.monotonic() + _REMEMBER, who)
    return who


def _identity(row: UserSession, user: User) -> Identity | None:
    over = row.revoked_at is not None or row.expires_at <= clock.now() or user.disabled_at is not None
    return None if over else Identity(user.name, Role(user.role), row.expires_at)


def _forget(token: str) -> None:
    with _lock:
        _remembered.pop(hashed(token), None)


def sign_out(token: str) -> bool:
    """End a session at once; whether it was alive."""
    with unit_of_work() as uow:
        found = users.session_by_hash(uow.session, hashed(token))
        ended = users.revoke_session(uow.session, hashed(token), clock.now())
        if ended and found is not None:
            audit.record(uow, found[1].name, "sign_out", "session", found[1].name)
    _forget(token)
    return ended


def forget_everyone() -> None:
    """Look every session up again at its next use."""
    with _lock:
        _remembered.clear()


def create(uow: UnitOfWork, name: str, role: Role, password_hash: str | None, by: str) -> User:
    """Store a new person inside somebody's transaction."""
    user = users.add(uow.session, User(name=name, role=role, password_hash=password_hash, created_at=clock.now()))
    audit.record(uow, by, "add", "user", name, detail={"role": role})
    return user
