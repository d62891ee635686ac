"""Assets of a stream, always in the order in which they were added, by every name that they have or had.

A merged server is in no list: its names mean the one that it was merged into. A retired one is kept, not watched.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy import select as columns
from sqlmodel import Session, col, delete, func, select

from webapp.core.models.assets import Asset, AssetAlias
from webapp.core.models.merges import AssetMerge


@dataclass(frozen=True, slots=True)
class Known:
    """What a writer that sees all servers at each tick needs of one. `into_id` is set while it is merged."""

    id: int
    name: str
    profile: str
    told: str | None
    sender: str | None
    retired: bool
    into_id: int | None


def watched_ids(stream_id: int) -> Any:
    """The ids of the servers that are forecast and counted, as a part of a statement."""
    return select(Asset.id).where(*_watched(stream_id))


def _watched(stream_id: int) -> tuple[ColumnElement[bool], ...]:
    merged = select(AssetMerge.asset_id)
    return col(Asset.stream_id) == stream_id, col(Asset.retired_at).is_(None), col(Asset.id).not_in(merged)


def of_stream(session: Session, stream_id: int) -> Sequence[Asset]:
    """Every server that is watched."""
    return session.exec(select(Asset).where(*_watched(stream_id)).order_by(col(Asset.id))).all()


def kept(session: Session, stream_id: int) -> Sequence[Asset]:
    """Every server with a history of its own: retired ones too, merged ones not."""
    query = select(Asset).where(Asset.stream_id == stream_id, col(Asset.id).not_in(select(AssetMerge.asset_id)))
    return session.exec(query.order_by(col(Asset.id))).all()


def every(session: Session, stream_id: int) -> Sequence[Asset]:
    """All there is, merged servers too."""
    return session.exec(select(Asset).where(Asset.stream_id == stream_id).order_by(col(Asset.id))).all()


def by_id(session: Session, asset_id: int) -> Asset | None:
    """The asset with this id."""
    return session.get(Asset, asset_id)


def by_ids(session: Session, asset_ids: Sequence[int]) -> Sequence[Asset]:
    """The assets with these ids, in their order."""
    return session.exec(select(Asset).where(col(Asset.id).in_(asset_ids)).order_by(col(Asset.id))).all()


def entry(session: Session, stream_id: int, name: str) -> Asset | None:
    """The asset that is called `name` or was once, merged or not."""
    found = session.exec(select(Asset).where(Asset.stream_id == stream_id, Asset.name == name)).one_or_none()
    if found is not None:
        return found
    former = select(AssetAlias.asset_id).where(AssetAlias.stream_id == stream_id, AssetAlias.name == name)
    return session.exec(select(Asset).where(col(Asset.id).in_(former))).one_or_none()


def by_name(session: Session, stream_id: int, name: str) -> Asset | None:
    """The server that a name means: the one called so, called so before, or that this one was merged into."""
    found = entry(session, stream_id, name)
    merge = None if found is None else session.get(AssetMerge, found.id)
    return found if merge is None else session.get(Asset, merge.into_id)


def count(session: Session, stream_id: int) -> int:
    """How many servers are watched."""
    return session.exec(select(func.count()).select_from(Asset).where(*_watched(stream_id))).one()


def profiles(session: Session, stream_id: int) -> dict[int, str]:
    """The profile of each server by its id, without building objects."""
    query = columns(col(Asset.id), col(Asset.profile)).where(col(Asset.stream_id) == stream_id)
    found: Sequence[Any] = session.connection().execute(query).all()
    return {row[0]: row[1] for row in found}


def has_profile(session: Session, stream_id: int, unknown: str) -> bool:
    """Whether any watched server has another profile than the unknown one."""
    query = select(Asset.id).where(*_watched(stream_id), Asset.profile != unknown)
    return session.exec(query.limit(1)).first() is not None


def known(session: Session, stream_id: int) -> dict[str, Known]:
    """Every asset by every name, without building objects: for writers that see all at each tick."""
    query = (
        columns(
            col(Asset.id), col(Asset.name), col(Asset.profile), col(Asset.told_profile), col(Asset.sender),
            col(Asset.retired_at).is_not(None), col(AssetMerge.into_id),
        )
        .outerjoin(AssetMerge, col(AssetMerge.asset_id) == col(Asset.id))
        .where(col(Asset.stream_id) == stream_id)
    )  # fmt: skip
    listed: Sequence[Any] = session.connection().execute(query).all()
    rows = [Known(*row) for row in listed]
    found = {one.name: one for one in rows}
    ids = {one.id: one for one in rows}
    return found | {alias.name: ids[alias.asset_id] for alias in aliases(session, stream_id)}


def aliases(session: Session, stream_id: int) -> Sequence[AssetAlias]:
    """Every name that a server of the stream had before, the latest last."""
    query = select(AssetAlias).where(AssetAlias.stream_id == stream_id)
    return session.exec(query.order_by(col(AssetAlias.given_up_at), col(AssetAlias.id))).all()


def forget_alias(session: Session, stream_id: int, name: str) -> None:
    """A name is no former name any more."""
    session.exec(delete(AssetAlias).where(col(AssetAlias.stream_id) == stream_id, col(AssetAlias.name) == name))
