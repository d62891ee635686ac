"""`forewarn jobs`: what was given up, letting it run again, and running a recurring duty now."""

from pathlib import Path
from typing import Annotated

import typer

from webapp.cli import place, tables
from webapp.cli.options import DataDir
from webapp.cli.people import whoami
from webapp.core.errors import Invalid

jobs = typer.Typer(help="Jobs that were given up, and recurring duties.", no_args_is_help=True, rich_markup_mode=None)
Letter = Annotated[str, typer.Argument(help="Its id, as `forewarn jobs dead` lists it.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the audit.")]


@jobs.command("dead")
def dead(data_dir: DataDir = None) -> None:
    """Jobs that were given up in the last 24 hours, the newest first."""
    _ready(data_dir)
    from webapp.core.services import dead_letters

    rows = [
        (one.id, one.queue, one.actor, one.arguments, f"{one.at:%Y-%m-%d %H:%M} UTC", str(one.tries), one.error)
        for one in dead_letters.letters()
    ]
    if rows:
        tables.show(("id", "queue", "job", "with", "given up", "tries", "last error"), rows)
    else:
        print("No job was given up in the last 24 hours.")


@jobs.command("requeue")
def requeue(
    letter: Annotated[str, typer.Argument(help="Its id, as `forewarn jobs dead` lists it; left out with --all.")] = "",
    every: Annotated[str, typer.Option("--all", help="All of this queue instead.", metavar="QUEUE")] = "",
    reason: Reason = "",
    data_dir: DataDir = None,
) -> None:
    """Let a job that was given up run again, with all its tries; or all of a queue."""
    _ready(data_dir)
    from webapp.core.services import dead_letters

    if bool(letter) == bool(every):
        raise Invalid("Name one job, or a queue with --all.")
    if every:
        print(f"Requeued: {dead_letters.requeue_all(every, whoami(), reason)}.")
    else:
        print(f"{dead_letters.requeue(dead_letters.queue_of(letter), letter, whoami(), reason)} runs again.")


@jobs.command("discard")
def discard(letter: Letter, reason: Reason = "", data_dir: DataDir = None) -> None:
    """Forget a job that was given up."""
    _ready(data_dir)
    from webapp.core.services import dead_letters

    print(f"{dead_letters.discard(dead_letters.queue_of(letter), letter, whoami(), reason)} is discarded.")


@jobs.command("run-duty")
def run_duty(
    name: Annotated[str, typer.Argument(help="Name of the duty, as the jobs page lists it: retention.")],
    reason: Reason = "",
    data_dir: DataDir = None,
) -> None:
    """Have the scheduler run a recurring duty now."""
    _ready(data_dir)
    from webapp.core.services import duties

    duties.run_now(name, whoami(), reason)
    print(f"{name} is asked for: the scheduler runs it in a moment.")


def _ready(data_dir: Path | None) -> None:
    place.settle(data_dir)
    place.need_schema()
