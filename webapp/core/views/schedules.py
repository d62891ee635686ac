"""What people see of a schedule. Plain values."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class DueView:
    """A time that comes, and what daylight saving does to it."""

    at: datetime
    note: str


@dataclass(frozen=True, slots=True)
class ScheduleRunView:
    """A due time, and whether it started run `run_id` or was skipped, and why."""

    due_at: datetime | None
    at: datetime
    outcome: str
    run_id: int | None
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class TrainingSchedule:
    """A stream's schedule of trainings. `words` say when, `coming` are the next times (none while it is off),
    `zone_own` is empty where the installation's zone holds; `changed_by` is empty while nobody has decided about it."""

    stream: str
    clock_set: bool
    cron: str
    zone: str
    zone_own: str
    words: str
    recipe: dict[str, object]
    enabled: bool
    coming: tuple[DueView, ...]
    last_at: datetime | None
    last_outcome: str
    changed_by: str
    changed_at: datetime | None
    history: tuple[ScheduleRunView, ...] = ()
