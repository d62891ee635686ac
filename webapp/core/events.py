"""What happened, as hints to whoever watches. The rows hold the truth; an event holds ids only."""

from dataclasses import dataclass
from enum import StrEnum


class EventKind(StrEnum):
    """Kinds of hints that go over the event stream."""

    TELEMETRY_STORED = "telemetry_stored"
    FORECAST_STORED = "forecast_stored"
    INCIDENT_CHANGED = "incident_changed"
    SCENARIO_CHANGED = "scenario_changed"
    CLOCK_CHANGED = "clock_changed"
    MAINTENANCE_CHANGED = "maintenance_changed"
    STREAM_CHANGED = "stream_changed"
    MODEL_CHANGED = "model_changed"
    THRESHOLDS_CHANGED = "thresholds_changed"
    TRAINING_CHANGED = "training_changed"
    DRIFT_CHANGED = "drift_changed"
    TRUTH_SCORED = "truth_scored"
    AUDIT_WRITTEN = "audit_written"


@dataclass(frozen=True, slots=True)
class Event:
    """`subject` is the id of what changed (a tick, a scenario), as text."""

    kind: EventKind
    stream_id: int | None = None
    subject: str = ""
