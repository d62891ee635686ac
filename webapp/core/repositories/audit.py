"""The audit's rows: added and read, never changed or deleted."""

from sqlmodel import Session, col, select

from webapp.core.models.audit import AuditEntry


def add(session: Session, entry: AuditEntry) -> AuditEntry:
    """Store an entry in the transaction of the change it tells of."""
    session.add(entry)
    session.flush()
    return entry


def newest(session: Session, limit: int = 200, noun: str | None = None) -> list[AuditEntry]:
    """The latest entries, newest first."""
    query = select(AuditEntry).order_by(col(AuditEntry.id).desc()).limit(limit)
    if noun is not None:
        query = query.where(AuditEntry.noun == noun)
    return list(session.exec(query))
