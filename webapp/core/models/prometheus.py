"""Prometheus sources: which servers outside are read, how far, and how that went."""

from datetime import datetime

from sqlmodel import Field, SQLModel


class PrometheusSource(SQLModel, table=True):
    """One Prometheus server that feeds a stream.

    Ticks up to `cursor_tick` have been asked for; the first one asked for is `first_tick`. `secret` names a
    file in the data folder with the Authorization header: the header itself is in no row. Whoever reads holds
    the row until `busy_until_at`; after a failure nobody tries before `next_try_at`.
    """

    __tablename__ = "prometheus_sources"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=48, unique=True)
    stream_id: int = Field(foreign_key="streams.id", index=True)
    url: str = Field(max_length=500)
    secret: str | None = Field(default=None, max_length=64)
    mapping: str
    enabled: bool = True
    first_tick: int
    cursor_tick: int
    servers: int = 0
    failures: int = 0
    last_success_at: datetime | None = None
    last_error: str | None = None
    note: str | None = None
    busy_until_at: datetime | None = None
    next_try_at: datetime | None = None
    created_by: str = Field(max_length=64)
    created_at: datetime
