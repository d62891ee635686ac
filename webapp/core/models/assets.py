"""Assets: what a stream watches."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import JSON, Column, Field, SQLModel


class Asset(SQLModel, table=True):
    """One server. `depends_on` names servers of the same stream; `maintenance` lists the weekly
    windows of its simulator as [start, length] in ticks from Monday 00:00 UTC; what people plan has rows of its own."""

    __tablename__ = "assets"
    __table_args__ = (UniqueConstraint("stream_id", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    stream_id: int = Field(foreign_key="streams.id", index=True)
    name: str = Field(max_length=128)
    profile: str = Field(max_length=32)
    depends_on: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    maintenance: list[list[int]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    added_at: datetime
