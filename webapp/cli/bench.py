"""`forewarn bench` and `forewarn drill`: what a running system does and survives, each in a process of its own."""

import subprocess
import sys

import typer

from webapp.cli.place import ROOT

bench = typer.Typer(help="Measure the running system.", no_args_is_help=True, rich_markup_mode=None)
drill = typer.Typer(help="Try what a running system survives.", no_args_is_help=True, rich_markup_mode=None)
_PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


@bench.command(context_settings=_PASS_ON)
def live(context: typer.Context) -> None:
    """From a tick to the screen: --servers N --browsers M --seconds S --json."""
    _run("live", context.args)


@bench.command(context_settings=_PASS_ON)
def ingest(context: typer.Context) -> None:
    """Rows stored a second on each engine: --rows N --json."""
    _run("ingest", context.args)


@drill.command(context_settings=_PASS_ON)
def recovery(context: typer.Context) -> None:
    """Kill each process and watch the console recover: --json."""
    _run("recovery", context.args)


@drill.command(context_settings=_PASS_ON)
def rollback(context: typer.Context) -> None:
    """Promote another version, roll it back, and watch who forecasts: --json."""
    _run("rollback", context.args)


@drill.command(context_settings=_PASS_ON)
def lifecycle(context: typer.Context) -> None:
    """The whole life of a model, from drift to rollback: --stream fleet --smoke --json."""
    _run("lifecycle", context.args)


def _run(name: str, arguments: list[str]) -> None:
    """Started by name: the console's own code never imports the workers'."""
    command = [sys.executable, "-m", f"workers.commands.{name}", *arguments]
    raise typer.Exit(subprocess.call(command, cwd=ROOT))
