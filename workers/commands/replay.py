"""`forewarn replay FILE`: check and convert a recorded trace, then let a stream of its own play it."""

import argparse
import json
import re
import sys
from pathlib import Path

from ml.dataset.telemetry import DatasetError
from ml.schema import TICKS_PER_DAY
from webapp.core.errors import ForewarnError, Invalid
from webapp.core.policies.telemetry import name_problem
from webapp.core.services import places, streams
from webapp.core.settings import settings
from workers import recordings

_HISTORY = 3 * TICKS_PER_DAY


def main() -> None:
    """One JSON line about the new stream on stdout; one sentence on stderr and exit code 1 when it cannot be."""
    options = _options()
    try:
        print(json.dumps(start(options.file, options.stream, options.speed, options.by)))
    except (DatasetError, ForewarnError, OSError) as error:
        print(f"forewarn: {error}", file=sys.stderr)
        sys.exit(1)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Replay a recorded trace as a stream.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--stream")
    parser.add_argument("--speed", type=float, default=60.0, help="1 to 240; 0 means max")
    parser.add_argument("--by", default="cli")
    return parser.parse_args()


def start(file: Path, stream: str | None, speed: float, by: str) -> dict[str, object]:
    """Store the trace and create its stream; its first days (half of it at most) are history from the start."""
    telemetry = recordings.read(file)
    for name in telemetry.assets:
        if problem := name_problem(name):
            raise Invalid(f"{file}: the server name {name[:60]!r} cannot be used. {problem}")
    folder = recordings.store(telemetry, settings().data_dir / "replays")
    trace = recordings.load(folder)
    play_from = trace.first + min(_HISTORY, len(trace.values) // 2)
    slug = stream or _slug(file)
    ticks = trace.first, play_from, trace.last
    view = streams.create_replay(slug, places.kept(folder), len(trace.assets), ticks, speed, by)
    return {"stream": view.slug, "servers": view.servers, "ticks": len(trace.values), "notes": telemetry.notes}


def _slug(file: Path) -> str:
    return re.sub(r"[^a-z0-9]+", "-", file.stem.lower()).strip("-")[:48].strip("-") or "replay"


if __name__ == "__main__":
    main()
