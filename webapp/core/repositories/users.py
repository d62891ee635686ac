"""Reads and writes of people, sessions, links and failed tries. The rules are in services.users."""

from datetime import datetime

from sqlmodel import Session, col, delete, func, select, update

from webapp.core.models.users import SignInLink, SignInTry, User, UserSession
from webapp.core.repositories.bulk import insert_new


def by_name(session: Session, name: str) -> User | None:
    """The person called `name`, already folded."""
    return session.exec(select(User).where(User.name == name)).first()


def by_id(session: Session, user_id: int) -> User | None:
    """The person with this id."""
    return session.get(User, user_id)


def count(session: Session) -> int:
    """How many people there are."""
    return session.exec(select(func.count()).select_from(User)).one()


def every(session: Session) -> list[User]:
    """Everybody, by name."""
    return list(session.exec(select(User).order_by(col(User.name))))


def add(session: Session, user: User) -> User:
    """Store a new person and give the id."""
    session.add(user)
    session.flush()
    return user


def add_session(session: Session, row: UserSession) -> UserSession:
    """Store a new session."""
    session.add(row)
    session.flush()
    return row


def session_by_hash(session: Session, token_hash: str) -> tuple[UserSession, User] | None:
    """The session of a token, with its person; valid or not."""
    query = select(UserSession, User).where(UserSession.user_id == User.id, UserSession.token_hash == token_hash)
    return session.exec(query).first()


def revoke_session(session: Session, token_hash: str, at: datetime) -> bool:
    """End a session; whether it was alive."""
    alive = (col(UserSession.token_hash) == token_hash) & col(UserSession.revoked_at).is_(None)
    return session.exec(update(UserSession).where(alive).values(revoked_at=at)).rowcount == 1


def revoke_sessions_of(session: Session, user_id: int, at: datetime) -> int:
    """End every session of a person; how many were alive."""
    alive = (col(UserSession.user_id) == user_id) & col(UserSession.revoked_at).is_(None)
    return session.exec(update(UserSession).where(alive).values(revoked_at=at)).rowcount


def add_link(session: Session, link: SignInLink) -> None:
    """Store a new one-time link."""
    session.add(link)
    session.flush()


def take_link(session: Session, token_hash: str, at: datetime) -> User | None:
    """Use a link up and give its person; None when it is unknown, used or expired. Two takers: one wins."""
    fresh = (
        (col(SignInLink.token_hash) == token_hash)
        & col(SignInLink.used_at).is_(None)
        & (col(SignInLink.expires_at) > at)
    )
    if session.exec(update(SignInLink).where(fresh).values(used_at=at)).rowcount != 1:
        return None
    query = select(User).where(SignInLink.user_id == User.id, SignInLink.token_hash == token_hash)
    return session.exec(query).first()


def tries(session: Session, key: str, at: datetime) -> SignInTry:
    """The failed tries under a key, locked until the end of the transaction: two tries at once count as two."""
    insert_new(session, SignInTry, [{"key": key, "failed": 0, "last_at": at, "paused_until_at": None}])
    return session.exec(select(SignInTry).where(SignInTry.key == key).with_for_update()).one()


def clear_tries(session: Session, key: str) -> None:
    """Forget the failed tries under a key."""
    session.exec(delete(SignInTry).where(col(SignInTry.key) == key))


def sweep(session: Session, before: datetime) -> None:
    """Forget tries, links and sessions that ended before a time."""
    session.exec(delete(SignInTry).where(col(SignInTry.last_at) < before))
    session.exec(delete(SignInLink).where(col(SignInLink.expires_at) < before))
    session.exec(delete(UserSession).where(col(UserSession.expires_at) < before))
