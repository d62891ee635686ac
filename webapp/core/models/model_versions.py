"""Model versions and the slot that says which one serves a stream."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel


class ModelVersion(SQLModel, table=True):
    """One artefact on disk, bound to its hash."""

    __tablename__ = "model_versions"
    __table_args__ = (UniqueConstraint("sha256"),)

    id: int | None = Field(default=None, primary_key=True)
    model: str = Field(max_length=64)
    version: str = Field(max_length=32)
    path: str
    sha256: str = Field(max_length=64)
    created_at: datetime


class ServingSlot(SQLModel, table=True):
    """The champion of a stream; moved by compare-and-set on `moves`.

    `trouble` says why the champion cannot be loaded, while the last good version serves under its own name.
    """

    __tablename__ = "serving_slots"

    stream_id: int = Field(foreign_key="streams.id", primary_key=True)
    model_version_id: int = Field(foreign_key="model_versions.id")
    moves: int = 0
    moved_at: datetime
    moved_by: str
    trouble: str | None = None
