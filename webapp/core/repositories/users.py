"""Reads and writes of people and one-time links. The rules are in services.users and services.people."""

from datetime import datetime

from sqlmodel import Session, col, delete, func, select, update

from webapp.core.models.users import SignInLink, User


def by_name(session: Session, name: str) -> User | None:
    """The person called `name`, already folded."""
    return session.exec(select(User).where(User.name == name)).first()


def by_subject(session: Session, issuer: str, subject: str) -> User | None:
    """The person whom an identity provider knows as `subject`."""
    return session.exec(select(User).where(User.issuer == issuer, User.subject == subject)).first()


def every(session: Session) -> list[User]:
    """Everybody, by name."""
    return list(session.exec(select(User).order_by(col(User.name))))


def enabled_with(session: Session, role: str, but: int | None) -> int:
    """How many people have a role and are not disabled, besides one."""
    query = select(func.count()).select_from(User).where(User.role == role, col(User.disabled_at).is_(None))
    return session.exec(query if but is None else query.where(User.id != but)).one()


def add(session: Session, user: User) -> User:
    """Store a new person and give the id."""
    session.add(user)
    session.flush()
    return user


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


def drop_links(session: Session, user_id: int) -> int:
    """Forget the links of a person that nobody has used; how many there were."""
    unused = (col(SignInLink.user_id) == user_id) & col(SignInLink.used_at).is_(None)
    return session.exec(delete(SignInLink).where(unused)).rowcount


def sweep(session: Session, before: datetime) -> None:
    """Forget links that expired before a time."""
    session.exec(delete(SignInLink).where(col(SignInLink.expires_at) < before))
