"""Maintenance windows of a stream: what may act on some ticks, what is planned still, and the end of one."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlmodel import Session, col, or_, select, update

from webapp.core.models.maintenance import MaintenanceWindow


def acting(
    session: Session, stream_id: int, ticks: tuple[int, int], since_at: datetime, since_day: date
) -> Sequence[MaintenanceWindow]:
    """Windows that may be in force at the ticks from the first to the last one, of which `since_at` is the time of
    the first and `since_day` the oldest day on which one that reaches it may have begun."""
    row = MaintenanceWindow
    query = select(row).where(row.stream_id == stream_id, row.from_tick <= ticks[1])
    query = query.where(or_(col(row.until_tick).is_(None), col(row.until_tick) > ticks[0]))
    query = query.where(or_(col(row.end_at).is_(None), col(row.end_at) > since_at))
    query = query.where(or_(col(row.last_day).is_(None), col(row.last_day) >= since_day))
    return session.exec(query.order_by(col(row.id))).all()


def planned(session: Session, stream_id: int, at: datetime, since_day: date) -> Sequence[MaintenanceWindow]:
    """Windows that nobody ended and that may not be over."""
    row = MaintenanceWindow
    query = select(row).where(row.stream_id == stream_id, col(row.until_tick).is_(None))
    query = query.where(or_(col(row.end_at).is_(None), col(row.end_at) > at))
    query = query.where(or_(col(row.last_day).is_(None), col(row.last_day) >= since_day))
    return session.exec(query.order_by(col(row.id))).all()


def by_id(session: Session, window_id: int) -> MaintenanceWindow | None:
    """The window with this id."""
    return session.get(MaintenanceWindow, window_id)


def end(session: Session, window_id: int, values: dict[str, object]) -> bool:
    """End a window that nobody ended yet; False when somebody had."""
    mine = update(MaintenanceWindow).where(
        col(MaintenanceWindow.id) == window_id, col(MaintenanceWindow.until_tick).is_(None)
    )
    return session.connection().execute(mine.values(**values)).rowcount == 1
