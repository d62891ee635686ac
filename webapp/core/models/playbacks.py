"""Playbacks: who drives a stream's clock now. One row a stream, held by a lease."""

from datetime import datetime

from sqlmodel import Field, SQLModel


class Playback(SQLModel, table=True):
    """`fence` grows with every claim; a driver whose fence is no longer the row's must stop writing.

    `path` is the recorded trace of a replay, None for a simulation.
    """

    __tablename__ = "playbacks"

    id: int | None = Field(default=None, primary_key=True)
    stream_id: int = Field(foreign_key="streams.id", unique=True)
    path: str | None = None
    fence: int = 0
    owner: str | None = None
    lease_until_at: datetime | None = None
    finished_at: datetime | None = None
    note: str | None = None
