"""The list of people: adding them, their roles and passwords. Each change is audited and ends what it must."""

from webapp.core import clock
from webapp.core.db import reading
from webapp.core.errors import Conflict, FieldError, Invalid, NotFound
from webapp.core.models.users import User
from webapp.core.policies import signin
from webapp.core.policies.roles import Role
from webapp.core.repositories import users
from webapp.core.services import audit
from webapp.core.services.users import create, forget_everyone, hasher, known_id
from webapp.core.uow import UnitOfWork, unit_of_work
from webapp.core.views.users import UserView


def people() -> tuple[UserView, ...]:
    """Everybody, by name."""
    with reading() as session:
        return tuple(_view(user) for user in users.every(session))


def _view(user: User) -> UserView:
    return UserView(user.name, Role(user.role), user.password_hash is not None, user.created_at, user.disabled_at)


def add(name: str, role: Role, password: str | None, by: str) -> UserView:
    """A new person. Raises Invalid for a bad name or password, Conflict for a name that is taken."""
    folded = signin.folded(name)
    _check(("name", signin.name_problem(folded)), ("password", password and signin.password_problem(password)))
    stored = hasher.hash(password) if password else None
    with unit_of_work() as uow:
        if users.by_name(uow.session, folded) is not None:
            raise Conflict(f"There is a user {folded} already.")
        return _view(create(uow, folded, role, stored, by))


def set_password(name: str, password: str, by: str) -> None:
    """A new password; every session of the person ends."""
    _check(("password", signin.password_problem(password)))
    stored = hasher.hash(password)
    with unit_of_work() as uow:
        user = _must(uow, name)
        user.password_hash = stored
        _end_sessions(uow, user)
        audit.record(uow, by, "set_password", "user", user.name)
    forget_everyone()


def set_role(name: str, role: Role, by: str, reason: str = "") -> None:
    """Another role, in force within seconds in every process."""
    with unit_of_work() as uow:
        user = _must(uow, name)
        audit.record(uow, by, "set_role", "user", user.name, reason, {"from": user.role, "to": role})
        user.role = role
    forget_everyone()


def disable(name: str, by: str, reason: str = "") -> None:
    """Lock a person out; every session of the person ends."""
    with unit_of_work() as uow:
        user = _must(uow, name)
        user.disabled_at = clock.now()
        _end_sessions(uow, user)
        audit.record(uow, by, "disable", "user", user.name, reason)
    forget_everyone()


def _must(uow: UnitOfWork, name: str) -> User:
    user = users.by_name(uow.session, signin.folded(name))
    if user is None:
        raise NotFound(f"There is no user {name}.")
    return user


def _end_sessions(uow: UnitOfWork, user: User) -> None:
    users.revoke_sessions_of(uow.session, known_id(user), clock.now())


def _check(*problems: tuple[str, str | None]) -> None:
    errors = [FieldError(field, text) for field, text in problems if text]
    if errors:
        raise Invalid(errors[0].message, tuple(errors))
