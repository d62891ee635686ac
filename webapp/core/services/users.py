"""Signing in by password or one-time link, and changing one's own password.

Callers run these in a thread: a password takes 0.1 s. No session of the database is open meanwhile.
"""

import secrets
from datetime import timedelta
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from webapp.core import clock, metrics
from webapp.core.db import reading
from webapp.core.errors import Conflict, NotFound, NotSignedIn
from webapp.core.models.users import SignInLink, User, UserSession
from webapp.core.policies import passwords, signin
from webapp.core.policies.roles import Role
from webapp.core.policies.signin import Refusal, RefusalView, SignInRefused, Tries
from webapp.core.repositories import sessions as session_rows
from webapp.core.repositories import users
from webapp.core.services import audit, sessions, tries
from webapp.core.services.sessions import hashed
from webapp.core.settings import settings
from webapp.core.uow import UnitOfWork, unit_of_work
from webapp.core.views.users import Identity, OwnView, SignedIn

ADMIN = "admin"
hasher = PasswordHasher()


def known_id(user: User) -> int:
    """The id of a stored person."""
    if user.id is None:
        raise RuntimeError("the person is not stored yet")
    return user.id


def sign_in(name: str, password: str, client: str, old_token: str | None = None) -> SignedIn:
    """A new session for a name and its password; the browser's old session ends. Raises SignInRefused."""
    folded = signin.folded(name)
    counted = tries.count(folded, client)
    with reading() as session:
        user = users.by_name(session, folded)
    if not _matches(user, password) or user is None:
        metrics.sign_ins.labels("wrong").inc()
        raise signin.after_wrong(counted)
    with unit_of_work() as uow:
        tries.forgive(uow, folded, client)
        signed = sessions.start(uow, _still(uow, user, counted), client, old_token, "password")
    metrics.sign_ins.labels("password").inc()
    return signed


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


def _still(uow: UnitOfWork, before: User, counted: Tries) -> User:
    """The person, unless the password that was looked at holds no more: it may have been changed because it leaked."""
    user = _must(uow, before.name)
    if user.disabled_at is not None or user.password_hash != before.password_hash:
        raise signin.after_wrong(counted)
    return user


def _must(uow: UnitOfWork, folded: str) -> User:
    user = users.by_name(uow.session, folded)
    if user is None:
        raise NotFound(f"There is no user {folded}.")
    return user


def own(who: Identity) -> OwnView:
    """What a person sees of themselves. Raises NotSignedIn when the session is gone."""
    row, user = _own_row(who)
    return OwnView(
        user.name, Role(user.role), user.issuer, user.password_hash is not None, _asks_old(row, user),
        who.session_id or 0, sessions.opened(user.name),
    )  # fmt: skip


def _own_row(who: Identity) -> tuple[UserSession, User]:
    with reading() as session:
        found = session_rows.by_id(session, who.session_id or 0)
    if found is None:
        raise NotSignedIn("Your session has ended. Sign in again.")
    return found


def _asks_old(row: UserSession, user: User) -> bool:
    """Whoever has just come by a one-time link has shown as much as an old password would."""
    by_link = row.way == "link" and clock.now() - row.created_at < timedelta(minutes=settings().link_minutes)
    return user.password_hash is not None and not by_link


def change_password(who: Identity, old: str, new: str, again: str, client: str) -> SignedIn:
    """A new password of one's own: this session gets a new token, all others end.

    Raises PasswordRefused for a bad new one, SignInRefused for a wrong old one, Conflict where a provider vouches.
    """
    row, user = _own_row(who)
    if user.issuer is not None:
        raise Conflict("The identity provider keeps your password. Change it there.")
    passwords.check(old, new, again)
    if _asks_old(row, user):
        _check_old(user, old, client)
    stored = hasher.hash(new)
    with unit_of_work() as uow:
        signed = sessions.replace(uow, who)
        user = _must(uow, user.name)
        user.password_hash = stored
        ended = session_rows.revoke_all(uow.session, known_id(user), clock.now(), but=who.session_id)
        users.drop_links(uow.session, known_id(user))
        audit.record(uow, user.name, "set_password", "user", user.name, detail={"sessions_ended": ended})
    sessions.forget_everyone()
    return signed


def _check_old(user: User, old: str, client: str) -> None:
    counted = tries.count(user.name, client)
    if not _matches(user, old):
        metrics.sign_ins.labels("wrong").inc()
        raise signin.after_wrong(counted, Refusal.OLD_WRONG)
    with unit_of_work() as uow:
        tries.forgive(uow, user.name, client)


def issue_link(name: str = ADMIN, by: str = "forewarn") -> str:
    """The token of a one-time link that signs in as a person; the administrator is made when missing.

    Raises NotFound, or Conflict for somebody who may not sign in by link.
    """
    at, token, folded = clock.now(), sessions.new_token(), signin.folded(name)
    with unit_of_work() as uow:
        user = users.by_name(uow.session, folded)
        if user is None:
            user = create(uow, ADMIN, Role.ADMIN, None, by) if folded == ADMIN else _must(uow, folded)
        _check_link(user)
        expires_at = at + timedelta(minutes=settings().link_minutes)
        link = SignInLink(user_id=known_id(user), token_hash=hashed(token), created_at=at, expires_at=expires_at)
        users.add_link(uow.session, link)
        audit.record(uow, by, "issue", "sign_in_link", user.name, detail={"expires_at": expires_at})
    return token


def _check_link(user: User) -> None:
    if user.disabled_at is not None:
        raise Conflict(f"The user {user.name} is disabled; enable it before issuing a link.")
    if user.issuer is not None:
        raise Conflict(f"{user.name} signs in at the identity provider, not by link.")


def redeem_link(token: str, client: str = "", old_token: str | None = None) -> SignedIn:
    """A session for a one-time link; a second use, or a late one, raises SignInRefused."""
    with unit_of_work() as uow:
        user = users.take_link(uow.session, hashed(token), clock.now())
        if user is None or user.disabled_at is not None:
            metrics.sign_ins.labels("link_refused").inc()
            raise SignInRefused(RefusalView(Refusal.LINK))
        signed = sessions.start(uow, user, client, old_token, "link")
    metrics.sign_ins.labels("link").inc()
    return signed


def create(
    uow: UnitOfWork, name: str, role: Role, password_hash: str | None, by: str, vouched: tuple[str, str] | None = None
) -> User:
    """Store a new person inside somebody's transaction; `vouched` is issuer and subject at an identity provider."""
    issuer, subject = vouched or (None, None)
    user = User(
        name=name, role=role, password_hash=password_hash, issuer=issuer, subject=subject, created_at=clock.now()
    )
    users.add(uow.session, user)
    audit.record(uow, by, "add", "user", name, detail={"role": role} | ({"issuer": issuer} if issuer else {}))
    return user
