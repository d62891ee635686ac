"""Drift: what every hour was like, what a look after it found, what was made of that."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import JSON, Column, Field, SQLModel


class DriftState(SQLModel, table=True):
    """How far a stream is looked at: up to `hour` (hours since the epoch).

    The reference of `model_version_id` begins with hour `begin`, that of its forecasts with `begin_forecast`, None
    before it made any that matured.
    """

    __tablename__ = "drift_states"

    stream_id: int = Field(foreign_key="streams.id", primary_key=True)
    model_version_id: int = Field(foreign_key="model_versions.id")
    begin: int
    begin_forecast: int | None = None
    hour: int


class DriftHour(SQLModel, table=True):
    """One hour of all servers: `assets` are int32 ids, `data` compressed float32 [asset, metric, channel]."""

    __tablename__ = "drift_hours"

    stream_id: int = Field(foreign_key="streams.id", primary_key=True)
    hour: int = Field(primary_key=True)
    model_version_id: int = Field(foreign_key="model_versions.id")
    assets: bytes
    data: bytes


class DriftReport(SQLModel, table=True):
    """What the look after an hour found: `rows` names the groups of servers, `data` holds the arrays of a Look."""

    __tablename__ = "drift_reports"

    stream_id: int = Field(foreign_key="streams.id", primary_key=True)
    hour: int = Field(primary_key=True)
    model_version_id: int = Field(foreign_key="model_versions.id")
    rows: list[str] = Field(sa_column=Column(JSON, nullable=False))
    data: bytes
    made_at: datetime


class DriftEpisode(SQLModel, table=True):
    """One drift of one metric of one group of servers, from the hour that it was found to the hour that it was over.

    `since_hour` is when it began, as the change point says. `statistic`, `threshold`, `effect` and `cost` are the
    newest of the test that found it, `peak` the largest statistic and `peak_effect` what it was then.
    """

    __tablename__ = "drift_episodes"
    __table_args__ = (Index("ix_drift_episodes_stream_id_opened_hour", "stream_id", "opened_hour"),)

    id: int | None = Field(default=None, primary_key=True)
    stream_id: int = Field(foreign_key="streams.id")
    model_version_id: int = Field(foreign_key="model_versions.id")
    group: str = Field(max_length=32)
    metric: str = Field(max_length=32)
    test: str = Field(max_length=16)
    opened_hour: int
    since_hour: int
    closed_hour: int | None = None
    why_closed: str | None = Field(default=None, max_length=200)
    statistic: float
    threshold: float
    peak: float
    effect: float
    peak_effect: float
    cost: float | None = None
    opened_at: datetime
    closed_at: datetime | None = None


class DriftDecision(SQLModel, table=True):
    """Whether to train, and why: one row as long as the answer stays the same, from `first_hour` to `last_hour`."""

    __tablename__ = "drift_decisions"

    id: int | None = Field(default=None, primary_key=True)
    stream_id: int = Field(foreign_key="streams.id", index=True)
    first_hour: int
    last_hour: int
    retrain: bool
    code: str = Field(max_length=16)
    reason: str = Field(max_length=500)
    run_id: int | None = Field(default=None, foreign_key="training_runs.id")
    at: datetime


class DriftPolicy(SQLModel, table=True):
    """A stream's rule for training after drift, where people changed it."""

    __tablename__ = "drift_policies"

    stream_id: int = Field(foreign_key="streams.id", primary_key=True)
    enabled: bool = True
    open_hours: int
    new_hours: int
    pause_hours: int
    minutes: float
    by: str = Field(max_length=64)
    reason: str = Field(max_length=500)
    at: datetime
