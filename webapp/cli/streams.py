"""`forewarn stream`: what holds for a stream as a whole."""

from typing import Annotated

import typer

from webapp.cli import place
from webapp.cli.options import DataDir
from webapp.cli.people import whoami

stream = typer.Typer(help="Streams: zone.", no_args_is_help=True, rich_markup_mode=None)


@stream.callback()
def streams() -> None:
    """Keeps `zone` a command of its own name: a single command would take the group's."""


@stream.command("zone")
def zone(
    slug: Annotated[str, typer.Argument(help="The stream.")],
    zone: Annotated[str, typer.Argument(help="Like Europe/Berlin, or `default` for the installation's.")],
    data_dir: DataDir = None,
) -> None:
    """Plan a stream's maintenance in this time zone from now on; what is planned keeps its own."""
    place.settle(data_dir)
    place.need_schema()
    from webapp.core.services import streams as service

    changed = service.set_zone(slug, "" if zone == "default" else zone, whoami())
    print(f"Maintenance of {slug} is planned in {changed.zone}.")
