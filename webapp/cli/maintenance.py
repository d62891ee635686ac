"""`forewarn maintenance`: what is planned on a stream, one window more, one less."""

from pathlib import Path
from typing import Annotated

import typer

from webapp.cli import place, tables
from webapp.cli.options import DataDir
from webapp.cli.people import whoami

maintenance = typer.Typer(help="Maintenance: list, add, cancel.", no_args_is_help=True, rich_markup_mode=None)
Slug = Annotated[str, typer.Option(help="The stream.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the audit.")]


@maintenance.command("list")
def list_windows(stream: Slug = "fleet-demo", data_dir: DataDir = None) -> None:
    """Every window that is neither cancelled nor over, with its next start in its own zone."""
    _ready(data_dir)
    from webapp.core.policies import maintenance_words as words
    from webapp.core.services import maintenance as service

    view = service.overview(stream)
    rows = [
        (str(one.id), one.title, words.whom(one), words.when(one), words.next_start(one, view.at), one.by)
        for one in view.planned
    ]
    tables.show(("id", "title", "for", "when", "next", "by"), rows)
    simulated = sum(bool(one.timetable) for one in view.lanes)
    if simulated:
        print(f"The simulator maintains {simulated} servers each week by a timetable of its own.")


@maintenance.command("add")
def add(
    title: Annotated[str, typer.Argument(help="What is done.")],
    servers: Annotated[str, typer.Option(help="Names of servers, with commas.")] = "",
    profile: Annotated[str, typer.Option(help="Instead of servers: a profile, or all.")] = "",
    days: Annotated[
        str, typer.Option(help="Each week on these days: sun, or mon,thu, daily, weekdays, weekends.")
    ] = "",
    start: Annotated[str, typer.Option(help="02:00 of each such day, or 2026-11-29 02:00 once.")] = "",
    end: Annotated[str, typer.Option(help="2026-11-29 04:00; or say --duration.")] = "",
    duration: Annotated[str, typer.Option(help="2 h, 90 min or 1 h 30 min.")] = "",
    first: Annotated[str, typer.Option(help="First day of a weekly window; today, if left out.")] = "",
    last: Annotated[str, typer.Option(help="Last day of a weekly window; none, if left out.")] = "",
    zone: Annotated[str, typer.Option(help="Time zone of these times; the stream's, if left out.")] = "",
    stream: Slug = "fleet-demo",
    reason: Reason = "",
    data_dir: DataDir = None,
) -> None:
    """Plan a window, weekly or once; it acts from the next tick on. Prints its next occurrences."""
    _ready(data_dir)
    from webapp.core.policies import maintenance_requests as requests
    from webapp.core.policies import maintenance_words as words
    from webapp.core.services import maintenance_plans as service

    texts = {
        "title": title, "servers": servers, "profile": profile, "days": days, "start": start, "end": end,
        "duration": duration, "first": first, "last": last, "zone": zone,
    }  # fmt: skip
    made = service.add(stream, requests.request_of(texts), whoami(), reason)
    print(f"{made.id}: {made.title}, for {words.whom(made)}, {words.when(made)}.")
    for line in words.preview(made, made.from_tick, made.zone):
        print(f"  {line}")


@maintenance.command("cancel")
def cancel(
    window: Annotated[int, typer.Argument(help="Its id, as `list` shows it.", min=1, max=2**31 - 1)],
    stream: Slug = "fleet-demo",
    reason: Reason = "",
    data_dir: DataDir = None,
) -> None:
    """End a window: one that runs ends now, one that is to come does not begin."""
    _ready(data_dir)
    from webapp.core.services import maintenance_plans as service

    ended = service.cancel(stream, window, whoami(), reason)
    print(f"{ended.title} is cancelled.")


def _ready(data_dir: Path | None) -> None:
    place.settle(data_dir)
    place.need_schema()
