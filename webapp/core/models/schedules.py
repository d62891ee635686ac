"""Schedules, and what became of each time at which one was due."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import JSON, Column, Field, SQLModel


class Schedule(SQLModel, table=True):
    """What starts by itself on a stream. Without a row the default holds.

    A due time is claimed by compare-and-set on `last_at`, up to which all times are dealt with; those before
    `changed_at` are nobody's. `cron` has five fields, read in `zone`; "" is the installation's. When it comes next
    follows from these and is not stored.
    """

    __tablename__ = "schedules"
    __table_args__ = (UniqueConstraint("stream_id", "what"),)

    id: int | None = Field(default=None, primary_key=True)
    stream_id: int = Field(foreign_key="streams.id")
    what: str = Field(max_length=16)
    cron: str = Field(max_length=100)
    zone: str = Field(default="", max_length=64)
    recipe: dict[str, object] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    enabled: bool
    last_at: datetime | None = None
    last_outcome: str = Field(default="", max_length=600)
    changed_by: str = Field(max_length=64)
    changed_at: datetime


class ScheduleRun(SQLModel, table=True):
    """A due time and what it came to; `due_at` is None where a person did not wait for one.

    What started is `by` whoever planned it then.
    """

    __tablename__ = "schedule_runs"

    id: int | None = Field(default=None, primary_key=True)
    schedule_id: int = Field(foreign_key="schedules.id", index=True)
    due_at: datetime | None = None
    at: datetime
    outcome: str = Field(max_length=16)
    run_id: int | None = Field(default=None, foreign_key="training_runs.id")
    by: str = Field(max_length=64)
    reason: str = Field(default="", max_length=500)
