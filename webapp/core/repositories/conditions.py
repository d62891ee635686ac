"""Conditions that hold now, by key."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from webapp.core.models.conditions import Condition


def every(session: Session) -> Sequence[Condition]:
    """All of them."""
    return session.exec(select(Condition).order_by(col(Condition.key))).all()
