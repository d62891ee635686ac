"""The `forewarn` command. Each command imports what it needs when it runs, so that help is instant."""

import os
import signal
import sys
from typing import Annotated

import typer

from webapp.cli import (
    audit,
    bench,
    data,
    doctor,
    drift,
    evidence,
    faults,
    incidents,
    jobs,
    maintenance,
    models,
    notify,
    people,
    place,
    prometheus,
    schedules,
    servers,
    streams,
    thresholds,
    training,
)
from webapp.cli.options import DataDir

app = typer.Typer(
    name="forewarn",
    help="Forewarn: forecasts a fleet of servers eight hours ahead and says what will break, when and why.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(people.user, name="user")
app.add_typer(people.key, name="key")
app.add_typer(audit.audit, name="audit")
app.add_typer(models.model, name="model")
app.add_typer(training.training, name="training")
app.add_typer(evidence.evidence, name="evidence")
app.add_typer(schedules.schedule, name="schedule")
app.add_typer(prometheus.prometheus, name="prometheus")
app.add_typer(thresholds.thresholds, name="thresholds")
app.add_typer(servers.server, name="server")
app.add_typer(maintenance.maintenance, name="maintenance")
app.add_typer(streams.stream, name="stream")
app.add_typer(notify.notify, name="notify")
app.add_typer(jobs.jobs, name="jobs")
app.add_typer(bench.bench, name="bench")
app.add_typer(bench.drill, name="drill")
app.command("doctor")(doctor.doctor)
app.command("train")(training.train)
app.command("approve")(models.approve)
app.command("reject")(models.reject)
app.command("rollback")(models.rollback)
app.command("replay")(data.replay)
app.command("export")(data.export)
app.command("incidents")(incidents.incidents)
app.command("drift")(drift.drift)


@app.command()
def up(
    port: Annotated[int | None, typer.Option(help="Port of the console.", show_default="8400")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")] = None,
    data_dir: DataDir = None,
    speed: Annotated[
        str | None, typer.Option(help="Clock of a new demo fleet: 1 to 240, or max.", show_default="60")
    ] = None,
    servers: Annotated[int | None, typer.Option(help="Servers of a new demo fleet.", show_default="20")] = None,
    no_demo: Annotated[bool, typer.Option("--no-demo", help="Do not create the demo fleet.")] = False,
) -> None:
    """Start everything and stay in the foreground; Ctrl-C stops it."""
    from webapp.cli.up import up as run

    choose("PORT", port)
    choose("HOST", host)
    choose("DEMO_SPEED", None if speed is None else data.as_speed(speed))
    choose("DEMO_SERVERS", servers)
    choose("DEMO", "false" if no_demo else None)
    place.settle(data_dir)
    from webapp.core.settings import settings

    run(settings())


@app.command("run")
def run_one(
    name: Annotated[str, typer.Argument(help="web, inference, playback, training, shadow, default or scheduler.")],
    data_dir: DataDir = None,
) -> None:
    """Become one process of the console, for containers and service managers; `forewarn up` runs all."""
    place.settle(data_dir)
    from webapp.cli.lineup import become

    become(name)


@app.command()
def build() -> None:
    """Build the pages now, if a source has changed; `forewarn up` does it by itself."""
    place.settle()
    from webapp.cli.frontend import build_now

    build_now()


@app.command()
def migrate(data_dir: DataDir = None) -> None:
    """Bring the database to the newest schema; `forewarn up` does it by itself."""
    place.settle(data_dir)
    from webapp.core.db import migrate as to_head
    from webapp.core.settings import settings

    if settings().database.startswith("sqlite"):
        place.make_writable(settings().data_dir)
    to_head()
    print("The schema is up to date.")


def choose(name: str, value: object | None) -> None:
    """Let an option of the command line win over the environment."""
    if value is not None:
        os.environ[f"FOREWARN_{name}"] = str(value)


def main() -> None:
    """Run a command; what is expected to go wrong is one line on stderr and exit code 1."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # until a command says otherwise, Ctrl-C is silent
    try:
        app()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader went away: no error
    except faults.expected() as error:
        sys.exit(f"forewarn: {faults.in_words(error)}")


if __name__ == "__main__":
    main()
