"""Telemetry: one wide row per asset and tick, and the batches that brought them."""

from datetime import datetime

from sqlmodel import Field, SQLModel


class Telemetry(SQLModel, table=True):
    """What was observed; NULL where a metric was not. The columns are `ml.schema.METRICS`, in order."""

    __tablename__ = "telemetry"
    __table_args__ = {"sqlite_with_rowid": False}

    asset_id: int = Field(foreign_key="assets.id", primary_key=True)
    tick: int = Field(primary_key=True)
    cpu_pct: float | None = None
    memory_pct: float | None = None
    disk_used_pct: float | None = None
    disk_io_mbps: float | None = None
    net_mbps: float | None = None
    latency_ms: float | None = None
    error_pct: float | None = None


class TelemetryBatch(SQLModel, table=True):
    """One stored batch. Readers that cache windows follow the ids: a batch with older ticks is late data."""

    __tablename__ = "telemetry_batches"

    id: int | None = Field(default=None, primary_key=True)
    stream_id: int = Field(foreign_key="streams.id", index=True)
    first_tick: int
    last_tick: int
    rows: int
    source: str = Field(max_length=64)
    stored_at: datetime
