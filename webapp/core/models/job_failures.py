"""Job failures: what a worker could not do, kept so that a person can see it."""

from datetime import datetime

from sqlmodel import Field, SQLModel


class JobFailure(SQLModel, table=True):
    """One failed attempt of a job; `final` when it will not be tried again."""

    __tablename__ = "job_failures"

    id: int | None = Field(default=None, primary_key=True)
    message_id: str = Field(max_length=64, index=True)
    actor: str = Field(max_length=64)
    queue: str = Field(max_length=32)
    attempts: int
    error: str = Field(max_length=2000)
    final: bool
    at: datetime
