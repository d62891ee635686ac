"""`forewarn replay` and `forewarn export`: recorded traces in, telemetry out."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from webapp.cli import place
from webapp.cli.options import DataDir
from webapp.cli.people import whoami
from webapp.core.errors import Invalid

FASTEST = 240
Speed = Annotated[str, typer.Option(help="Clock: 1 to 240 (x60 is fine too), or max.")]
FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
Start = Annotated[datetime | None, typer.Option(help="From this time on, UTC.", formats=FORMATS)]
End = Annotated[datetime | None, typer.Option(help="Up to this time, UTC.", formats=FORMATS)]


def replay(
    file: Annotated[Path, typer.Argument(help="A parquet file: asset, profile, at, then metrics.")],
    speed: Speed = "60",
    stream: Annotated[str | None, typer.Option(help="Name of the new stream; the file's, if left out.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Watch and forecast a recorded trace as a stream of its own."""
    place.settle(data_dir)
    place.need_schema()
    arguments = [str(file.absolute()), "--speed", str(as_speed(speed)), "--by", whoami()]
    arguments += ["--stream", stream] if stream else []
    command = [sys.executable, "-m", "workers.commands.replay", *arguments]  # by name: it reads files with pandas
    done = subprocess.run(command, cwd=place.ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise typer.Exit(done.returncode)
    made = json.loads(done.stdout.strip().splitlines()[-1])
    for note in made["notes"]:
        print(f"Note: {note}.")
    print(f"Stream {made['stream']} replays {made['servers']} servers; choose it in the top bar.")


def export(
    out: Annotated[Path, typer.Argument(help="The parquet file to write.")],
    stream: Annotated[str, typer.Option(help="The stream.")] = "fleet-demo",
    start: Start = None,
    end: End = None,
    data_dir: DataDir = None,
) -> None:
    """Write a stream's telemetry to parquet, in the layout that training and replay read."""
    place.settle(data_dir)
    place.need_schema()
    from webapp.core.services import exports

    first, last = (moment.replace(tzinfo=UTC) if moment else None for moment in (start, end))
    rows = exports.export(stream, out, first, last)
    print(f"{rows} rows written to {out}.")


def as_speed(text: str) -> float:
    """A clock's speed as people write it: 60, x60 or max (0)."""
    if text.lower() == "max":
        return 0.0
    try:
        speed = float(text.lower().removeprefix("x"))
    except ValueError:
        speed = -1.0
    if not 1 <= speed <= FASTEST:
        raise Invalid(f"{text} is not a speed: name one from 1 to {FASTEST}, or max.")
    return speed
