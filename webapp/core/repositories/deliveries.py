"""Deliveries: owed once a target and event, claimed by whoever sends, forgotten when they are old."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, delete, func, or_, select, update

from webapp.core.models.deliveries import Delivery
from webapp.core.policies.deliveries import OWED, State


def owe(session: Session, row: dict[str, Any]) -> int | None:
    """Add a delivery; None when this target is owed, or was sent, this event already."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    statement = dialect.insert(Delivery).values(**row).on_conflict_do_nothing().returning(col(Delivery.id))
    found: int | None = session.connection().execute(statement).scalar_one_or_none()
    return found


def by_id(session: Session, delivery_id: int) -> Delivery | None:
    """The delivery with this id."""
    return session.get(Delivery, delivery_id)


def claim(session: Session, delivery_id: int, at: datetime, until_at: datetime) -> bool:
    """Hold one that is due, for one more try; False while somebody else does, and when it is over."""
    mine = update(Delivery).where(col(Delivery.id) == delivery_id, _due(at))
    values = {"state": State.SENDING.value, "busy_until_at": until_at, "tries": Delivery.tries + 1}
    return session.connection().execute(mine.values(**values)).rowcount == 1


def end(session: Session, delivery_id: int, tries: int, **values: object) -> bool:
    """Write how a try went; False when it is no longer this one's to say: a later try holds the row, or none."""
    held = (col(Delivery.state) == State.SENDING.value) & (col(Delivery.tries) == tries)
    mine = update(Delivery).where(col(Delivery.id) == delivery_id, held)
    return session.connection().execute(mine.values(**values, busy_until_at=None)).rowcount == 1


def due(session: Session, at: datetime, most: int) -> Sequence[int]:
    """Ids of those to be tried now, oldest first."""
    found = session.exec(select(Delivery.id).where(_due(at)).order_by(col(Delivery.id)).limit(most)).all()
    return [one for one in found if one is not None]


def drop(session: Session, target_id: int, at: datetime, why: str) -> None:
    """Give up what is owed to a target, and untie all from it."""
    mine = col(Delivery.target_id) == target_id
    owed = update(Delivery).where(mine, col(Delivery.state).in_(OWED))
    session.exec(owed.values(state=State.DROPPED.value, last_error=why, ended_at=at, busy_until_at=None))
    session.exec(update(Delivery).where(mine).values(target_id=None))


def latest(session: Session, most: int) -> Sequence[Delivery]:
    """The newest deliveries."""
    return session.exec(select(Delivery).order_by(col(Delivery.id).desc()).limit(most)).all()


def newest_of(session: Session, target_id: int) -> Delivery | None:
    """The newest delivery to a target."""
    query = select(Delivery).where(Delivery.target_id == target_id).order_by(col(Delivery.id).desc())
    return session.exec(query.limit(1)).one_or_none()


def owed_to(session: Session, target_id: int) -> int:
    """How many wait for a try."""
    query = select(func.count()).where(Delivery.target_id == target_id, col(Delivery.state).in_(OWED))
    return session.exec(query).one()


def drop_old(session: Session, keep: int) -> int:
    """Forget all but the newest `keep`; what is owed stays."""
    query = select(Delivery.id).order_by(col(Delivery.id).desc()).offset(keep).limit(1)
    newest = session.exec(query).one_or_none()
    if newest is None:
        return 0
    old = (col(Delivery.id) <= newest) & col(Delivery.state).not_in(OWED)
    return session.connection().execute(delete(Delivery).where(old)).rowcount


def _due(at: datetime) -> ColumnElement[bool]:
    """Queued and not to be waited for; or held by a sender that must have died."""
    waiting = (col(Delivery.state) == State.QUEUED.value) & or_(
        col(Delivery.next_try_at).is_(None), col(Delivery.next_try_at) <= at
    )
    dead = (col(Delivery.state) == State.SENDING.value) & (col(Delivery.busy_until_at) < at)
    return waiting | dead
