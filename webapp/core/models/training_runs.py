"""Training runs and the curve of each."""

from datetime import datetime

from sqlmodel import JSON, Column, Field, SQLModel


class TrainingRun(SQLModel, table=True):
    """One training. `status` is a word of `policies.training_runs.Status`, `recipe` what was asked for.

    Whoever trains holds the row until `lease_until_at` under a `fence` that grows with each claim; only the newest
    fence may write. `cancelled_by` asks the worker to stop. `manifest` says what the run really used.
    """

    __tablename__ = "training_runs"

    id: int | None = Field(default=None, primary_key=True)
    stream_id: int = Field(foreign_key="streams.id", index=True)
    by: str = Field(max_length=64)
    reason: str = Field(default="", max_length=500)
    recipe: dict[str, object] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    start_version_id: int = Field(foreign_key="model_versions.id")
    status: str = Field(max_length=16, index=True)
    attempts: int = 0
    fence: int = 0
    owner: str | None = Field(default=None, max_length=64)
    lease_until_at: datetime | None = None
    cancelled_by: str | None = Field(default=None, max_length=64)
    phase: str = Field(default="", max_length=120)
    done: float = 0
    minutes_left: float | None = None
    steps_per_s: float | None = None
    note: str | None = None
    version_id: int | None = Field(default=None, foreign_key="model_versions.id")
    manifest: dict[str, object] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    queued_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None


class TrainingPoint(SQLModel, table=True):
    """Held-out loss after an epoch of one of a run's networks."""

    __tablename__ = "training_points"

    run_id: int = Field(foreign_key="training_runs.id", primary_key=True)
    network: str = Field(max_length=16, primary_key=True)
    epoch: int = Field(primary_key=True)
    loss: float
    at: datetime
