"""Forewarn's own processes, queues and schedules: what it uses and what it is doing."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ProcessView:
    """One supervised child. `cpu_pct` is a share of one core over the last sample; memory in MB (10^6 bytes)."""

    name: str
    pid: int | None
    state: str
    started_at: datetime | None
    heartbeat_at: datetime | None
    cpu_pct: float
    memory_mb: float
    restarts: int
    note: str


@dataclass(frozen=True, slots=True)
class QueueView:
    """One Dramatiq queue: waiting, delayed (retries included) and dead-lettered messages; those that a worker has."""

    name: str
    waiting: int
    delayed: int
    dead: int
    running: int = 0
    retries: int = 0


@dataclass(frozen=True, slots=True)
class LetterView:
    """A job that was given up: after how many tries, with which last error."""

    id: str
    queue: str
    actor: str
    arguments: str
    at: datetime
    tries: int
    error: str


@dataclass(frozen=True, slots=True)
class RunningView:
    """A job that a worker is at."""

    actor: str
    arguments: str
    process: str
    since_at: datetime


@dataclass(frozen=True, slots=True)
class CycleView:
    """One forecast cycle of a stream: from the tick due to its forecast stored."""

    stream: str
    origin_at: datetime
    made_at: datetime
    servers: int
    forecast: int
    duration_ms: float
    model: str
    version: str


@dataclass(frozen=True, slots=True)
class FailureView:
    """A job that failed for good or is being retried."""

    actor: str
    queue: str
    at: datetime
    attempts: int
    error: str
    final: bool


@dataclass(frozen=True, slots=True)
class ScheduleView:
    """A recurring duty of the scheduler. `asked_at` and `asked_by` while somebody waits for it to run now."""

    name: str
    every: str
    last_at: datetime | None
    next_at: datetime | None
    note: str
    took_ms: float | None = None
    asked_at: datetime | None = None
    asked_by: str = ""


@dataclass(frozen=True, slots=True)
class JobsSnapshot:
    """The jobs page. `disk_mb` of `disk_cap_mb` is what telemetry and forecasts take; totals are over all processes."""

    at: datetime
    processes: tuple[ProcessView, ...]
    queues: tuple[QueueView, ...]
    cycles: tuple[CycleView, ...]
    failures: tuple[FailureView, ...]
    schedules: tuple[ScheduleView, ...]
    cpu_pct: float
    memory_mb: float
    disk_mb: float
    disk_cap_mb: float
    letters: tuple[LetterView, ...] = ()
    running: tuple[RunningView, ...] = ()
