"""Merges and the ticks that they filled: copied and taken back in the database, never through this process."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, literal
from sqlmodel import Session, col, delete, func, select

from webapp.core.models.assets import Asset
from webapp.core.models.merges import AssetMerge, MergedTick
from webapp.core.models.telemetry import Telemetry
from webapp.core.repositories.bulk import insert_new, rowcount
from webapp.core.repositories.telemetry import COLUMNS

_SLICE = 400


def of(session: Session, asset_id: int) -> AssetMerge | None:
    """The merge of a server, None while it stands for itself."""
    return session.get(AssetMerge, asset_id)


def of_stream(session: Session, stream_id: int) -> Sequence[AssetMerge]:
    """Every merge of a stream, oldest first."""
    ids = select(Asset.id).where(Asset.stream_id == stream_id)
    query = select(AssetMerge).where(col(AssetMerge.asset_id).in_(ids))
    return session.exec(query.order_by(col(AssetMerge.merged_at), col(AssetMerge.asset_id))).all()


def into(session: Session, asset_id: int) -> Sequence[AssetMerge]:
    """What was merged into a server, oldest first."""
    query = select(AssetMerge).where(AssetMerge.into_id == asset_id)
    return session.exec(query.order_by(col(AssetMerge.merged_at), col(AssetMerge.asset_id))).all()


def fill(session: Session, merge: AssetMerge) -> None:
    """Copy what the merged server observed at ticks that the other one lacks, and note those."""
    theirs = select(Telemetry.tick).where(Telemetry.asset_id == merge.into_id)
    lacking = select(literal(merge.asset_id), Telemetry.tick).where(
        Telemetry.asset_id == merge.asset_id, col(Telemetry.tick).not_in(theirs)
    )
    session.connection().execute(insert(MergedTick).from_select(["asset_id", "tick"], lacking))
    mine = select(MergedTick.tick).where(MergedTick.asset_id == merge.asset_id)
    copied = select(literal(merge.into_id), Telemetry.tick, *COLUMNS).where(
        Telemetry.asset_id == merge.asset_id, col(Telemetry.tick).in_(mine), col(Telemetry.tick).not_in(theirs)
    )
    names = ["asset_id", "tick", *(column.key for column in COLUMNS)]
    session.connection().execute(insert(Telemetry).from_select(names, copied))


def empty(session: Session, merge: AssetMerge) -> int:
    """Take back what was copied; returns how many ticks."""
    mine = select(MergedTick.tick).where(MergedTick.asset_id == merge.asset_id)
    copied = (col(Telemetry.asset_id) == merge.into_id) & col(Telemetry.tick).in_(mine)
    session.exec(delete(Telemetry).where(copied))
    return rowcount(session.exec(delete(MergedTick).where(col(MergedTick.asset_id) == merge.asset_id)))


def note(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Remember ticks (`asset_id` of the merged server, `tick`) that were copied as they arrived."""
    insert_new(session, MergedTick, rows)


def drop(session: Session, merge: AssetMerge) -> None:
    """The two are two again."""
    session.exec(delete(AssetMerge).where(col(AssetMerge.asset_id) == merge.asset_id))


def span(session: Session, asset_id: int) -> tuple[int, int, int] | None:
    """First and last tick that were copied from a merged server, and how many; None for none."""
    query = select(func.min(MergedTick.tick), func.max(MergedTick.tick), func.count())
    first, last, ticks = session.exec(query.where(MergedTick.asset_id == asset_id)).one()
    return (first, last, ticks) if ticks else None


def copied(session: Session, keys: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
    """Which observations (asset, tick) of servers that others were merged into are copies."""
    found: set[tuple[int, int]] = set()
    query = select(AssetMerge.into_id, MergedTick.tick).join(
        MergedTick, col(MergedTick.asset_id) == col(AssetMerge.asset_id)
    )
    targets = set(session.exec(select(AssetMerge.into_id)))
    wanted = [key for key in keys if key[0] in targets]
    ticks = sorted({tick for _, tick in wanted})
    for start in range(0, len(ticks), _SLICE):
        part = query.where(col(MergedTick.tick).in_(ticks[start : start + _SLICE]))
        found |= {(into_id, tick) for into_id, tick in session.exec(part)}
    return found & set(wanted)


def uncopy(session: Session, keys: Sequence[tuple[int, int]]) -> None:
    """Drop copies (asset, tick): the server's own observation of that tick has come."""
    for asset_id, tick in keys:
        sources = select(AssetMerge.asset_id).where(AssetMerge.into_id == asset_id)
        noted = (col(MergedTick.tick) == tick) & col(MergedTick.asset_id).in_(sources)
        session.exec(delete(MergedTick).where(noted))
        session.exec(delete(Telemetry).where(col(Telemetry.asset_id) == asset_id, col(Telemetry.tick) == tick))


def drop_before(session: Session, stream_id: int, before: int) -> int:
    """Forget copied ticks older than tick `before`, whose observations are dropped as well."""
    ids = select(Asset.id).where(Asset.stream_id == stream_id)
    old = (col(MergedTick.tick) < before) & col(MergedTick.asset_id).in_(ids)
    return rowcount(session.exec(delete(MergedTick).where(old)))
