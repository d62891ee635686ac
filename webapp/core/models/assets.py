"""Assets: what a stream watches, and the names that they had before."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import JSON, Column, Field, SQLModel


class Asset(SQLModel, table=True):
    """One server. `depends_on` names servers of the same stream; `maintenance` lists the weekly windows of
    its simulator as [start, length] in ticks from Monday 00:00 UTC; what people plan has rows of its own.

    `profile` is the one in force; it follows from what was set by hand, the stream's rules, what the sender told and
    the name (`policies.profiles`). `labels` are those of `labels_tick`, the newest that were sent; `sender` brought
    the newest batch. A retired server is not forecast, and what it still sends is stored.
    """

    __tablename__ = "assets"
    __table_args__ = (UniqueConstraint("stream_id", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    stream_id: int = Field(foreign_key="streams.id", index=True)
    name: str = Field(max_length=128)
    profile: str = Field(max_length=32)
    told_profile: str | None = Field(default=None, max_length=32)
    set_profile: str | None = Field(default=None, max_length=32)
    set_by: str | None = Field(default=None, max_length=64)
    set_at: datetime | None = None
    labels: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    labels_tick: int | None = None
    sender: str | None = Field(default=None, max_length=64)
    depends_on: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    maintenance: list[list[int]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    added_at: datetime
    retired_at: datetime | None = None
    retired_by: str | None = Field(default=None, max_length=64)
    retired_reason: str | None = Field(default=None, max_length=500)


class AssetAlias(SQLModel, table=True):
    """A name that a server had before: whoever still sends it means that server."""

    __tablename__ = "asset_aliases"
    __table_args__ = (UniqueConstraint("stream_id", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    stream_id: int = Field(foreign_key="streams.id", index=True)
    name: str = Field(max_length=128)
    asset_id: int = Field(foreign_key="assets.id", index=True)
    given_up_at: datetime
