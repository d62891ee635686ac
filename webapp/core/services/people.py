"""The list of people: adding them, their roles, passwords and access. Each change is audited and ends what it must.

There is always an administrator who is not disabled: changes that could end that take turns, under one lock.
"""

from webapp.core import clock
from webapp.core.db import reading
from webapp.core.errors import Conflict, FieldError, Invalid, NotFound
from webapp.core.models.users import User
from webapp.core.policies import people as policy
from webapp.core.policies import signin
from webapp.core.policies.roles import Role
from webapp.core.repositories import locks, schema, users
from webapp.core.repositories import sessions as session_rows
from webapp.core.services import audit, sessions, tries
from webapp.core.services.sessions import forget_everyone
from webapp.core.services.users import create, hasher, known_id
from webapp.core.uow import UnitOfWork, unit_of_work
from webapp.core.views.users import UserView

ADMINISTRATORS = "administrators"
"""The lock under which administrators become fewer."""


def people() -> tuple[UserView, ...]:
    """Everybody, by name. Raises Unavailable while the database does not answer."""
    at = clock.now()
    with schema.answering(), reading() as session:
        every = users.every(session)
        opened = session_rows.count_by_user(session, at - sessions.limits().idle, at)
        paused = tries.paused_in(session, (user.name for user in every))
    return tuple(
        UserView(
            user.name, Role(user.role), user.password_hash is not None, user.created_at, user.disabled_at, user.issuer,
            user.last_seen_at, 0 if user.disabled_at else opened.get(known_id(user), 0), paused.get(user.name),
        )
        for user in every
    )  # fmt: skip


def add(name: str, role: Role, password: str | None, by: str) -> UserView:
    """A new person. Raises Invalid for a bad name or password, Conflict for a name that is taken."""
    folded = signin.folded(name)
    _check(("name", signin.name_problem(folded)), ("password", password and signin.password_problem(password)))
    stored = hasher.hash(password) if password else None
    with unit_of_work() as uow:
        locks.take(uow.session, "people")
        if users.by_name(uow.session, folded) is not None:
            raise Conflict(f"There is a user {folded} already.")
        user = create(uow, folded, role, stored, by)
        return UserView(user.name, role, stored is not None, user.created_at, None)


def set_password(name: str, password: str, by: str) -> None:
    """A new password; every session of the person ends, and every link that was not used."""
    _check(("password", signin.password_problem(password)))
    stored = hasher.hash(password)
    with unit_of_work() as uow:
        user = _must(uow, name)
        if user.issuer is not None:
            raise Conflict(f"{user.name} signs in at the identity provider and has no password here.")
        user.password_hash = stored
        _shut_out(uow, user)
        audit.record(uow, by, "set_password", "user", user.name)
    forget_everyone()


def set_role(name: str, role: Role, by: str, reason: str = "") -> None:
    """Another role, in force within seconds in every process. Raises Conflict where nobody may change it."""
    with unit_of_work() as uow:
        user = _must(uow, name, fewer_admins=True)
        before = Role(user.role)
        _refuse(policy.role_problem(by, user.name, before, role, _other_admins(uow, user), user.issuer is not None))
        if before is not role:
            audit.record(uow, by, "set_role", "user", user.name, reason, {"from": before, "to": role})
            user.role = role
    forget_everyone()


def disable(name: str, by: str, reason: str = "") -> None:
    """Lock a person out; every session of the person ends. Raises Conflict for the last administrator."""
    with unit_of_work() as uow:
        user = _must(uow, name, fewer_admins=True)
        if user.disabled_at is not None:
            return
        _refuse(policy.disable_problem(by, user.name, Role(user.role), _other_admins(uow, user)))
        user.disabled_at = clock.now()
        _shut_out(uow, user)
        audit.record(uow, by, "disable", "user", user.name, reason)
    forget_everyone()


def enable(name: str, by: str, reason: str = "") -> None:
    """Let a disabled person in again, with the role and the password from before."""
    with unit_of_work() as uow:
        user = _must(uow, name)
        if user.disabled_at is None:
            return
        user.disabled_at = None
        audit.record(uow, by, "enable", "user", user.name, reason)
    forget_everyone()


def end_sessions(name: str, by: str, reason: str = "") -> int:
    """End every session of a person, and every link that was not used; how many sessions there were."""
    with unit_of_work() as uow:
        user = _must(uow, name)
        ended, links = _shut_out(uow, user)
        if ended or links:
            audit.record(uow, by, "end", "session", user.name, reason, {"sessions": ended})
    forget_everyone()
    return ended


def _must(uow: UnitOfWork, name: str, *, fewer_admins: bool = False) -> User:
    if fewer_admins:
        locks.take(uow.session, ADMINISTRATORS)
    user = users.by_name(uow.session, signin.folded(name))
    if user is None:
        raise NotFound(f"There is no user {name}.")
    return user


def _other_admins(uow: UnitOfWork, user: User) -> int:
    return users.enabled_with(uow.session, Role.ADMIN, but=user.id)


def _shut_out(uow: UnitOfWork, user: User) -> tuple[int, int]:
    ended = session_rows.revoke_all(uow.session, known_id(user), clock.now())
    return ended, users.drop_links(uow.session, known_id(user))


def _refuse(problem: str | None) -> None:
    if problem is not None:
        raise Conflict(problem)


def _check(*problems: tuple[str, str | None]) -> None:
    errors = [FieldError(field, text) for field, text in problems if text]
    if errors:
        raise Invalid(errors[0].message, tuple(errors))
