"""Forecasts: one fan per asset, origin and model version, never changed once written."""

from datetime import datetime

from sqlmodel import Field, SQLModel


class ForecastFan(SQLModel, table=True):
    """`fan` is the compressed float16 array [metric, step, quantile]; `input_hash` of the window it was made from."""

    __tablename__ = "forecasts"  # with a rowid on SQLite: blobs in a key-ordered table spill to pages of their own

    asset_id: int = Field(foreign_key="assets.id", primary_key=True)
    tick: int = Field(primary_key=True, index=True)
    model_version_id: int = Field(foreign_key="model_versions.id", primary_key=True)
    method: str = Field(max_length=16)
    reason: str | None = None
    input_hash: str = Field(max_length=32)
    made_at: datetime
    fan: bytes


class ForecastRun(SQLModel, table=True):
    """One cycle over a stream: its existence says that every forecast of `tick` is stored (or skipped)."""

    __tablename__ = "forecast_runs"
    __table_args__ = {"sqlite_with_rowid": False}

    stream_id: int = Field(foreign_key="streams.id", primary_key=True)
    tick: int = Field(primary_key=True)
    model_version_id: int = Field(foreign_key="model_versions.id")
    servers: int
    forecast: int
    skipped: bool = False
    runtime: str = Field(default="", max_length=64)
    due_at: datetime
    made_at: datetime = Field(index=True)
    duration_ms: float
