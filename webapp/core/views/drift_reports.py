"""What pages, API and commands say of drift. Plain values, no rows."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class DriftTest:
    """One test of one cell after the newest hour. `why_not` says why it was not made; then numbers are None."""

    test: str
    what: str
    servers: int
    statistic: float | None
    threshold: float | None
    effect: float | None
    why_not: str | None

    @property
    def ratio(self) -> float:
        """Its size in thresholds: from 1 on it is drift; 0 where it was not made."""
        return abs(self.statistic) / self.threshold if self.statistic is not None and self.threshold else 0.0


@dataclass(frozen=True, slots=True)
class DriftCell:
    """One metric of one group of servers; `cost` is how much larger the loss of the last day was, as a share."""

    group: str
    metric: str
    servers: int
    cost: float | None
    tests: tuple[DriftTest, ...]

    @property
    def strongest(self) -> DriftTest:
        return max(self.tests, key=lambda one: one.ratio)


@dataclass(frozen=True, slots=True)
class DriftPoint:
    """What the tests of a cell said after one hour: signed statistics in thresholds, None where one was not made."""

    at: datetime
    ratios: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class DriftEpisodeView:
    """One drift; `closed_at` None while it is open. Times are of the stream."""

    id: int
    group: str
    metric: str
    test: str
    what: str
    since_at: datetime
    opened_at: datetime
    closed_at: datetime | None
    why_closed: str | None
    statistic: float
    threshold: float
    peak: float
    effect: float
    said: str
    cost: float | None


@dataclass(frozen=True, slots=True)
class DriftDecisionView:
    """Whether to train, and why, from one hour of the stream to another."""

    retrain: bool
    code: str
    reason: str
    run: int | None
    run_status: str | None
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class DriftRule:
    """When a stream is trained after drift, and who said so; nobody did while `by` is empty."""

    enabled: bool
    open_hours: int
    new_hours: int
    pause_hours: int
    minutes: float
    by: str
    reason: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class DriftNeed:
    """What a test looks at, over how many hours, against which reference, and how many hours it still needs."""

    test: str
    what: str
    window_hours: int
    reference_hours: int
    cells: int
    missing_hours: int


@dataclass(frozen=True, slots=True)
class DriftSnapshot:
    """Everything that is known of drift on a stream. `looked_at` is None before the first look, which is due at
    `first_look_at`."""

    stream: str
    model: str
    servers: int
    groups: tuple[tuple[str, int], ...]
    cells: tuple[DriftCell, ...]
    points: tuple[DriftPoint, ...]
    episodes: tuple[DriftEpisodeView, ...]
    decisions: tuple[DriftDecisionView, ...]
    rule: DriftRule
    needs: tuple[DriftNeed, ...]
    reference_at: tuple[datetime, datetime] | None
    first_look_at: datetime | None
    watched_hours: int
    looked_at: datetime | None
