"""What people see of the store: what it takes, what is kept how long and by whose decision, the last sweeps."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class UsageView:
    """One sort of rows: about how much it takes, and how long before its stream's now the oldest one was."""

    name: str
    rows: int
    mb: float
    oldest: timedelta | None


@dataclass(frozen=True, slots=True)
class LimitView:
    """One limit in force; `by`, `at` and `reason` are those of the decision, None while the installation decides."""

    name: str
    value: int | None
    installation: int | None
    by: str | None
    at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class SweepView:
    """One sweep. `deleted` counts rows by sort; while it waits or runs there are no times and sizes yet."""

    by: str
    asked_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    deleted: tuple[tuple[str, int], ...]
    freed_mb: float | None
    note: str


@dataclass(frozen=True, slots=True)
class DiskView:
    """The disk below the data folder, in MB; `short` when it could fill before the cap is reached."""

    total_mb: float
    free_mb: float
    short: bool


@dataclass(frozen=True, slots=True)
class StorageSnapshot:
    """The page. `counted_at` is when the rows of `usage` were counted."""

    at: datetime
    used_mb: float
    usage: tuple[UsageView, ...]
    counted_at: datetime
    limits: tuple[LimitView, ...]
    disk: DiskView
    sweeps: tuple[SweepView, ...]
    next_sweep_at: datetime


@dataclass(frozen=True, slots=True)
class Consequence:
    """What the next sweep would do under other limits: sorts with rows and MB, and what then goes for the cap."""

    going: tuple[UsageView, ...]
    over_cap_mb: float
    next_sweep_at: datetime
