"""`forewarn notify`: who outside is told when a stream goes stale or the store is full."""

import getpass
import sys
from pathlib import Path
from typing import Annotated

import typer

from webapp.cli import place, tables
from webapp.cli.options import DataDir
from webapp.cli.people import whoami
from webapp.core.errors import Invalid, Unavailable

notify = typer.Typer(help="Notification targets: list, add, test, remove.", no_args_is_help=True, rich_markup_mode=None)
Name = Annotated[str, typer.Argument(help="Name of the target.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the audit.")]


@notify.command("list")
def list_targets(data_dir: DataDir = None) -> None:
    """All targets: what each hears of, and how the last message went."""
    _ready(data_dir)
    from webapp.core.services import notifications

    rows = [
        (one.name, one.kind, one.shown, ", ".join(one.topics), _state(one.enabled, one.last.error if one.last else ""))
        for one in notifications.listed()
    ]
    tables.show(("name", "kind", "where", "hears of", ""), rows)


@notify.command("add")
def add(
    name: Name,
    kind: Annotated[str, typer.Argument(help="slack, webhook, pagerduty or smtp.")],
    topic: Annotated[
        list[str] | None,
        typer.Option(help="streams, disk, candidates, promotions, rollbacks or trainings; all, if left out."),
    ] = None,
    host: Annotated[str, typer.Option(help="Mail server, for smtp.")] = "",
    port: Annotated[str, typer.Option(help="Its port: 587 for STARTTLS, 465 for TLS.")] = "587",
    security: Annotated[str, typer.Option(help="starttls, tls or none.")] = "starttls",
    user: Annotated[str, typer.Option(help="Who signs in at the mail server, if it wants that.")] = "",
    sender: Annotated[str, typer.Option(help="Address to send from, for smtp.")] = "",
    to: Annotated[str, typer.Option(help="Addresses to send to, with commas between, for smtp.")] = "",
    signed: Annotated[bool, typer.Option("--signed", help="Ask for a signing secret as well, for webhook.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Add a target; asks for its secret (address, key or password), or reads it from a pipe, a line each."""
    _ready(data_dir)
    from webapp.core.policies.notifications import Topic
    from webapp.core.services import notifications

    form: dict[str, object] = {"name": name, "kind": kind, "topics": topic or [one.value for one in Topic]}
    form |= {"host": host, "port": port, "security": security, "user": user, "sender": sender, "recipients": to}
    form |= _secrets(kind, signed, bool(user))
    made = notifications.add(form, whoami())
    print(f"{made.name} is added: {made.shown}. Try it: forewarn notify test {made.name}")


@notify.command("test")
def try_out(name: Name, data_dir: DataDir = None) -> None:
    """Send a target something harmless now, and say how that went."""
    _ready(data_dir)
    from webapp.core.policies.deliveries import State
    from webapp.core.services import notifications

    sent = notifications.test(name, whoami())
    if sent.state != State.SENT:
        raise Unavailable(f"{name} did not take it. {sent.error}")
    print(f"{name} took the test.")


@notify.command("remove")
def remove(name: Name, reason: Reason = "", data_dir: DataDir = None) -> None:
    """Forget a target with its secrets; what waits for it is dropped."""
    _ready(data_dir)
    from webapp.core.services import notifications

    notifications.remove(name, whoami(), reason)
    print(f"{name} is removed.")


def _ready(data_dir: Path | None) -> None:
    place.settle(data_dir)
    place.need_schema()


def _state(enabled: bool, error: str) -> str:
    return error or "ok" if enabled else "paused"


def _secrets(kind: str, signed: bool, login: bool) -> dict[str, str]:
    """The secrets of a kind. Never an argument: other people on the machine can read those."""
    asked = {
        "slack": {"url": "Address of the webhook"},
        "webhook": {"url": "Address of the webhook", **({"signing": "Signing secret"} if signed else {})},
        "pagerduty": {"key": "Integration key"},
        "smtp": {"password": "Password"} if login else {},
    }.get(kind, {})
    return {field: _secret(label) for field, label in asked.items()}


def _secret(label: str) -> str:
    if sys.stdin.isatty():
        return getpass.getpass(f"{label}: ")
    if not (line := sys.stdin.readline()):
        raise Invalid(f"{label}: nothing came from the pipe. Give it on a line of its own.")
    return line.rstrip("\r\n")
