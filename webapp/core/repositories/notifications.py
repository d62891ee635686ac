"""Notification targets by name or id."""

from collections.abc import Sequence

from sqlmodel import Session, col, delete, select

from webapp.core.models.notifications import NotificationTarget


def every(session: Session) -> Sequence[NotificationTarget]:
    """All targets, by name."""
    return session.exec(select(NotificationTarget).order_by(col(NotificationTarget.name))).all()


def by_name(session: Session, name: str, *, lock: bool = False) -> NotificationTarget | None:
    """The target called `name`, held against other writers if asked."""
    query = select(NotificationTarget).where(NotificationTarget.name == name)
    return session.exec(query.with_for_update() if lock else query).one_or_none()


def by_id(session: Session, target_id: int) -> NotificationTarget | None:
    """The target with this id."""
    return session.get(NotificationTarget, target_id)


def remove(session: Session, target_id: int) -> None:
    """Delete a target; what was sent to it is told by name."""
    session.exec(delete(NotificationTarget).where(col(NotificationTarget.id) == target_id))
