"""The inventory: every server of a stream, why it has its profile, and what became of its names. Plain values."""

from dataclasses import dataclass
from datetime import datetime

from webapp.core.views.profiles import Chosen, Rule
from webapp.core.views.streams import StreamView


@dataclass(frozen=True, slots=True)
class Retirement:
    """Since when a server is not watched any more, and why."""

    at: datetime
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class MergedEntry:
    """An entry that was merged into a server; `ticks` of its observations fill gaps of that one."""

    name: str
    at: datetime
    by: str
    reason: str
    ticks: int


@dataclass(frozen=True, slots=True)
class ServerEntry:
    """One server. `set_*` say who set its profile by hand; `reporting`: it is retired, and telemetry still came."""

    name: str
    chosen: Chosen
    told: str | None
    set_by: str | None
    set_at: datetime | None
    labels: tuple[tuple[str, str], ...]
    sender: str | None
    added_at: datetime
    first_at: datetime | None
    last_at: datetime | None
    aliases: tuple[str, ...]
    merged: tuple[MergedEntry, ...]
    retired: Retirement | None
    reporting: bool
    silent: bool
    depends_on: tuple[str, ...]
    needed_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Inventory:
    """All servers of a stream, as they were at `at`; `locked` says why none of them is renamed, retired or merged."""

    stream: StreamView
    at: datetime
    locked: str
    rules: tuple[Rule, ...]
    servers: tuple[ServerEntry, ...]
    circles: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One server whose profile other rules would change."""

    name: str
    before: str
    after: str
    why: str


@dataclass(frozen=True, slots=True)
class RulesPreview:
    """What rules would do: how many servers each one decides, and whose profile changes."""

    rules: tuple[Rule, ...]
    decides: tuple[int, ...]
    changes: tuple[Change, ...]
    servers: int


@dataclass(frozen=True, slots=True)
class InventoryTotals:
    """The inventories of all streams in numbers."""

    servers: int
    streams: int
    unknown: int
    retired: int
    reporting: tuple[str, ...]
