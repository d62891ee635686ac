"""Schedules: due times are claimed by compare-and-set."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select, update

from webapp.core.models.schedules import Schedule, ScheduleRun


def every(session: Session, what: str) -> Sequence[Schedule]:
    """All schedules of one kind, by stream."""
    return session.exec(select(Schedule).where(Schedule.what == what).order_by(col(Schedule.stream_id))).all()


def of_stream(session: Session, stream_id: int, what: str) -> Schedule | None:
    """A stream's schedule, read anew."""
    query = select(Schedule).where(Schedule.stream_id == stream_id, Schedule.what == what)
    return session.exec(query.execution_options(populate_existing=True)).one_or_none()


def claim(session: Session, row: Schedule, at: datetime) -> bool:
    """Deal with all times up to `at`; False when somebody else did, or `row` was changed since."""
    seen = col(Schedule.last_at).is_(None) if row.last_at is None else col(Schedule.last_at) == row.last_at
    same = (col(Schedule.id) == row.id, seen, col(Schedule.changed_at) == row.changed_at, col(Schedule.enabled))
    return session.connection().execute(update(Schedule).where(*same).values(last_at=at)).rowcount == 1


def history(session: Session, schedule_id: int, limit: int) -> Sequence[ScheduleRun]:
    """What became of a schedule's times, newest first."""
    query = select(ScheduleRun).where(ScheduleRun.schedule_id == schedule_id).order_by(col(ScheduleRun.id).desc())
    return session.exec(query.limit(limit)).all()


def started(session: Session, run_id: int) -> ScheduleRun | None:
    """The due time that started a run; None for a run that a person asked for."""
    due = (ScheduleRun.run_id == run_id, col(ScheduleRun.due_at).is_not(None))
    return session.exec(select(ScheduleRun).where(*due).limit(1)).first()
