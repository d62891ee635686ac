"""Failed jobs, newest first."""

from collections.abc import Sequence

from sqlmodel import Session, col, delete, func, select

from webapp.core.models.job_failures import JobFailure

_SLICE = 400


def recent(session: Session, most: int) -> Sequence[JobFailure]:
    """The newest failures."""
    return session.exec(select(JobFailure).order_by(col(JobFailure.id).desc()).limit(most)).all()


def last_errors(session: Session, message_ids: Sequence[str]) -> dict[str, str]:
    """The newest error of each message that has one."""
    found: dict[str, str] = {}
    for start in range(0, len(message_ids), _SLICE):
        query = select(JobFailure.message_id, JobFailure.error)
        query = query.where(col(JobFailure.message_id).in_(message_ids[start : start + _SLICE]))
        found |= dict(session.exec(query.order_by(col(JobFailure.id))).all())
    return found


def drop_old(session: Session, keep: int) -> int:
    """Delete all but the newest `keep`."""
    newest = session.exec(select(func.max(JobFailure.id))).one() or 0
    return session.connection().execute(delete(JobFailure).where(col(JobFailure.id) <= newest - keep)).rowcount
