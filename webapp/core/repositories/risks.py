"""Risk rows: the newest of each asset, and one asset's past."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col, delete, func, select

from webapp.core.models.assets import Asset
from webapp.core.models.risks import Risk
from webapp.core.repositories.assets import watched_ids
from webapp.core.repositories.bulk import insert_new, upsert


def store(session: Session, rows: Sequence[dict[str, Any]]) -> int:
    """Append risk rows; one that is there already stays as it is."""
    return insert_new(session, Risk, rows)


def replace(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Write risk rows in place of those of the same server and origin: they were judged by other thresholds."""
    upsert(session, Risk, rows, ("asset_id", "tick"))


def newest_ticks(session: Session, stream_id: int, first: int) -> dict[int, int]:
    """The newest origin, of `first` or later, of each asset that has one."""
    ids = select(Asset.id).where(Asset.stream_id == stream_id)
    query = select(Risk.asset_id, func.max(Risk.tick)).where(col(Risk.tick) >= first, col(Risk.asset_id).in_(ids))
    return {row[0]: row[1] for row in session.connection().execute(query.group_by(col(Risk.asset_id)))}


def recent(session: Session, stream_id: int, first: int, last: int) -> dict[int, Risk]:
    """The newest risk of each watched asset within the origins first..last."""
    ids = watched_ids(stream_id)
    query = select(Risk).where(col(Risk.tick).between(first, last), col(Risk.asset_id).in_(ids))
    return {risk.asset_id: risk for risk in session.exec(query.order_by(col(Risk.tick)))}


def of_asset(session: Session, asset_id: int, first: int, last: int) -> Sequence[Risk]:
    """One asset's risks of the origins first..last, oldest first."""
    query = select(Risk).where(Risk.asset_id == asset_id, col(Risk.tick).between(first, last))
    return session.exec(query.order_by(col(Risk.tick))).all()


def first_of(session: Session, asset_id: int) -> int | None:
    """The oldest origin of one asset whose risk is kept."""
    return session.exec(select(func.min(Risk.tick)).where(Risk.asset_id == asset_id)).one()


def oldest_tick(session: Session, stream_id: int) -> int | None:
    """The oldest origin whose risks are kept."""
    ids = select(Asset.id).where(Asset.stream_id == stream_id)
    return session.exec(select(func.min(Risk.tick)).where(col(Risk.asset_id).in_(ids))).one()


def drop_before(session: Session, stream_id: int, before: int) -> int:
    """Delete a stream's risks older than tick `before`."""
    ids = select(Asset.id).where(Asset.stream_id == stream_id)
    old = (col(Risk.tick) < before) & col(Risk.asset_id).in_(ids)
    return session.connection().execute(delete(Risk).where(old)).rowcount
