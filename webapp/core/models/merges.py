"""Merges: two entries that are one server, so that they can be told apart again."""

from datetime import datetime

from sqlmodel import Field, SQLModel


class AssetMerge(SQLModel, table=True):
    """While it is there, `asset_id` is another name of `into_id`: it is in no list and keeps its own observations."""

    __tablename__ = "asset_merges"

    asset_id: int = Field(foreign_key="assets.id", primary_key=True)
    into_id: int = Field(foreign_key="assets.id", index=True)
    merged_by: str = Field(max_length=64)
    merged_at: datetime
    reason: str = Field(max_length=500)


class MergedTick(SQLModel, table=True):
    """A tick whose observations the other server lacked and has from `asset_id`: exactly what separating takes back."""

    __tablename__ = "merged_ticks"
    __table_args__ = {"sqlite_with_rowid": False}

    asset_id: int = Field(foreign_key="assets.id", primary_key=True)
    tick: int = Field(primary_key=True)
