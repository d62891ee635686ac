"""Thresholds that differ from the defaults, and whose risks are still to be judged by them."""

from datetime import datetime

from sqlmodel import Field, SQLModel


class Threshold(SQLModel, table=True):
    """One metric's threshold for the servers of one profile; `limit` NULL is a metric that is not watched.

    Only what differs from the default (`ml.streams.fleet.THRESHOLDS`) has a row.
    """

    __tablename__ = "thresholds"

    stream_id: int = Field(foreign_key="streams.id", primary_key=True)
    profile: str = Field(max_length=32, primary_key=True)
    metric: str = Field(max_length=32, primary_key=True)
    limit: float | None = None
    by: str = Field(max_length=64)
    at: datetime
    reason: str = Field(max_length=500)


class OwedJudgement(SQLModel, table=True):
    """The newest risks of this profile's servers were judged by thresholds that have changed since."""

    __tablename__ = "owed_judgements"

    stream_id: int = Field(foreign_key="streams.id", primary_key=True)
    profile: str = Field(max_length=32, primary_key=True)
    asked_at: datetime
