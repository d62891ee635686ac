"""What people see of a Prometheus source: how far it is read, and a preview before it is. Plain values."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class MetricPreview:
    """One query of the mapping: how many servers answer, with some of their values now."""

    metric: str
    servers: int
    examples: tuple[tuple[str, float], ...]
    problem: str | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a Prometheus server would bring: its servers, each query, and what was left out and why."""

    url: str
    at: datetime
    servers: tuple[str, ...]
    metrics: tuple[MetricPreview, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SourceView:
    """One source. `filled` is the share of the ticks since its first that have been read, up to `read_to`."""

    name: str
    stream: str
    url: str
    header: bool
    enabled: bool
    servers: int
    read_to: datetime
    filled: float
    behind_ticks: int
    last_success_at: datetime | None
    last_error: str | None
    note: str | None
