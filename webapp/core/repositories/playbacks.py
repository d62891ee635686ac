"""Playbacks and their leases: one driver a stream, told apart by a growing fence."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, func, select, update

from webapp.core.models.playbacks import Playback


def by_id(session: Session, playback_id: int) -> Playback | None:
    """The playback with this id."""
    return session.get(Playback, playback_id)


def of_stream(session: Session, stream_id: int) -> Playback | None:
    """The playback that drives a stream."""
    return session.exec(select(Playback).where(Playback.stream_id == stream_id)).one_or_none()


def claim(session: Session, playback_id: int, owner: str, at: datetime, until_at: datetime) -> int | None:
    """Take a free or expired lease; returns the new fence, None while somebody else holds it."""
    free = col(Playback.lease_until_at).is_(None) | (col(Playback.lease_until_at) < at)
    values = {"fence": Playback.fence + 1, "owner": owner, "lease_until_at": until_at}
    mine = update(Playback).where(col(Playback.id) == playback_id, free, col(Playback.finished_at).is_(None))
    if session.connection().execute(mine.values(**values)).rowcount != 1:
        return None
    return session.exec(select(Playback.fence).where(Playback.id == playback_id)).one()


def renew(session: Session, playback_id: int, fence: int, until_at: datetime | None) -> bool:
    """Extend the lease (None: give it back); False when the fence is no longer the row's."""
    statement = update(Playback).where(col(Playback.id) == playback_id, col(Playback.fence) == fence)
    return session.connection().execute(statement.values(lease_until_at=until_at)).rowcount == 1


def orphans(session: Session, at: datetime) -> Sequence[Playback]:
    """Unfinished playbacks that nobody drives."""
    free = col(Playback.lease_until_at).is_(None) | (col(Playback.lease_until_at) < at)
    return session.exec(select(Playback).where(col(Playback.finished_at).is_(None), free)).all()


def driven(session: Session) -> int:
    """How many playbacks are not over."""
    return session.exec(select(func.count()).select_from(Playback).where(col(Playback.finished_at).is_(None))).one()
