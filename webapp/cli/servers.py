"""`forewarn server`: the inventory of a stream, and what may be changed of one server."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from webapp.cli import place, tables
from webapp.cli.options import DataDir
from webapp.cli.people import whoami
from webapp.core.errors import Invalid

if TYPE_CHECKING:
    from webapp.core.views.inventory import Inventory, ServerEntry

server = typer.Typer(
    help="Servers of a stream: list, profile, rules, rename, retire, restore, merge, separate, depends.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Name = Annotated[str, typer.Argument(help="The server, by any name that it has or had.")]
Stream = Annotated[str, typer.Option(help="The stream.")]
Why = Annotated[str, typer.Option("--reason", help="Why; kept in the audit.")]
Maybe = Annotated[str, typer.Option("--reason", help="Why, if you like; kept in the audit.")]
_STREAM = "my-servers"


@server.command("list")
def list_servers(stream: Stream = _STREAM, data_dir: DataDir = None) -> None:
    """Every server: its profile and why it has that, when it was last seen, its other names, its state."""
    _ready(data_dir)
    from webapp.core.services import inventory

    found = inventory.inventory(stream)
    rows = [
        (one.name, one.chosen.profile, _why(one, found), f"{one.last_at:%Y-%m-%d %H:%M}" if one.last_at else "never",
         ", ".join([*one.aliases, *(f"{each.name} (merged)" for each in one.merged)]), _state(one))
        for one in found.servers
    ]  # fmt: skip
    tables.show(("server", "profile", "why", "last seen, UTC", "also", "state"), rows)
    for circle in found.circles:
        print(f"Note: {', '.join(circle)} depend on each other in a circle.")


def _why(one: "ServerEntry", found: "Inventory") -> str:
    from webapp.core.policies.profiles import why

    by = f", {one.set_by}" if one.set_by else ""
    return f"{why(one.chosen, found.rules)}{by}"


def _state(one: "ServerEntry") -> str:
    if one.retired is not None:
        still = ", but still reporting" if one.reporting else ""
        return f"retired{still}: {one.retired.reason}"
    return "silent" if one.silent else "reports"


@server.command("profile")
def set_profile(
    name: Name,
    profile: Annotated[str, typer.Argument(help="A profile like web or database; auto leaves it to the rules again.")],
    stream: Stream = _STREAM,
    reason: Maybe = "",
    data_dir: DataDir = None,
) -> None:
    """Say by hand what a server does; it holds from the next cycle on."""
    _ready(data_dir)
    from webapp.core.services import profiles

    held = profiles.set_by_hand(stream, name, "" if profile == "auto" else profile, whoami(), reason)
    print(f"{name} is forecast as {held} from the next cycle on.")


@server.command("rules")
def rules(
    file: Annotated[Path | None, typer.Option("--from", help="File with the rules, one a line.")] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Put them into force; without it they are only tried.")
    ] = False,
    stream: Stream = _STREAM,
    reason: Maybe = "",
    data_dir: DataDir = None,
) -> None:
    """Print a stream's profile rules, or try others: "name db* database", "label job=postgres database"."""
    _ready(data_dir)
    from webapp.core.services import profiles

    before = profiles.written(stream)
    if file is None:
        print(before, end="")
        return
    text = _text(file)
    found = profiles.preview(stream, text)
    tables.show(
        ("server", "is", "becomes", "why"), [(one.name, one.before, one.after, one.why) for one in found.changes]
    )
    if not apply:
        print(f"{len(found.changes)} of {found.servers} servers would change. Nothing was changed: add --apply.")
        return
    changed = profiles.set_rules(stream, text, before, whoami(), reason)
    print(f"Rules in force: {len(found.rules)}; servers with another profile from the next cycle on: {changed}.")


