"""What people see of a training run. Plain values."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Held-out loss after an epoch."""

    network: str
    epoch: int
    loss: float


@dataclass(frozen=True, slots=True)
class TrainingView:
    """One run. `done` is a share of the training, `cancelling` that somebody asked it to stop."""

    id: int
    stream: str
    by: str
    reason: str
    recipe: dict[str, object]
    start: str
    status: str
    attempts: int
    cancelling: bool
    phase: str
    done: float
    minutes_left: float | None
    steps_per_s: float | None
    note: str | None
    candidate: str | None
    candidate_id: int | None
    manifest: dict[str, object]
    queued_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    seen_at: datetime | None
    curve: tuple[CurvePoint, ...]
