"""`forewarn rollback` and `forewarn model`: who serves a stream, who did, and going back, by hand or by policy."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from webapp.cli import place, tables
from webapp.cli.data import FORMATS
from webapp.cli.options import DataDir
from webapp.cli.people import whoami

if TYPE_CHECKING:
    from webapp.core.views.promotions import Served

model = typer.Typer(help="Models: who serves a stream and who did.", no_args_is_help=True, rich_markup_mode=None)
Stream = Annotated[str, typer.Option(help="Name of the stream.")]


def rollback(
    reason: Annotated[str, typer.Option(help="Why; kept in the audit.")],
    to: Annotated[
        str | None, typer.Option(help="Version or beginning of its hash; the last other one, if left out.")
    ] = None,
    stream: Stream = "fleet-demo",
    data_dir: DataDir = None,
) -> None:
    """Let a version that served before serve again, from the next tick on."""
    place.settle(data_dir)
    place.need_schema()
    from webapp.core.services import promotions

    served = promotions.rollback(stream, to, whoami(), reason)
    print(f"{served.name} serves {stream} from the next tick on.")


@model.command("history")
def history(
    stream: Stream = "fleet-demo",
    at: Annotated[datetime | None, typer.Option(help="Only who was champion then, UTC.", formats=FORMATS)] = None,
    data_dir: DataDir = None,
) -> None:
    """Who served a stream from when to when, by whom and why; the newest first."""
    place.settle(data_dir)
    place.need_schema()
    from webapp.core.services import promotions

    found = promotions.history(stream) if at is None else (promotions.champion_at(stream, at.replace(tzinfo=UTC)),)
    tables.show(("since", "until", "version", "hash", "how", "by", "why"), [_row(one) for one in found])


@model.command("automatic-rollback")
def automatic_rollback(
    to: Annotated[str, typer.Argument(help="on or off.")],
    reason: Annotated[str, typer.Option(help="Why; kept in the audit.")],
    stream: Stream = "fleet-demo",
    data_dir: DataDir = None,
) -> None:
    """Let the policy roll a champion back that serves worse than the one before it, or leave that to people."""
    place.settle(data_dir)
    place.need_schema()
    from webapp.core.errors import FieldError, Invalid
    from webapp.core.services import regressions

    if to not in ("on", "off"):
        raise Invalid("Say on or off.", (FieldError("to", "Say on or off."),))
    changed = regressions.set_automatic(stream, to == "on", whoami(), reason)
    print(f"Automatic rollback is {to} for {stream}{'' if changed else ' already'}.")


def _row(one: "Served") -> tuple[str, ...]:
    until = "now" if one.until_at is None else f"{one.until_at:%Y-%m-%d %H:%M:%S}"
    since = f"{one.since_at:%Y-%m-%d %H:%M:%S}"
    return since, until, one.name, one.sha256[:12], one.kind, one.by, one.reason
