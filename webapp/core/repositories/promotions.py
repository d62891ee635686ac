"""Moves of serving slots, oldest first by their number; the slot itself is moved by compare-and-set."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select, update

from webapp.core.models.model_versions import ServingSlot
from webapp.core.models.promotions import Promotion


def move(session: Session, stream_id: int, seen: int, version_id: int, at: datetime, by: str) -> bool:
    """Let another version serve, unless the slot was moved since `seen`."""
    mine = update(ServingSlot).where(col(ServingSlot.stream_id) == stream_id, col(ServingSlot.moves) == seen)
    values = {"model_version_id": version_id, "moves": seen + 1, "moved_at": at, "moved_by": by}
    return session.connection().execute(mine.values(**values)).rowcount == 1


def of_stream(session: Session, stream_id: int) -> Sequence[Promotion]:
    """Every move, newest first."""
    query = select(Promotion).where(Promotion.stream_id == stream_id).order_by(col(Promotion.move).desc())
    return session.exec(query).all()
