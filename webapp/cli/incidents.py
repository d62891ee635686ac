"""`forewarn incidents`: breaches that happened, on the terminal or as a file."""

import json
from dataclasses import asdict
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from webapp.cli import place, tables
from webapp.cli.data import Start
from webapp.cli.options import AsJson, DataDir

if TYPE_CHECKING:
    from webapp.core.views.incidents import IncidentView

_SHOWN = 50


def incidents(
    stream: Annotated[str, typer.Option(help="The stream.")] = "fleet-demo",
    open_only: Annotated[bool, typer.Option("--open", help="Only those that are open.")] = False,
    since: Start = None,
    server: Annotated[str, typer.Option(help="Only this server.")] = "",
    csv: Annotated[Path | None, typer.Option(help="Write all that match to this file instead.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Print a stream's incidents, the newest start first, at most 50."""
    place.settle(data_dir)
    place.need_schema()
    from webapp.core.services import incidents as service
    from webapp.core.views.incidents import Shown, Wanted

    from_at = None if since is None else since.replace(tzinfo=UTC)
    wanted = Wanted(Shown.OPEN if open_only else Shown.ALL, server, since=from_at)
    if csv is not None:
        print(f"{service.export(stream, csv, wanted):,} incidents written to {csv}.")
        return
    found = service.listed(stream, wanted, limit=_SHOWN)
    if as_json:
        print(json.dumps({"incidents": [asdict(one) for one in found.incidents]}, default=str))
        return
    tables.show(("server", "metric", "over", "began, UTC", "min", "peak", "state"), map(_line, found.incidents))
    if found.following is not None:
        print(f"There are more; --csv FILE writes all, --since TIME starts later. Shown: {_SHOWN}.")


def _line(one: "IncidentView") -> tuple[str, ...]:
    state = f"{one.state.value}, not seen since {one.seen_at:%H:%M}" if one.silent else one.state.value
    more = (
        "in maintenance" if one.in_maintenance else "",
        "found in history" if one.in_history else "",
        f"scenario {one.scenario}" if one.scenario is not None else "",
    )
    return (
        one.server, one.metric, f"{one.threshold:g} {one.unit}", f"{one.start_at:%Y-%m-%d %H:%M}", f"{one.minutes:.0f}",
        f"{one.peak:.4g} {one.unit}", ", ".join([state, *(said for said in more if said)]),
    )  # fmt: skip
