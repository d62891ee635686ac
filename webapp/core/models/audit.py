"""The audit: who changed what, when and why. Append-only; written in the transaction of the change itself."""

from datetime import datetime

from sqlmodel import Field, SQLModel


class AuditEntry(SQLModel, table=True):
    """One change. `subject` is the noun's name for people ("fleet", "ppdb002"); `detail` is a JSON object."""

    __tablename__ = "audit_entries"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(index=True)
    actor: str = Field(max_length=64, index=True)
    action: str = Field(max_length=64)
    noun: str = Field(max_length=32)
    subject: str = Field(max_length=128)
    reason: str = Field(default="", max_length=500)
    detail: str = Field(default="{}", max_length=4000)
    correlation_id: str = Field(default="", max_length=64)
