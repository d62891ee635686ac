"""Sessions: opening, using, renewing and ending them; who holds one.

A session is valid while its row says so. What this process remembers of it is at most `_REMEMBER` seconds old and is
dropped at once when something ends here. A session is known by its token (a cookie, which changes) or by its id (an
open socket, which cannot be given another cookie).
"""

import secrets
from datetime import timedelta
from hashlib import sha256
from threading import Lock

from webapp.core import clock
from webapp.core.db import reading
from webapp.core.errors import NotFound, NotSignedIn
from webapp.core.models.users import User, UserSession
from webapp.core.policies import sessions as policy
from webapp.core.policies.roles import Role
from webapp.core.policies.sessions import Limits, Span
from webapp.core.repositories import sessions, tries, users
from webapp.core.services import audit
from webapp.core.settings import settings
from webapp.core.uow import UnitOfWork, unit_of_work
from webapp.core.views.users import Identity, SessionView, SignedIn

_REMEMBER = 5.0
_REMEMBER_MOST = 10_000
_remembered: dict[str | int, tuple[float, Identity | None]] = {}
_used: dict[int, float] = {}
_lock = Lock()


def hashed(token: str) -> str:
    """SHA-256 of a random token: the only form in which it is stored."""
    return sha256(token.encode()).hexdigest()


def new_token() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def limits() -> Limits:
    """How long sessions hold here."""
    chosen = settings()
    return Limits(timedelta(minutes=chosen.session_idle_minutes), timedelta(minutes=chosen.session_renew_minutes))


def start(uow: UnitOfWork, user: User, client: str, old_token: str | None, way: str) -> SignedIn:
    """A new session for a person; the browser's old one ends."""
    at, token = clock.now(), new_token()
    assert user.id is not None
    if old_token and (found := sessions.by_hash(uow.session, hashed(old_token))) is not None:
        sessions.revoke(uow.session, [_id(found[0])], at)
    row = UserSession(
        user_id=user.id, token_hash=hashed(token), client=client[:64], way=way, created_at=at, renewed_at=at,
        seen_at=at, expires_at=at + timedelta(hours=settings().session_hours),
    )  # fmt: skip
    sessions.add(uow.session, row)
    user.last_seen_at = at
    for each in (sessions, tries, users):
        each.sweep(uow.session, at - timedelta(days=1))
    audit.record(uow, user.name, "sign_in", "session", user.name, detail={"way": way, "client": client[:64]})
    if old_token:
        forget_everyone()
    return SignedIn(token, _known(row, user))


def identity(token: str | None) -> Identity | None:
    """Who holds this session, None for nobody (unknown, expired, unused, signed out, disabled)."""
    if not token or len(token) > 200:
        return None
    known, who = recall(token)
    return who if known else _look_up(hashed(token))


def holder(session_id: int) -> Identity | None:
    """The same, by the session's id."""
    known, who = recall(session_id)
    return who if known else _look_up(session_id)


def recall(named: str | int) -> tuple[bool, Identity | None]:
    """What is remembered of a token or an id, without touching the database: (is it remembered, who)."""
    found = _remembered.get(named if isinstance(named, int) else hashed(named))
    if found is None or found[0] < clock.monotonic():
        return False, None
    who = found[1]
    if who is not None and who.expires_at is not None and who.expires_at <= clock.now():
        return True, None
    return True, who


def _look_up(key: str | int) -> Identity | None:
    with reading() as session:
        by_token = isinstance(key, str)
        found = sessions.by_hash(session, str(key)) if by_token else sessions.by_id(session, int(key))
    who = None
    if found is not None and not _is_over(*found):
        row, user = found
        replaced = by_token and row.token_hash != key
        if replaced and policy.is_stale(row.previous_until_at, clock.now()):
            _end_copied(row, user)
        else:
            who = _known(row, user, renews=not replaced)
    with _lock:
        if len(_remembered) >= _REMEMBER_MOST:
            _remembered.clear()
        _remembered[key] = (clock.monotonic() + _REMEMBER, who)
    return who


def _end_copied(row: UserSession, user: User) -> None:
    """A token that was replaced came back: there is a copy of it, so nobody may go on with this session."""
    with unit_of_work() as uow:
        if sessions.revoke(uow.session, [_id(row)], clock.now()):
            why = "a token that had been replaced was used again"
            audit.record(uow, "forewarn", "end", "session", user.name, why, {"client": row.client})
    forget_everyone()


