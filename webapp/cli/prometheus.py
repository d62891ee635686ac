"""`forewarn prometheus`: your own servers, read from a Prometheus server that scrapes node_exporter."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from webapp.cli import place, tables
from webapp.cli.options import DataDir
from webapp.cli.people import whoami
from webapp.core.errors import Invalid

if TYPE_CHECKING:
    from webapp.core.views.prometheus import Preview

prometheus = typer.Typer(
    help="Prometheus servers to read: test, add, list, pause, resume, remove, mapping.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Name = Annotated[str, typer.Argument(help="Name of the source.")]
Url = Annotated[str, typer.Argument(help="Address of the Prometheus server, like http://prometheus.example:9090.")]
Header = Annotated[Path | None, typer.Option(help="File with one line: Authorization: Bearer TOKEN.")]
Mapping = Annotated[Path | None, typer.Option(help="TOML file that says which PromQL stands for which metric.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the audit.")]
_SHOWN = 12


@prometheus.command("test")
def try_out(url: Url, header_file: Header = None, mapping: Mapping = None) -> None:
    """Ask a Prometheus server once and print the servers and values it would bring; nothing is stored."""
    place.settle()
    _show(_preview(url, header_file, mapping))


@prometheus.command("add")
def add(
    name: Name,
    url: Url,
    header_file: Header = None,
    mapping: Mapping = None,
    stream: Annotated[str | None, typer.Option(help="Stream to feed; the source's name, if left out.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Watch and forecast the servers of a Prometheus: tests it, reads eight days of history, then every tick."""
    _ready(data_dir)
    from webapp.core.services import prometheus as service

    found = _preview(url, header_file, mapping)
    _show(found)
    if not found.servers:
        raise Invalid("Nothing was added: no server was found. The lines above say what each query answered.")
    made = service.add(name, url, whoami(), _header(header_file), _mapping(mapping), stream)
    print(f"Stream {made.stream} takes {_count(found)} from {made.url}; choose it in the top bar.")
    print("Eight days of history are being read; `forewarn prometheus list` says how far.")


@prometheus.command("list")
def list_sources(data_dir: DataDir = None) -> None:
    """All sources: how far each is read, and what went wrong last."""
    _ready(data_dir)
    from webapp.core.services import prometheus as service

    rows = [
        (
            one.name,
            one.stream,
            one.url,
            str(one.servers),
            f"{one.read_to:%Y-%m-%d %H:%M} UTC, {one.filled:.0%}",
            "paused" if not one.enabled else one.last_error or one.note or "ok",
        )
        for one in service.listed()
    ]
    tables.show(("name", "stream", "address", "servers", "read to", ""), rows)


@prometheus.command("pause")
def pause(name: Name, reason: Reason = "", data_dir: DataDir = None) -> None:
    """Read a source no further for now."""
    _ready(data_dir)
    from webapp.core.services import prometheus as service

    service.set_enabled(name, False, whoami(), reason)
    print(f"{name} is paused.")


@prometheus.command("resume")
def resume(name: Name, reason: Reason = "", data_dir: DataDir = None) -> None:
    """Read a paused source on, from where it was."""
    _ready(data_dir)
    from webapp.core.services import prometheus as service

    service.set_enabled(name, True, whoami(), reason)
    print(f"{name} is read on.")


@prometheus.command("remove")
def remove(name: Name, reason: Reason = "", data_dir: DataDir = None) -> None:
    """Stop reading a source and forget its header; what it brought stays."""
    _ready(data_dir)
    from webapp.core.services import prometheus as service

    service.remove(name, whoami(), reason)
    print(f"{name} is removed. Its stream keeps what it brought.")


@prometheus.command("mapping")
def show_mapping() -> None:
    """Print the mapping in force without --mapping, to start one of your own from."""
    from webapp.core.policies.prometheus import DEFAULT

    print(DEFAULT, end="")


def _ready(data_dir: Path | None) -> None:
    place.settle(data_dir)
    place.need_schema()


def _preview(url: str, header_file: Path | None, mapping: Path | None) -> "Preview":
    from webapp.core.services import prometheus as service

    return service.preview(url, _header(header_file), _mapping(mapping))


def _header(file: Path | None) -> str | None:
    return None if file is None else _text(file, "header")


def _mapping(file: Path | None) -> str:
    from webapp.core.policies.prometheus import DEFAULT

    return DEFAULT if file is None else _text(file, "mapping")


def _text(file: Path, what: str) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Invalid(f"The {what} file {file} is no UTF-8 text.") from error


def _count(found: "Preview") -> str:
    return "1 server" if len(found.servers) == 1 else f"{len(found.servers)} servers"


def _show(found: "Preview") -> None:
    named = ", ".join(found.servers[:_SHOWN])
    more = f" and {len(found.servers) - _SHOWN} more" if len(found.servers) > _SHOWN else ""
    print(f"{found.url} answers; {_count(found)}: {named}{more}" if found.servers else found.url)
    rows = [
        (one.metric, str(one.servers), one.problem or ", ".join(f"{name} {value:.2f}" for name, value in one.examples))
        for one in found.metrics
    ]
    tables.show(("metric", "servers", "now"), rows)
    for note in found.notes:
        print(f"Note: {note}")
