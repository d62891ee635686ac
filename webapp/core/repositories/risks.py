"""Risk rows: the newest of each asset, and one asset's past."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col, delete, func, select

from webapp.core.models.assets import Asset
from webapp.core.models.risks import Risk
from webapp.core.repositories.bulk import insert_new


def store(session: Session, rows: Sequence[dict[str, Any]]) -> int:
    """Append risk rows; one that is there already stays as it is."""
    return insert_new(session, Risk, rows)


def recent(session: Session, stream_id: int, first: int, last: int) -> dict[int, Risk]:
    """Each asset's newest risk within the origins first..last."""
    ids = select(Asset.id).where(Asset.stream_id == stream_id)
    query = select(Risk).where(col(Risk.tick).between(first, last), col(Risk.asset_id).in_(ids))
    return {risk.asset_id: risk for risk in session.exec(query.order_by(col(Risk.tick)))}


def of_asset(session: Session, asset_id: int, first: int, last: int) -> Sequence[Risk]:
    """One asset's risks of the origins first..last, oldest first."""
    query = select(Risk).where(Risk.asset_id == asset_id, col(Risk.tick).between(first, last))
    return session.exec(query.order_by(col(Risk.tick))).all()


def oldest_tick(session: Session, stream_id: int) -> int | None:
    """The oldest origin whose risks are kept."""
    ids = select(Asset.id).where(Asset.stream_id == stream_id)
    return session.exec(select(func.min(Risk.tick)).where(col(Risk.asset_id).in_(ids))).one()


def drop_before(session: Session, stream_id: int, before: int) -> int:
    """Delete a stream's risks older than tick `before`."""
    ids = select(Asset.id).where(Asset.stream_id == stream_id)
    old = (col(Risk.tick) < before) & col(Risk.asset_id).in_(ids)
    return session.connection().execute(delete(Risk).where(old)).rowcount
