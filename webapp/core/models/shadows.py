"""Shadows: versions that forecast beside a stream's champion. What they say is kept apart from what is served."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import JSON, Column, Field, SQLModel


class Shadow(SQLModel, table=True):
    """One stretch of shadowing; `why` is a word of `policies.shadows.Why`.

    A guard watches the promotion that was the slot's move `cause`, a candidate has cause 0. It forecasts origins after
    `since_tick` and up to `until_tick`. `verdict` and `evidence` hold what was decided when it ended, in numbers.
    """

    __tablename__ = "shadows"
    __table_args__ = (UniqueConstraint("stream_id", "model_version_id", "why", "cause"),)

    id: int | None = Field(default=None, primary_key=True)
    stream_id: int = Field(foreign_key="streams.id", index=True)
    model_version_id: int = Field(foreign_key="model_versions.id")
    why: str = Field(max_length=16)
    cause: int
    since_tick: int
    until_tick: int
    since_at: datetime
    ended_at: datetime | None = None
    verdict: str = Field(default="", max_length=16)
    note: str = Field(default="", max_length=500)
    evidence: dict[str, float] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))


class ShadowForecast(SQLModel, table=True):
    """A fan like those in `forecasts`, in a table that no reader of the champion's forecasts looks into."""

    __tablename__ = "shadow_forecasts"

    asset_id: int = Field(foreign_key="assets.id", primary_key=True)
    tick: int = Field(primary_key=True, index=True)
    model_version_id: int = Field(foreign_key="model_versions.id", primary_key=True)
    input_hash: str = Field(max_length=32)
    made_at: datetime
    fan: bytes


class ShadowRun(SQLModel, table=True):
    """One origin of a shadow: `servers` asked for, `forecast` answered; or passed over for a newer one."""

    __tablename__ = "shadow_runs"
    __table_args__ = {"sqlite_with_rowid": False}

    stream_id: int = Field(foreign_key="streams.id", primary_key=True)
    model_version_id: int = Field(foreign_key="model_versions.id", primary_key=True)
    tick: int = Field(primary_key=True)
    servers: int
    forecast: int
    skipped: bool
    made_at: datetime
    duration_ms: float
