"""Deliveries: one message to one target, how often it was tried and how that went."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import JSON, Column, Field, SQLModel


class Delivery(SQLModel, table=True):
    """A message that is owed. One row a target and `event_key`, so nothing is owed twice; `tries` is the fence of
    whoever sends, who holds the row until `busy_until_at`. A removed target leaves its name."""

    __tablename__ = "deliveries"
    __table_args__ = (UniqueConstraint("target_id", "event_key"),)

    id: int | None = Field(default=None, primary_key=True)
    target_id: int | None = Field(default=None, foreign_key="notification_targets.id")
    target: str = Field(max_length=48)
    event_key: str = Field(max_length=200)
    notice: dict[str, str] = Field(sa_column=Column(JSON, nullable=False))
    state: str = Field(max_length=16, index=True)
    tries: int = 0
    last_error: str | None = Field(default=None, max_length=500)
    created_at: datetime
    next_try_at: datetime | None = None
    busy_until_at: datetime | None = None
    ended_at: datetime | None = None
