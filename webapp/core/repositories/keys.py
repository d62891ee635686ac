"""Reads and writes of API keys."""

from datetime import datetime

from sqlmodel import Session, col, select, update

from webapp.core.models.keys import ApiKey


def alive(session: Session) -> list[ApiKey]:
    """All keys that were not revoked."""
    return list(session.exec(select(ApiKey).where(col(ApiKey.revoked_at).is_(None))))


def by_name(session: Session, name: str) -> ApiKey | None:
    """The key called `name`, revoked or not."""
    return session.exec(select(ApiKey).where(ApiKey.name == name)).first()


def every(session: Session) -> list[ApiKey]:
    """All keys, by name."""
    return list(session.exec(select(ApiKey).order_by(col(ApiKey.name))))


def add(session: Session, key: ApiKey) -> ApiKey:
    """Store a new key."""
    session.add(key)
    session.flush()
    return key


def touch(session: Session, key_id: int, at: datetime) -> None:
    """Remember when a key was last used."""
    session.exec(update(ApiKey).where(col(ApiKey.id) == key_id).values(last_used_at=at))


def revoke(session: Session, name: str, at: datetime) -> bool:
    """End a key; whether it was alive."""
    unrevoked = (col(ApiKey.name) == name) & col(ApiKey.revoked_at).is_(None)
    return session.exec(update(ApiKey).where(unrevoked).values(revoked_at=at)).rowcount == 1
