"""Notification targets: who outside hears of what, and where their secrets lie."""

from datetime import datetime

from sqlmodel import JSON, Column, Field, SQLModel


class NotificationTarget(SQLModel, table=True):
    """One target. `secret` names a file in the data folder with what nobody may read (a webhook's address, keys, a
    password); `options` holds the rest of the form, `shown` what an administrator recognises it by."""

    __tablename__ = "notification_targets"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=48, unique=True)
    kind: str = Field(max_length=16)
    topics: list[str] = Field(sa_column=Column(JSON, nullable=False))
    enabled: bool = True
    shown: str = Field(max_length=200)
    options: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    secret: str = Field(max_length=64)
    created_by: str = Field(max_length=64)
    created_at: datetime
