"""Scenarios: degradations that people inject, and the twin values without them."""

from datetime import datetime

from sqlmodel import JSON, Column, Field, SQLModel

from webapp.core.views.scenarios import ScenarioStatus


class Scenario(SQLModel, table=True):
    """One injection. All ticks are absolute; the simulator gets them relative to the stream's epoch.

    `stop_tick` ends it at once; at or before `start_tick` it never touched anything. `ended_by` says what ended it
    before its time. `forewarned_tick` is the first origin that gave the breach at least p*,
    `predicted_tick` the crossing that the newest forecast gives, `breached_tick` the true one; `over_ticks`
    counts each server's observations in a row over the threshold so far.
    """

    __tablename__ = "scenarios"

    id: int | None = Field(default=None, primary_key=True)
    stream_id: int = Field(foreign_key="streams.id", index=True)
    kind: str = Field(max_length=32)
    assets: list[str] = Field(sa_column=Column(JSON, nullable=False))
    metric: str = Field(max_length=32)
    intensity: float
    start_tick: int
    ramp_ticks: int
    hold_ticks: int
    recover_ticks: int
    stop_tick: int | None = None
    seed: int
    guard_metric: str | None = None
    guard_threshold: float | None = None
    hypothesis: str = Field(max_length=500)
    status: str = Field(default=ScenarioStatus.QUEUED.value, max_length=16)
    created_by: str
    created_at: datetime
    ended_by: str | None = Field(default=None, max_length=16)
    stopped_by: str | None = None
    stop_reason: str | None = None
    forewarned_tick: int | None = None
    predicted_tick: float | None = None
    breached_tick: int | None = None
    over_ticks: dict[str, int] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))


class Twin(SQLModel, table=True):
    """The same server at the same tick without any injection: `values` float32 [metric], `fan` as a forecast's."""

    __tablename__ = "twins"

    asset_id: int = Field(foreign_key="assets.id", primary_key=True)
    tick: int = Field(primary_key=True)
    observed: bytes
    fan: bytes | None = None
