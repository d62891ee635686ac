"""Streams by slug or id."""

from collections.abc import Sequence

from sqlmodel import Session, col, select, update

from webapp.core.models.streams import Stream


def all_streams(session: Session) -> Sequence[Stream]:
    """Every stream, oldest first."""
    return session.exec(select(Stream).order_by(col(Stream.id))).all()


def by_slug(session: Session, slug: str, *, lock: bool = False) -> Stream | None:
    """The stream called `slug`, held against other writers if asked."""
    query = select(Stream).where(Stream.slug == slug)
    return session.exec(
        query.with_for_update().execution_options(populate_existing=True) if lock else query
    ).one_or_none()


def by_id(session: Session, stream_id: int, *, lock: bool = False) -> Stream | None:
    """The stream with this id, held against other writers if asked."""
    return session.get(Stream, stream_id, with_for_update=lock or None, populate_existing=lock)


def advance(session: Session, stream_id: int, tick: int) -> None:
    """Move a stream's newest tick forward, never back."""
    newer = (col(Stream.tick).is_(None)) | (col(Stream.tick) < tick)
    session.exec(update(Stream).where(col(Stream.id) == stream_id, newer).values(tick=tick))
