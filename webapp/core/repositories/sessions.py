"""Reads and writes of sessions. The rules are in policies.sessions and services.sessions."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, delete, func, or_, select, update

from webapp.core.models.users import User, UserSession

_ALIVE = col(UserSession.revoked_at).is_(None)


def add(session: Session, row: UserSession) -> int:
    """Store a new session; its id."""
    session.add(row)
    session.flush()
    assert row.id is not None
    return row.id


def by_hash(session: Session, token_hash: str) -> tuple[UserSession, User] | None:
    """The session of a token, or of the token before it, with its person; valid or not."""
    same = or_(col(UserSession.token_hash) == token_hash, col(UserSession.previous_hash) == token_hash)
    return session.exec(select(UserSession, User).where(UserSession.user_id == User.id, same)).first()


def by_id(session: Session, session_id: int) -> tuple[UserSession, User] | None:
    """A session with its person; valid or not."""
    query = select(UserSession, User).where(UserSession.user_id == User.id, UserSession.id == session_id)
    return session.exec(query).first()


def open_since(session: Session, seen_after: datetime, at: datetime, user_id: int | None = None) -> list[UserSession]:
    """Sessions that hold, of everybody or of one person, the last used first."""
    query = select(UserSession).where(_ALIVE, UserSession.expires_at > at, UserSession.seen_at > seen_after)
    if user_id is not None:
        query = query.where(UserSession.user_id == user_id)
    return list(session.exec(query.order_by(col(UserSession.seen_at).desc())))


def revoke(session: Session, session_ids: Sequence[int], at: datetime) -> int:
    """End sessions; how many were not ended yet."""
    change = update(UserSession).where(_ALIVE, col(UserSession.id).in_(session_ids)).values(revoked_at=at)
    return session.exec(change).rowcount


def revoke_all(session: Session, user_id: int, at: datetime, but: int | None = None) -> int:
    """End every session of a person, but for one; how many were not ended yet."""
    change = update(UserSession).where(_ALIVE, col(UserSession.user_id) == user_id)
    if but is not None:
        change = change.where(col(UserSession.id) != but)
    return session.exec(change.values(revoked_at=at)).rowcount


def renew(session: Session, old_hash: str, new_hash: str, at: datetime, until_at: datetime) -> bool:
    """Replace a token by compare-and-set: of two requests at once, one gets the new token."""
    change = (
        update(UserSession)
        .where(_ALIVE, col(UserSession.token_hash) == old_hash)
        .values(token_hash=new_hash, previous_hash=old_hash, previous_until_at=until_at, renewed_at=at)
    )
    return session.exec(change).rowcount == 1


def touch(session: Session, session_id: int, at: datetime) -> None:
    """Note that a session was used."""
    used = select(UserSession.user_id).where(UserSession.id == session_id).scalar_subquery()
    session.exec(update(UserSession).where(col(UserSession.id) == session_id).values(seen_at=at))
    session.exec(update(User).where(col(User.id) == used).values(last_seen_at=at))


def count_by_user(session: Session, seen_after: datetime, at: datetime) -> dict[int, int]:
    """How many sessions of each person hold."""
    holds = (_ALIVE, UserSession.expires_at > at, UserSession.seen_at > seen_after)
    query = select(UserSession.user_id, func.count()).where(*holds).group_by(col(UserSession.user_id))
    return dict(session.exec(query).all())


def sweep(session: Session, before: datetime) -> None:
    """Forget sessions that expired before a time."""
    session.exec(delete(UserSession).where(col(UserSession.expires_at) < before))
