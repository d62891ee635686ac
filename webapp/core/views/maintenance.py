"""What is planned of maintenance: windows as people made them, and what a stream's page needs. Plain values."""

from dataclasses import dataclass
from datetime import date, datetime

EVERY = "all"
"""Stands for every server where a profile is named."""


@dataclass(frozen=True, slots=True)
class Weekly:
    """Each week on `days` (0 is Monday) at a wall-clock time, `start_minute` after midnight, for `minutes` of elapsed
    time. The first day on which it may begin is `first`, the last one `last` (None: no end)."""

    days: tuple[int, ...]
    start_minute: int
    minutes: int
    first: date
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Once:
    """From one instant to another. In a request a time without a zone is wall time in the window's zone."""

    start_at: datetime
    end_at: datetime


@dataclass(frozen=True, slots=True)
class Planned:
    """One window that people made. It acts from tick `from_tick` on and, once it was cancelled or changed, up to
    `until_tick`, whatever its own times say: what lies before a change stays as it was."""

    id: int
    title: str
    profile: str | None
    servers: tuple[str, ...]
    zone: str
    when: Weekly | Once
    from_tick: int
    until_tick: int | None = None
    by: str = ""
    at: datetime | None = None

    def concerns(self, name: str, profile: str) -> bool:
        """Whether it is for this server."""
        return name in self.servers if self.profile is None else self.profile in (EVERY, profile)


@dataclass(frozen=True, slots=True)
class Lane:
    """One server as the calendar sees it; `timetable` lists weekly windows of its simulator as [start, length] in
    ticks from Monday 00:00 UTC."""

    name: str
    profile: str
    timetable: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class MaintenanceView:
    """A stream's calendar: its zone (`own_zone` None: the installation's), its present time, its servers and what is
    planned and not over."""

    stream: str
    zone: str
    own_zone: str | None
    at: datetime
    lanes: tuple[Lane, ...]
    planned: tuple[Planned, ...]


@dataclass(frozen=True, slots=True)
class MaintenanceMark:
    """One stretch of maintenance of one server; `id` is its window (None: the simulator's timetable), `alone` says
    that the window is for this server only."""

    id: int | None
    title: str
    start_at: datetime
    end_at: datetime
    alone: bool = False
