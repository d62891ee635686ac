"""Thresholds as people see them: one cell a profile and metric, and what a change of one would do. Plain values."""

from dataclasses import dataclass
from datetime import datetime

from webapp.core.views.severity import Severity


@dataclass(frozen=True, slots=True)
class Shown:
    """What somebody saw before they changed it; a limit of None is a metric that is not watched."""

    limit: float | None


@dataclass(frozen=True, slots=True)
class ThresholdView:
    """One threshold. `by`, `at` and `reason` are of its last change, None where the default holds."""

    profile: str
    metric: str
    limit: float | None
    default: float
    by: str | None = None
    at: datetime | None = None
    reason: str | None = None

    @property
    def changed(self) -> bool:
        return self.limit != self.default


@dataclass(frozen=True, slots=True)
class ProfileView:
    """One profile: how many servers of the stream have it, and a threshold a metric, in the contract's order."""

    profile: str
    servers: int
    metrics: tuple[ThresholdView, ...]


@dataclass(frozen=True, slots=True)
class ThresholdsSnapshot:
    """Every profile's thresholds on one stream, those that it has servers of first.

    `judging_since_at` while the newest risks were judged by earlier thresholds.
    """

    slug: str
    profiles: tuple[ProfileView, ...]
    judging_since_at: datetime | None = None

    @property
    def changed(self) -> int:
        return sum(one.changed for profile in self.profiles for one in profile.metrics)


@dataclass(frozen=True, slots=True)
class Breached:
    """How many servers were in breach, for how many minutes in total, and which share that is of what was observed."""

    servers: int
    minutes: int
    share: float


@dataclass(frozen=True, slots=True)
class Move:
    """A server whose severity would change at once."""

    server: str
    before: Severity
    after: Severity


@dataclass(frozen=True, slots=True)
class ThresholdPreview:
    """What a limit would have done in the last `days` of stored observations, and what it would do now.

    `moves` is of the newest forecast, whose last observation is of `origin_at`; None without any.
    """

    profile: str
    metric: str
    before: float | None
    limit: float | None
    servers: int
    days: float
    was: Breached
    would: Breached
    moves: tuple[Move, ...]
    origin_at: datetime | None
