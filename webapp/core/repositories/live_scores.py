"""Scores and pairs by hour; a row is replaced by the same one, or by one that knows more truth."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col, delete, func, select, update

from webapp.core.models.live_scores import LivePair, LiveScore
from webapp.core.repositories.bulk import rowcount, upsert

REOPENED = -1
"""What an hour has seen of which more is to be scored."""


def lock(stream_id: int) -> str:
    """The name under which a stream's scores are written, one after the other."""
    return f"live scores {stream_id}"


def store(session: Session, rows: Sequence[dict[str, Any]], pairs: Sequence[dict[str, Any]]) -> None:
    """Write the scores and pairs of an hour."""
    upsert(session, LiveScore, rows, ("stream_id", "model_version_id", "role", "tick"))
    upsert(session, LivePair, pairs, ("stream_id", "model_version_id", "against_id", "tick"))


def seen(session: Session, stream_id: int, first: int) -> dict[int, int]:
    """How many observations each hour had when it was scored, of hours from tick `first` on."""
    query = select(LiveScore.tick, func.min(LiveScore.seen)).where(
        LiveScore.stream_id == stream_id, col(LiveScore.tick) >= first
    )
    return dict(session.exec(query.group_by(col(LiveScore.tick))).all())


def newest(session: Session, stream_id: int) -> int | None:
    """The newest hour that was scored."""
    found: int | None = session.exec(select(func.max(LiveScore.tick)).where(LiveScore.stream_id == stream_id)).one()
    return found


def note_seen(session: Session, stream_id: int, tick: int, count: int) -> None:
    """What is stored of an hour stays, though it has more observations now."""
    mine = update(LiveScore).where(col(LiveScore.stream_id) == stream_id, col(LiveScore.tick) == tick)
    session.exec(mine.values(seen=count))


def reopen(session: Session, stream_id: int, first: int, last: int) -> None:
    """The scored hours first..last are owed again: fans of them came afterwards."""
    mine = update(LiveScore).where(col(LiveScore.stream_id) == stream_id, col(LiveScore.tick).between(first, last))
    session.exec(mine.values(seen=REOPENED))


def since(session: Session, stream_id: int, first: int, last: int) -> Sequence[LiveScore]:
    """Every row of the hours from tick `first` to `last`, oldest first."""
    query = select(LiveScore).where(LiveScore.stream_id == stream_id, col(LiveScore.tick).between(first, last))
    return session.exec(query.order_by(col(LiveScore.tick))).all()


def cells(session: Session, stream_id: int, first: int) -> Sequence[tuple[int, int, str, bytes]]:
    """(tick, version, role, cells) of the hours from tick `first` on, oldest first."""
    query = select(LiveScore.tick, LiveScore.model_version_id, LiveScore.role, LiveScore.cells).where(
        LiveScore.stream_id == stream_id, col(LiveScore.tick) >= first
    )
    return session.exec(query.order_by(col(LiveScore.tick))).all()


def pairs(session: Session, stream_id: int, version_id: int, against_id: int, first: int) -> Sequence[LivePair]:
    """The hours from tick `first` on in which a shadow had truths in common with a champion, oldest first."""
    query = select(LivePair).where(
        LivePair.stream_id == stream_id, LivePair.model_version_id == version_id, LivePair.against_id == against_id,
        col(LivePair.tick) >= first,
    )  # fmt: skip
    return session.exec(query.order_by(col(LivePair.tick))).all()


def oldest(session: Session, stream_id: int) -> int | None:
    """The oldest hour that is kept."""
    return session.exec(select(func.min(LiveScore.tick)).where(LiveScore.stream_id == stream_id)).one()


def drop_before(session: Session, stream_id: int, before: int) -> int:
    """Delete a stream's hours older than tick `before`; returns how many rows."""
    gone = 0
    for model in (LiveScore, LivePair):
        old = (col(model.stream_id) == stream_id) & (col(model.tick) < before)
        gone += rowcount(session.exec(delete(model).where(old)))
    return gone
