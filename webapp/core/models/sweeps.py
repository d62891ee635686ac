"""Sweeps: when old rows were deleted, how many of what, and what that freed."""

from datetime import datetime

from sqlmodel import JSON, Column, Field, SQLModel


class Sweep(SQLModel, table=True):
    """One sweep. A person's is asked for first and has no `started_at` until a worker begins; `deleted` counts rows
    by what they were. Without `finished_at` long after its start, its worker died: the next one does the rest."""

    __tablename__ = "sweeps"

    id: int | None = Field(default=None, primary_key=True)
    by: str = Field(max_length=64)
    asked_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    deleted: dict[str, int] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    before_mb: float | None = None
    after_mb: float | None = None
    note: str | None = None