def _is_over(row: UserSession, user: User) -> bool:
    span = Span(row.seen_at, row.renewed_at, row.expires_at, row.revoked_at)
    return user.disabled_at is not None or policy.is_over(span, limits(), clock.now())


def _known(row: UserSession, user: User, *, renews: bool = True) -> Identity:
    renew_at = policy.renews_at(Span(row.seen_at, row.renewed_at, row.expires_at), limits()) if renews else None
    return Identity(user.name, Role(user.role), row.expires_at, (), _id(row), renew_at)


def _id(row: UserSession) -> int:
    assert row.id is not None
    return row.id


def is_use_due(who: Identity) -> bool:
    """Whether the next use of a session is to be noted: once a minute."""
    last = _used.get(who.session_id or 0)
    return who.session_id is not None and (last is None or clock.monotonic() - last > policy.TOUCH.total_seconds())


def use(who: Identity) -> None:
    """Note that a person does something with a session: it does not end unused now."""
    if who.session_id is None:
        return
    with _lock:
        if len(_used) >= _REMEMBER_MOST:
            _used.clear()
        _used[who.session_id] = clock.monotonic()
    with unit_of_work() as uow:
        sessions.touch(uow.session, who.session_id, clock.now())


def renew(token: str) -> SignedIn | None:
    """A new token for a session whose token is old; None for all but the first of many requests at once."""
    at, fresh = clock.now(), new_token()
    with unit_of_work() as uow:
        found = sessions.by_hash(uow.session, hashed(token))
        if found is None or _is_over(*found) or found[0].renewed_at + limits().renew > at:
            return None
        if not sessions.renew(uow.session, hashed(token), hashed(fresh), at, at + policy.OVERLAP):
            return None
        row, user = found
        who = Identity(user.name, Role(user.role), row.expires_at, (), _id(row), at + limits().renew)
    forget_everyone()
    return SignedIn(fresh, who)


def replace(uow: UnitOfWork, who: Identity) -> SignedIn:
    """A new token at once, inside somebody's transaction: the old one holds no more. Raises NotSignedIn."""
    found = sessions.by_id(uow.session, who.session_id or 0)
    if found is None or _is_over(*found):
        raise NotSignedIn("Your session has ended. Sign in again.")
    row, user = found
    token = new_token()
    row.token_hash, row.previous_hash, row.renewed_at = hashed(token), None, clock.now()
    return SignedIn(token, _known(row, user))


def sign_out(token: str) -> bool:
    """End a session at once; whether it was alive."""
    with unit_of_work() as uow:
        found = sessions.by_hash(uow.session, hashed(token))
        ended = found is not None and sessions.revoke(uow.session, [_id(found[0])], clock.now()) == 1
        if ended and found is not None:
            audit.record(uow, found[1].name, "sign_out", "session", found[1].name)
    forget_everyone()
    return ended


def opened(name: str) -> tuple[SessionView, ...]:
    """The sessions of a person that hold, the last used first."""
    at = clock.now()
    with reading() as session:
        user = users.by_name(session, name)
        rows = sessions.open_since(session, at - limits().idle, at, user.id) if user is not None else []
    return tuple(
        SessionView(_id(row), row.client, row.way, row.created_at, row.seen_at, row.expires_at) for row in rows
    )


def end(session_id: int, who: Identity) -> None:
    """End one of a person's own sessions. Raises NotFound for one that is somebody else's or has ended."""
    with unit_of_work() as uow:
        found = sessions.by_id(uow.session, session_id)
        if found is None or found[1].name != who.name or not sessions.revoke(uow.session, [session_id], clock.now()):
            raise NotFound("This session has ended already.")
        audit.record(uow, who.name, "end", "session", who.name, detail={"client": found[0].client})
    forget_everyone()


def end_others(who: Identity) -> int:
    """End all of a person's sessions but the one that asks; how many there were."""
    with unit_of_work() as uow:
        user = users.by_name(uow.session, who.name)
        assert user is not None and user.id is not None
        ended = sessions.revoke_all(uow.session, user.id, clock.now(), but=who.session_id)
        if ended:
            audit.record(uow, who.name, "end", "session", who.name, detail={"sessions": ended})
    forget_everyone()
    return ended


def forget_everyone() -> None:
    """Look every session up again at its next use."""
    with _lock:
        _remembered.clear()
        _used.clear()
