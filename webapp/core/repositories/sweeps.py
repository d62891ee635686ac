"""Sweeps: the latest, the one that was asked for, and forgetting old ones."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, delete, select, update

from webapp.core.models.sweeps import Sweep


def latest(session: Session, most: int) -> Sequence[Sweep]:
    """The newest sweeps."""
    return session.exec(select(Sweep).order_by(col(Sweep.id).desc()).limit(most)).all()


def waiting(session: Session) -> Sweep | None:
    """The oldest sweep that was asked for and that nobody began."""
    query = select(Sweep).where(col(Sweep.started_at).is_(None)).order_by(col(Sweep.id)).limit(1)
    return session.exec(query).one_or_none()


def begin(session: Session, sweep_id: int, at: datetime) -> bool:
    """Compare-and-set: begin one that was asked for; False when somebody has."""
    mine = update(Sweep).where(col(Sweep.id) == sweep_id, col(Sweep.started_at).is_(None))
    return session.connection().execute(mine.values(started_at=at)).rowcount == 1


def under_way(session: Session, since: datetime) -> Sweep | None:
    """A sweep that waits, or that began after `since` and has not ended."""
    open_ones = select(Sweep).where(col(Sweep.finished_at).is_(None))
    query = open_ones.where(col(Sweep.started_at).is_(None) | (col(Sweep.started_at) > since))
    return session.exec(query.order_by(col(Sweep.id)).limit(1)).one_or_none()


def end(session: Session, sweep_id: int, **values: object) -> None:
    """Write how a sweep ended."""
    session.exec(update(Sweep).where(col(Sweep.id) == sweep_id).values(**values))


def drop_old(session: Session, keep: int) -> None:
    """Forget all but the newest `keep`."""
    newest = session.exec(select(Sweep.id).order_by(col(Sweep.id).desc()).offset(keep).limit(1)).one_or_none()
    if newest is not None:
        session.exec(delete(Sweep).where(col(Sweep.id) <= newest))
