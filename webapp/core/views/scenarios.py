"""Scenarios as people see them: the library, what runs now, what ran."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ml.contracts import Floats


class ScenarioStatus(StrEnum):
    """queued -> running -> finished; or stopped for safety (the lever, its guard); or cancelled by a person."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    STOPPED = "stopped"
    CANCELLED = "cancelled"


class EndedBy(StrEnum):
    """What ended a scenario before its time."""

    LEVER = "lever"
    GUARD = "guard"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class ScenarioView:
    """One scenario. Ticks are indexes since the stream's epoch; times are the stream's."""

    id: int
    kind: str
    label: str
    assets: tuple[str, ...]
    metric: str
    intensity: float
    ramp_ticks: int
    hold_ticks: int
    recover_ticks: int
    seed: int
    start_tick: int
    start_at: datetime
    end_at: datetime
    status: ScenarioStatus
    hypothesis: str
    guard_metric: str | None
    guard_threshold: float | None
    created_by: str
    stopped_by: str | None
    stop_reason: str | None
    forewarned_at: datetime | None
    """First forecast origin, after the start, that gave the breach of `metric` a probability >= p*."""
    predicted_at: datetime | None
    """The crossing time that the latest forecast gives (median, given that it crosses)."""
    breached_at: datetime | None
    """When the metric went over its threshold for two observations, None while it has not."""
    ended_by: EndedBy | None = None
    began: bool = True
    """False for one that was ended before it touched a tick."""


@dataclass(frozen=True, slots=True)
class Lane:
    """One reality on the scenarios page. `history` [T] from `start_at`; `fan` [H, Q] from its last point."""

    start_at: datetime
    history: Floats
    fan: Floats | None


@dataclass(frozen=True, slots=True)
class ExperimentView:
    """The selected running scenario with its two lanes on one scale: with the injection and without."""

    scenario: ScenarioView
    asset: str
    metric: str
    threshold: float | None
    guard_now: float | None
    with_injection: Lane
    without: Lane | None
