"""Promotions: every move of a stream's serving slot, so that "who was champion at 02:00?" has one answer."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel


class Promotion(SQLModel, table=True):
    """`move` counts a stream's moves from 0, as its slot does; `tick` is the newest one that the version before served.

    `kind` is a word of `policies.promotions.Kind`. Rows are only ever added.
    """

    __tablename__ = "promotions"
    __table_args__ = (UniqueConstraint("stream_id", "move"),)

    id: int | None = Field(default=None, primary_key=True)
    stream_id: int = Field(foreign_key="streams.id", index=True)
    move: int
    model_version_id: int = Field(foreign_key="model_versions.id")
    kind: str = Field(max_length=16)
    tick: int | None = None
    at: datetime
    by: str = Field(max_length=64)
    reason: str = Field(default="", max_length=500)
