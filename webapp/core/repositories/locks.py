"""One at a time, by name: for what two transactions could both find missing and both create."""

from zlib import crc32

from sqlmodel import Session, text


def take(session: Session, name: str) -> None:
    """Wait until no other transaction holds `name`, and hold it until this one ends.

    SQLite has one writer at a time anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.connection().execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": crc32(name.encode())})
