"""Failed jobs, newest first."""

from collections.abc import Sequence

from sqlmodel import Session, col, delete, func, select

from webapp.core.models.job_failures import JobFailure


def recent(session: Session, most: int) -> Sequence[JobFailure]:
    """The newest failures."""
    return session.exec(select(JobFailure).order_by(col(JobFailure.id).desc()).limit(most)).all()


def drop_old(session: Session, keep: int) -> int:
    """Delete all but the newest `keep`."""
    newest = session.exec(select(func.max(JobFailure.id))).one() or 0
    return session.connection().execute(delete(JobFailure).where(col(JobFailure.id) <= newest - keep)).rowcount
