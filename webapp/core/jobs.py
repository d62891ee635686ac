"""Typed jobs: what may be asked of the workers, by actor name, with ids only.

Every job may run twice, late or never; its actor looks at the rows before it acts.
"""

from dataclasses import asdict, dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Job:
    """Base of all jobs; `actor` names the worker's function, `queue` the process that runs it."""

    actor: ClassVar[str]
    queue: ClassVar[str]

    def arguments(self) -> dict[str, int]:
        """Keyword arguments of the actor."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ForecastRun(Job):
    """Forecast every server of a stream at `tick`; live streams skip to the newest tick."""

    actor: ClassVar[str] = "forecast_run"
    queue: ClassVar[str] = "inference"
    stream_id: int
    tick: int


@dataclass(frozen=True, slots=True)
class RisksJudge(Job):
    """Judge the newest risks of a stream again by the thresholds that hold now, where they changed."""

    actor: ClassVar[str] = "risks_judge"
    queue: ClassVar[str] = "inference"
    stream_id: int


@dataclass(frozen=True, slots=True)
class PlaybackRun(Job):
    """Drive a simulated or replayed stream until its clock stops or its lease is lost."""

    actor: ClassVar[str] = "playback_run"
    queue: ClassVar[str] = "playback"
    playback_id: int


@dataclass(frozen=True, slots=True)
class CoverageScore(Job):
    """Count, for the stream hour that ends at `tick`, how many points the 80 % intervals held."""

    actor: ClassVar[str] = "coverage_score"
    queue: ClassVar[str] = "default"
    stream_id: int
    tick: int


@dataclass(frozen=True, slots=True)
class DriftLook(Job):
    """Look for drift in every hour of a stream up to `tick` that was not looked at yet, some of them at a time."""

    actor: ClassVar[str] = "drift_look"
    queue: ClassVar[str] = "default"
    stream_id: int
    tick: int


@dataclass(frozen=True, slots=True)
class TruthScore(Job):
    """Score every stream hour whose truth is due, of each version that forecast it, then judge the last promotion."""

    actor: ClassVar[str] = "truth_score"
    queue: ClassVar[str] = "default"
    stream_id: int


@dataclass(frozen=True, slots=True)
class ShadowRun(Job):
    """Let a stream's shadows forecast the newest full hour that its champion forecast."""

    actor: ClassVar[str] = "shadow_run"
    queue: ClassVar[str] = "shadow"
    stream_id: int


@dataclass(frozen=True, slots=True)
class BreachScan(Job):
    """Judge what a stream has observed and that is not judged yet, for at most a minute."""

    actor: ClassVar[str] = "breach_scan"
    queue: ClassVar[str] = "default"
    stream_id: int


@dataclass(frozen=True, slots=True)
class RetentionSweep(Job):
    """Thin old fans and keep the data folder under its cap."""

    actor: ClassVar[str] = "retention_sweep"
    queue: ClassVar[str] = "default"


@dataclass(frozen=True, slots=True)
class HostSample(Job):
    """Observe the machine that Forewarn runs on, once."""

    actor: ClassVar[str] = "host_sample"
    queue: ClassVar[str] = "default"


@dataclass(frozen=True, slots=True)
class PrometheusRead(Job):
    """Read what a Prometheus source has that is not stored yet, for at most a minute."""

    actor: ClassVar[str] = "prometheus_read"
    queue: ClassVar[str] = "default"
    source_id: int


@dataclass(frozen=True, slots=True)
class NotificationSend(Job):
    """Try once to hand a message to a notification target, unless that was done or is not due."""

    actor: ClassVar[str] = "notification_send"
    queue: ClassVar[str] = "default"
    delivery_id: int


@dataclass(frozen=True, slots=True)
class ModelWarm(Job):
    """Load the version that a stream's slot names, before the next tick asks for it."""

    actor: ClassVar[str] = "model_warm"
    queue: ClassVar[str] = "inference"
    stream_id: int


@dataclass(frozen=True, slots=True)
class TrainingStart(Job):
    """Train as a run says, from its last checkpoint on."""

    actor: ClassVar[str] = "training_start"
    queue: ClassVar[str] = "training"
    run_id: int


MOST_DRIVEN = 8
"""Streams that one playback worker drives at once: a thread each."""
QUEUES = ("inference", "training", "playback", "default", "shadow")
