"""What people decided, by name."""

from collections.abc import Sequence

from sqlmodel import Session, col, delete, select

from webapp.core.models.preferences import Preference


def every(session: Session) -> Sequence[Preference]:
    """All decisions."""
    return session.exec(select(Preference).order_by(col(Preference.name))).all()


def by_name(session: Session, name: str) -> Preference | None:
    """The decision of this name."""
    return session.get(Preference, name)


def put(session: Session, row: Preference) -> None:
    """Store a decision in the place of the one before."""
    session.merge(row)


def forget(session: Session, names: Sequence[str]) -> None:
    """Let the installation decide again."""
    session.exec(delete(Preference).where(col(Preference.name).in_(names)))
