"""`forewarn schedule`: when trainings start by themselves, another time, off and on, and not waiting for it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from webapp.cli import place, tables
from webapp.cli.options import DataDir
from webapp.cli.people import whoami

if TYPE_CHECKING:
    from webapp.core.views.schedules import TrainingSchedule

schedule = typer.Typer(
    help="Schedules of trainings: list, set, on, off, run.", no_args_is_help=True, rich_markup_mode=None
)
Stream = Annotated[str, typer.Option(help="The stream.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the audit.")]
_DEMO = "fleet-demo"


@schedule.command("list")
def list_schedules(data_dir: DataDir = None) -> None:
    """Every stream's schedule, when it comes next, and what came of its last time."""
    _ready(data_dir)
    from webapp.core.services import schedules as service

    rows = [(one.stream, *_when(one), one.last_outcome or "not yet", _by(one)) for one in service.snapshot()]
    tables.show(("stream", "when", "next", "last", "decided by"), rows)


@schedule.command("set")
def set_schedule(
    cron: Annotated[str, typer.Argument(help='Five fields in quotes: "0 2 * * *" is every night at 02:00.')],
    reason: Reason,
    stream: Stream = _DEMO,
    zone: Annotated[str, typer.Option(help="Time zone of these times; the installation's, if left out.")] = "",
    days: Annotated[int | None, typer.Option(help="Days of the stream's own telemetry to train on.")] = None,
    minutes: Annotated[float | None, typer.Option(help="Length of a training.")] = None,
    simulated_servers: Annotated[int | None, typer.Option(help="Simulated servers beside them; 0 for none.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Let trainings start at other times, or with another recipe; what is left out of the recipe stays."""
    _ready(data_dir)
    from webapp.core.policies.schedules import Plan
    from webapp.core.policies.training_runs import Recipe
    from webapp.core.services import schedules as service

    before = service.schedule(stream)
    asked = {"days": days, "minutes": minutes, "simulated_servers": simulated_servers}
    recipe = Recipe(**{**before.recipe, **{name: one for name, one in asked.items() if one is not None}})  # type: ignore[arg-type]
    made = service.change(stream, Plan(cron, zone, recipe, before.enabled), whoami(), reason)
    _say(made)


@schedule.command("on")
def switch_on(reason: Reason, stream: Stream = _DEMO, data_dir: DataDir = None) -> None:
    """Let trainings start by themselves; times that have passed are not made up for."""
    _ready(data_dir)
    from webapp.core.services import schedules as service

    _say(service.switch(stream, on=True, by=whoami(), reason=reason))


@schedule.command("off")
def switch_off(reason: Reason, stream: Stream = _DEMO, data_dir: DataDir = None) -> None:
    """Start no trainings by themselves until it is on again; one that runs goes on."""
    _ready(data_dir)
    from webapp.core.services import schedules as service

    _say(service.switch(stream, on=False, by=whoami(), reason=reason))


@schedule.command("run")
def run(reason: Reason, stream: Stream = _DEMO, data_dir: DataDir = None) -> None:
    """Start what the schedule starts, now."""
    _ready(data_dir)
    from webapp.core.services import schedules as service

    made = service.run_now(stream, whoami(), reason)
    print(f"Run {made.id} is queued: it starts from {made.start}.")


def _say(made: "TrainingSchedule") -> None:
    when, following = _when(made)
    print(f"{made.stream}: {when}." if not made.enabled else f"{made.stream}: {when}, next {following}.")


def _when(one: "TrainingSchedule") -> tuple[str, str]:
    from webapp.core.policies.zones import zone_named

    if not one.enabled:
        return f"off ({one.words})", ""
    first = next(iter(one.coming), None)
    return one.words, "" if first is None else f"{first.at.astimezone(zone_named(one.zone)):%a %d %b %H:%M}"


def _by(one: "TrainingSchedule") -> str:
    return one.changed_by or "the default"


def _ready(data_dir: Path | None) -> None:
    place.settle(data_dir)
    place.need_schema()