@server.command("rename")
def rename(
    name: Name,
    new_name: Annotated[str, typer.Argument(help="Its new name.")],
    reason: Why,
    stream: Stream = _STREAM,
    data_dir: DataDir = None,
) -> None:
    """Give a server another name; whoever sends the old one still means it."""
    _ready(data_dir)
    from webapp.core.services import inventory

    print(f"{name} is called {inventory.rename(stream, name, new_name, whoami(), reason)} now.")


@server.command("retire")
def retire(name: Name, reason: Why, stream: Stream = _STREAM, data_dir: DataDir = None) -> None:
    """Forecast and count a server no more; its history stays."""
    _ready(data_dir)
    from webapp.core.services import inventory

    inventory.retire(stream, name, whoami(), reason)
    print(f"{name} is retired. What it still sends is stored; `forewarn server restore` brings it back.")


@server.command("restore")
def restore(name: Name, reason: Why, stream: Stream = _STREAM, data_dir: DataDir = None) -> None:
    """Forecast a retired server again."""
    _ready(data_dir)
    from webapp.core.services import inventory

    inventory.restore(stream, name, whoami(), reason)
    print(f"{name} is forecast again from the next cycle on.")


@server.command("merge")
def merge(
    name: Name,
    into: Annotated[str, typer.Argument(help="The server to keep.")],
    reason: Why,
    stream: Stream = _STREAM,
    data_dir: DataDir = None,
) -> None:
    """Make one server of two: NAME becomes another name of INTO and fills its gaps."""
    _ready(data_dir)
    from webapp.core.services import merges

    ticks = merges.merge(stream, name, into, whoami(), reason)
    print(f"{name} is {into} now; {ticks} of its observations fill gaps. `forewarn server separate` takes it back.")


@server.command("separate")
def separate(name: Name, reason: Why, stream: Stream = _STREAM, data_dir: DataDir = None) -> None:
    """Make two servers of one that was merged; each has its own observations again."""
    _ready(data_dir)
    from webapp.core.services import merges

    ticks = merges.separate(stream, name, whoami(), reason)
    print(f"{name} stands for itself again; {ticks} copied observations were taken back.")


@server.command("depends")
def depends(
    name: Annotated[str, typer.Argument(help="One server; all, if left out.")] = "",
    on: Annotated[list[str] | None, typer.Option("--on", help="What it depends on; repeat it.")] = None,
    nothing: Annotated[bool, typer.Option("--nothing", help="It depends on no other server.")] = False,
    file: Annotated[
        Path | None, typer.Option("--from", help='Replace the whole graph: "web-1 -> pg-2" or CSV.')
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Print the graph as CSV.")] = False,
    stream: Stream = _STREAM,
    reason: Maybe = "",
    data_dir: DataDir = None,
) -> None:
    """Print what depends on what, or change it."""
    _ready(data_dir)
    from webapp.core.services import dependencies

    if file is not None:
        came, went = dependencies.set_graph(stream, _text(file), whoami(), reason)
        print(f"{came} dependencies came, {went} went.")
    elif name and (on or nothing):
        needs = dependencies.set_needs(stream, name, on or [], whoami(), reason)
        print(f"{name} depends on {', '.join(needs) or 'no other server'}.")
    elif name:
        _print_one(stream, name)
    else:
        print(dependencies.written(stream, csv=csv), end="")


def _print_one(stream: str, name: str) -> None:
    from webapp.core.services import inventory

    wanted = inventory.current_name(stream, name)
    one = next((each for each in inventory.inventory(stream).servers if each.name == wanted), None)
    if one is None:
        raise Invalid(f"{stream} has no server called {name}. See: forewarn server list --stream {stream}")
    print(f"{one.name} depends on {', '.join(one.depends_on) or 'no other server'}.")
    print(f"It is needed by {', '.join(one.needed_by) or 'no other server'}.")


def _ready(data_dir: Path | None) -> None:
    place.settle(data_dir)
    place.need_schema()


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Invalid(f"The file {file} is no UTF-8 text.") from error
