"""The page Connect as plain values: what a test found, and the sources that there are."""

from collections.abc import Iterable
from dataclasses import dataclass

from webapp.core.clock import now
from webapp.core.policies import wording
from webapp.core.policies.wording import Zone
from webapp.core.views.prometheus import Preview, SourceView

_SHOWN = 6


@dataclass(frozen=True)
class PreviewRow:
    """One query of the mapping, with what it answered."""

    metric: str
    servers: str
    now: str
    tone: str


@dataclass(frozen=True)
class SourceRow:
    """One Prometheus source."""

    name: str
    stream: str
    url: str
    servers: str
    read: str
    state: str
    tone: str
    paused: bool = False


def preview_rows(found: Preview) -> list[PreviewRow]:
    """The table of a preview."""
    return [
        PreviewRow(
            one.metric,
            str(one.servers),
            one.problem or ", ".join(f"{name} {value:.2f}" for name, value in one.examples),
            "fw-critical" if one.problem else "fw-second",
        )
        for one in found.metrics
    ]


def found_words(found: Preview) -> str:
    """Which servers answered."""
    if not found.servers:
        return "No server was found."
    named, more = ", ".join(found.servers[:_SHOWN]), len(found.servers) - _SHOWN
    count = "1 server" if len(found.servers) == 1 else f"{len(found.servers)} servers"
    return f"{count}: {named}{f' and {more} more' if more > 0 else ''}."


def source_rows(sources: Iterable[SourceView], zone: Zone) -> list[SourceRow]:
    """The table of sources."""
    return [
        SourceRow(
            one.name,
            one.stream,
            one.url,
            str(one.servers),
            f"{wording.clock_time(one.read_to, zone, now())}, {one.filled:.0%}",
            "paused" if not one.enabled else one.last_error or one.note or "read on",
            "fw-critical" if one.enabled and one.last_error else "fw-second",
            not one.enabled,
        )
        for one in sources
    ]
