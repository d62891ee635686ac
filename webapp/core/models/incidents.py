"""Incidents: breaches that happened. Small rows, kept for good."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel


class Incident(SQLModel, table=True):
    """One breach of one metric of one server, judged by `threshold` from its start to its end.

    `start_tick` is the first observation over it, `end_tick` the first clear one, None while it is open.
    `seen_tick` is its last observation, `clear_tick` a clear one that no second has followed yet, `closed_tick` the
    tick at which its end was known. `lost`: it ended because nobody saw the metric for more than an hour.
    `in_maintenance`: all of it lies in maintenance; `in_history`: it was found in what was filled in afterwards.
    `scenario_id`: the scenario without which the server would have been clear at the start.
    """

    __tablename__ = "incidents"
    __table_args__ = (
        UniqueConstraint("asset_id", "metric", "start_tick"),
        Index("ix_incidents_stream_id_start_tick", "stream_id", "start_tick"),
        Index("ix_incidents_stream_id_closed_tick", "stream_id", "closed_tick"),
    )

    id: int | None = Field(default=None, primary_key=True)
    stream_id: int = Field(foreign_key="streams.id")
    asset_id: int = Field(foreign_key="assets.id")
    metric: str = Field(max_length=32)
    threshold: float
    start_tick: int
    end_tick: int | None = None
    seen_tick: int
    clear_tick: int | None = None
    closed_tick: int | None = None
    peak: float
    peak_tick: int
    lost: bool = False
    in_maintenance: bool = False
    in_history: bool = False
    scenario_id: int | None = Field(default=None, foreign_key="scenarios.id")
    opened_at: datetime
    closed_at: datetime | None = None


class IncidentScan(SQLModel, table=True):
    """How far a stream is judged: up to `tick`, with every batch up to `batch_id` taken into account."""

    __tablename__ = "incident_scans"

    stream_id: int = Field(foreign_key="streams.id", primary_key=True)
    tick: int
    batch_id: int
