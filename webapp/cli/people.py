"""`forewarn user` and `forewarn key`: who may sign in, and which machines may push or read."""

import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from webapp.cli import place, tables
from webapp.cli.options import DataDir
from webapp.core.errors import Invalid

if TYPE_CHECKING:
    from datetime import datetime

    from webapp.core.policies.roles import Role

user = typer.Typer(
    help="People: add, list, role, password, disable, enable, unlock, link.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
key = typer.Typer(help="API keys of machines: add, list, revoke.", no_args_is_help=True, rich_markup_mode=None)
Name = Annotated[str, typer.Argument(help="The name.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the audit.")]
_SCOPES = "telemetry, backfill, predict, feedback, read or admin."
_ROLES = "viewer, operator, approver or admin."
RoleName = Annotated[str, typer.Option(help=_ROLES)]
PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input; a pipe does so by itself.")
]


@user.command("add")
def add_user(
    name: Name, role: RoleName = "viewer", password_stdin: PasswordStdin = False, data_dir: DataDir = None
) -> None:
    """Add a person; asks for the password, or reads it from a pipe."""
    _ready(data_dir)
    from webapp.core.services import people

    made = people.add(name, _role(role), _password(password_stdin), by=whoami())
    print(f"{made.name} may sign in as {made.role}.")


@user.command("list")
def list_users(data_dir: DataDir = None) -> None:
    """Everybody who may sign in."""
    _ready(data_dir)
    from webapp.core.services import people

    rows = [
        (
            one.name,
            one.role,
            one.signs_in_with,
            "never" if one.last_seen_at is None else f"{one.last_seen_at:%Y-%m-%d %H:%M} UTC",
            str(one.sessions),
            "disabled" if one.disabled_at else "locked out" if one.paused_until_at else "",
        )
        for one in people.people()
    ]
    tables.show(("name", "role", "signs in with", "last seen", "sessions", ""), rows)


@user.command("role")
def set_role(
    name: Name, role: Annotated[str, typer.Argument(help=_ROLES)], reason: Reason = "", data_dir: DataDir = None
) -> None:
    """Give a person another role."""
    _ready(data_dir)
    from webapp.core.services import people

    people.set_role(name, _role(role), whoami(), reason)
    print(f"{name} is {role} now.")


@user.command("password")
def set_password(name: Name, password_stdin: PasswordStdin = False, data_dir: DataDir = None) -> None:
    """Set a new password; every session of the person ends."""
    _ready(data_dir)
    from webapp.core.services import people

    people.set_password(name, _password(password_stdin), whoami())
    print(f"{name} has a new password; all sessions have ended.")


@user.command("disable")
def disable(name: Name, reason: Reason = "", data_dir: DataDir = None) -> None:
    """Lock a person out; every session ends."""
    _ready(data_dir)
    from webapp.core.services import people

    people.disable(name, whoami(), reason)
    print(f"{name} cannot sign in any more.")


@user.command("enable")
def enable(name: Name, reason: Reason = "", data_dir: DataDir = None) -> None:
    """Let a disabled person in again, with the role and the password from before."""
    _ready(data_dir)
    from webapp.core.services import people

    people.enable(name, whoami(), reason)
    print(f"{name} can sign in again.")


@user.command("unlock")
def unlock(name: Name, reason: Reason = "", data_dir: DataDir = None) -> None:
    """Forget a person's wrong tries, so that a pause ends now."""
    _ready(data_dir)
    from webapp.core.services import tries

    found = tries.unlock(name, whoami(), reason)
    print(f"{name} may try again now." if found else f"{name} was not locked out.")


@user.command("link")
def link(
    name: Annotated[str, typer.Argument(help="Who; the administrator, if left out.", show_default=False)] = "admin",
    data_dir: DataDir = None,
) -> None:
    """Print a new one-time link that signs in as a person."""
    place.meet(data_dir)
    place.need_schema()
    from webapp.cli.up import address
    from webapp.core.services import users
    from webapp.core.settings import settings

    token = users.issue_link(name, "forewarn" if name == users.ADMIN else whoami())
    print(f"{address(settings())}/auth/link?token={token}")


@key.command("add")
def add_key(
    name: Name,
    scope: Annotated[list[str] | None, typer.Option(help=f"{_SCOPES} Can be given twice.")] = None,
    days: Annotated[int | None, typer.Option(help="Days until it expires.", show_default="never")] = None,
    data_dir: DataDir = None,
) -> None:
    """Make a key and print its secret, once."""
    _ready(data_dir)
    from webapp.core.policies.keys import Scope
    from webapp.core.services import keys

    print(keys.issue(name, scope or [Scope.TELEMETRY], whoami(), days))


@key.command("list")
def list_keys(data_dir: DataDir = None) -> None:
    """All keys, with what each may do."""
    _ready(data_dir)
    from webapp.core.clock import now
    from webapp.core.services import keys

    rows = [
        (
            one.name,
            f"{one.prefix}...",
            " ".join(one.scopes),
            _day(one.last_used_at),
            _day(one.expires_at),
            one.state(now()),
        )
        for one in keys.listed()
    ]
    tables.show(("name", "begins with", "may", "last used", "expires", ""), rows)


@key.command("revoke")
def revoke(name: Name, reason: Reason = "", data_dir: DataDir = None) -> None:
    """End a key, within seconds everywhere."""
    _ready(data_dir)
    from webapp.core.services import keys

    keys.revoke(name, whoami(), reason)
    print(f"{name} is revoked.")


def _day(at: "datetime | None") -> str:
    return f"{at:%Y-%m-%d}" if at else "never"


def whoami() -> str:
    """Who types, for the audit."""
    try:
        return f"cli:{getpass.getuser()}"
    except (OSError, KeyError):  # a container's user without a name
        return "cli"


def _ready(data_dir: Path | None) -> None:
    place.settle(data_dir)
    place.need_schema()


def _role(text: str) -> "Role":
    from webapp.core.policies import roles

    try:
        return roles.Role(text)
    except ValueError as error:
        known = ", ".join(role.value for role in roles.Role)
        raise Invalid(f"{text} is not a role: name one of {known}.") from error


def _password(from_stdin: bool) -> str:
    if from_stdin or not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != first:
        raise Invalid("The two passwords differ: nothing was changed.")
    return first
