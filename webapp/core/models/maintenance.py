"""Maintenance windows that people planned. A row's window never changes; a change ends it and makes another."""

from datetime import date, datetime

from sqlmodel import JSON, Column, Field, SQLModel


class MaintenanceWindow(SQLModel, table=True):
    """One window: for `profile` ("all" for every server) or, without one, for `servers` by name.

    Weekly, it has `days` (0 is Monday), `start_minute` of the day in `zone`, `minutes` of elapsed time, a first and
    perhaps a last day; once, it has `start_at` and `end_at`. It acts from tick `from_tick` on and, once it was ended,
    up to `until_tick`, so that the calendar of ticks that are stored stays as it was.
    """

    __tablename__ = "maintenance_windows"

    id: int | None = Field(default=None, primary_key=True)
    stream_id: int = Field(foreign_key="streams.id", index=True)
    title: str = Field(max_length=80)
    profile: str | None = Field(default=None, max_length=32)
    servers: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    zone: str = Field(max_length=64)
    days: list[int] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    start_minute: int | None = None
    minutes: int | None = None
    first_day: date | None = None
    last_day: date | None = None
    start_at: datetime | None = None
    end_at: datetime | None = None
    from_tick: int
    until_tick: int | None = None
    created_by: str = Field(max_length=64)
    created_at: datetime
    ended_by: str | None = Field(default=None, max_length=64)
    ended_at: datetime | None = None
    end_reason: str | None = Field(default=None, max_length=500)
