"""Preferences: what people decided on a page, which wins over the environment of the installation."""

from datetime import datetime
from typing import Any

from sqlmodel import JSON, Column, Field, SQLModel


class Preference(SQLModel, table=True):
    """One decision. Without a row the environment decides; `name` is one that `policies/retention.py`
    knows, or `promotion.` or `rollback.automatic.` and a stream's id."""

    __tablename__ = "preferences"

    name: str = Field(max_length=64, primary_key=True)
    value: Any = Field(sa_column=Column(JSON, nullable=False))
    by: str = Field(max_length=64)
    at: datetime
    reason: str = Field(max_length=500)
