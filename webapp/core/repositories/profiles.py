"""Profile rules of a stream, in order."""

from collections.abc import Sequence

from sqlmodel import Session, col, delete, select

from webapp.core.models.profiles import ProfileRule


def of_stream(session: Session, stream_id: int) -> Sequence[ProfileRule]:
    """A stream's rules, the first one first."""
    query = select(ProfileRule).where(ProfileRule.stream_id == stream_id)
    return session.exec(query.order_by(col(ProfileRule.position))).all()


def replace(session: Session, stream_id: int, rules: Sequence[ProfileRule]) -> None:
    """Put these rules in the place of those that there are."""
    session.exec(delete(ProfileRule).where(col(ProfileRule.stream_id) == stream_id))
    session.add_all(rules)
