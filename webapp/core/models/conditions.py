"""Conditions: what is wrong right now that people are told of. A row is there as long as it holds."""

from datetime import datetime

from sqlmodel import Field, SQLModel


class Condition(SQLModel, table=True):
    """`key` names what is wrong with what; people are told once it has held for a while, at `opened_at`."""

    __tablename__ = "conditions"

    key: str = Field(max_length=120, primary_key=True)
    topic: str = Field(max_length=32)
    source: str = Field(max_length=64)
    seen_at: datetime
    opened_at: datetime | None = None
