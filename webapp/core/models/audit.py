"""The audit: who changed what, when and why. Append-only; written in the transaction of the change itself.

The database refuses to change or delete an entry (triggers of revision 0003), and each entry holds the hash of the one
before it. A later revision that lets Alembic rebuild one of these tables on SQLite has to make their triggers again.
"""

from datetime import datetime

from sqlmodel import Field, SQLModel


class AuditEntry(SQLModel, table=True):
    """One change. `subject` is the noun's name for people ("fleet", "ppdb002"); `detail` is a JSON object.

    `id` counts 1, 2, 3 ... without a gap: it comes from the head, not from the database, whose own numbers skip one
    after a rollback. `hash` covers every other column (`policies.audit.digest`).
    """

    __tablename__ = "audit_entries"

    id: int = Field(primary_key=True)
    at: datetime = Field(index=True)
    actor: str = Field(max_length=64, index=True)
    action: str = Field(max_length=64)
    noun: str = Field(max_length=32)
    subject: str = Field(max_length=128, index=True)
    reason: str = Field(default="", max_length=500)
    detail: str = Field(default="{}", max_length=4000)
    correlation_id: str = Field(default="", max_length=64)
    previous_hash: str = Field(max_length=64)
    hash: str = Field(max_length=64)


class AuditHead(SQLModel, table=True):
    """The one row that says where the chain ends; whoever writes an entry moves it, one at a time."""

    __tablename__ = "audit_head"

    id: int = Field(primary_key=True)
    last_id: int
    last_hash: str = Field(max_length=64)
