"""`forewarn train` and `forewarn training`: ask for a training, follow it, cancel it, let it go on."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from webapp.cli import place, tables
from webapp.cli.options import DataDir
from webapp.cli.people import whoami

if TYPE_CHECKING:
    from webapp.core.views.training_runs import TrainingView

training = typer.Typer(help="Training runs: list, cancel, resume.", no_args_is_help=True, rich_markup_mode=None)
Stream = Annotated[str, typer.Option(help="Name of the stream.")]
Run = Annotated[int, typer.Argument(help="Number of the run.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the audit.")]
_LOOK_S = 2.0


def train(
    stream: Stream = "fleet-demo",
    days: Annotated[int, typer.Option(help="Days of the stream's own telemetry to train on.")] = 30,
    minutes: Annotated[float, typer.Option(help="Length of the training.")] = 10,
    simulated_servers: Annotated[int, typer.Option(help="Simulated servers to train on beside them; 0 for none.")] = 0,
    scratch: Annotated[bool, typer.Option("--scratch", help="Begin with an untrained network.")] = False,
    seed: Annotated[int, typer.Option(help="Seed of the training.")] = 1,
    reason: Reason = "",
    wait: Annotated[bool, typer.Option("--wait", help="Show how it goes until it ends; 1 unless it succeeds.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Train a candidate for a stream on its own telemetry, in the running console's training worker."""
    _ready(data_dir)
    from webapp.core.policies.training_runs import Mode, Recipe
    from webapp.core.services import training_runs as service

    mode = Mode.SCRATCH if scratch else Mode.FINE_TUNE
    recipe = Recipe(mode.value, days, simulated_servers, minutes, seed)
    made = service.request(stream, recipe, whoami(), reason)
    print(f"Run {made.id} is queued: it starts from {made.start}.")
    if wait:
        _follow(made.id)


def _follow(run_id: int) -> None:
    from webapp.core.services import training_runs as service

    said = ""
    while True:
        one = service.run(run_id)
        line = one.phase if one.status == "running" else one.status
        if line != said:
            print(f"{line}." if one.note is None else f"{line}: {one.note}")
            said = line
        if one.ended_at is not None:
            raise typer.Exit(0 if one.candidate else 1)
        time.sleep(_LOOK_S)


@training.command("list")
def list_runs(stream: Stream = "fleet-demo", data_dir: DataDir = None) -> None:
    """A stream's runs, the newest first."""
    _ready(data_dir)
    from webapp.core.services import training_runs as service

    tables.show(("run", "status", "by", "queued", "what", ""), [_row(one) for one in service.listed(stream)])


def _row(one: "TrainingView") -> tuple[str, ...]:
    status = "cancelling" if one.cancelling and one.ended_at is None else one.status
    what = one.candidate or f"{one.recipe['days']} days, {one.recipe['minutes']:g} min, from {one.start}"
    return str(one.id), status, one.by, f"{one.queued_at:%Y-%m-%d %H:%M} UTC", what, one.note or one.phase


@training.command("cancel")
def cancel(run: Run, reason: Reason = "", data_dir: DataDir = None) -> None:
    """End a run; its checkpoint stays."""
    _ready(data_dir)
    from webapp.core.services import training_runs as service

    service.cancel(run, whoami(), reason)
    print(f"Run {run} ends within seconds.")


@training.command("resume")
def resume(run: Run, reason: Reason = "", data_dir: DataDir = None) -> None:
    """Let a failed or cancelled run go on from its checkpoint."""
    _ready(data_dir)
    from webapp.core.services import training_runs as service

    service.again(run, whoami(), reason)
    print(f"Run {run} is queued again.")


def _ready(data_dir: Path | None) -> None:
    place.settle(data_dir)
    place.need_schema()
