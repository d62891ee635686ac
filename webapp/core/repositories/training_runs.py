"""Training runs: claims by compare-and-set, and the curve."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select, update

from webapp.core.models.training_runs import TrainingPoint, TrainingRun


def by_id(session: Session, run_id: int, *, lock: bool = False) -> TrainingRun | None:
    """The run with this id, read anew; `lock`ed until the transaction ends."""
    return session.get(TrainingRun, run_id, with_for_update=lock or None, populate_existing=True)


def of_stream(session: Session, stream_id: int, limit: int) -> Sequence[TrainingRun]:
    """A stream's newest runs, newest first."""
    query = select(TrainingRun).where(TrainingRun.stream_id == stream_id).order_by(col(TrainingRun.id).desc())
    return session.exec(query.limit(limit)).all()


def of_version(session: Session, version_id: int) -> TrainingRun | None:
    """The run that ended as a version; of two that came to the same bytes, the first."""
    query = select(TrainingRun).where(TrainingRun.version_id == version_id).order_by(col(TrainingRun.id))
    return session.exec(query.limit(1)).first()


def candidates(session: Session, stream_id: int) -> Sequence[TrainingRun]:
    """A stream's runs that ended as a version, newest first."""
    query = select(TrainingRun).where(TrainingRun.stream_id == stream_id, col(TrainingRun.version_id).is_not(None))
    return session.exec(query.order_by(col(TrainingRun.id).desc())).all()


def with_status(session: Session, statuses: Sequence[str], stream_id: int | None = None) -> Sequence[TrainingRun]:
    """Runs in some states, oldest first."""
    query = select(TrainingRun).where(col(TrainingRun.status).in_(statuses)).order_by(col(TrainingRun.id))
    return session.exec(query if stream_id is None else query.where(TrainingRun.stream_id == stream_id)).all()


def newest(session: Session, stream_id: int, status: str) -> TrainingRun | None:
    """A stream's newest run in a state."""
    query = select(TrainingRun).where(TrainingRun.stream_id == stream_id, TrainingRun.status == status)
    return session.exec(query.order_by(col(TrainingRun.id).desc()).limit(1)).first()


def claim(session: Session, run_id: int, owner: str, at: datetime, until_at: datetime) -> int | None:
    """Take a queued run, or one whose worker fell silent; returns the new fence, None when it is not to be had."""
    silent = (col(TrainingRun.status) == "running") & (
        col(TrainingRun.lease_until_at).is_(None) | (col(TrainingRun.lease_until_at) < at)
    )
    free = (col(TrainingRun.status) == "queued") | silent
    values = {
        "status": "running", "fence": TrainingRun.fence + 1, "attempts": TrainingRun.attempts + 1, "owner": owner,
        "lease_until_at": until_at,
    }  # fmt: skip
    mine = update(TrainingRun).where(col(TrainingRun.id) == run_id, free)
    if session.connection().execute(mine.values(**values)).rowcount != 1:
        return None
    return session.exec(select(TrainingRun.fence).where(TrainingRun.id == run_id)).one()


def note(session: Session, run_id: int, fence: int, **values: Any) -> bool:
    """Write into a running run; False when the fence is no longer the row's or the run is over."""
    mine = update(TrainingRun).where(
        col(TrainingRun.id) == run_id, col(TrainingRun.fence) == fence, col(TrainingRun.status) == "running"
    )
    return session.connection().execute(mine.values(**values)).rowcount == 1


def add_point(session: Session, run_id: int, values: Mapping[str, Any]) -> None:
    """Keep a point of the curve; one that is there already is written over."""
    session.merge(TrainingPoint(run_id=run_id, **values))


def points(session: Session, run_id: int) -> Sequence[TrainingPoint]:
    """The curve of a run, network by network."""
    order = (col(TrainingPoint.network), col(TrainingPoint.epoch))
    return session.exec(select(TrainingPoint).where(TrainingPoint.run_id == run_id).order_by(*order)).all()
