"""Assets of a stream, always in the order in which they were added."""

from collections.abc import Sequence

from sqlmodel import Session, col, func, select, update

from webapp.core.models.assets import Asset


def of_stream(session: Session, stream_id: int) -> Sequence[Asset]:
    """Every asset of a stream."""
    return session.exec(select(Asset).where(Asset.stream_id == stream_id).order_by(col(Asset.id))).all()


def by_id(session: Session, asset_id: int) -> Asset | None:
    """The asset with this id."""
    return session.get(Asset, asset_id)


def by_name(session: Session, stream_id: int, name: str) -> Asset | None:
    """The asset of a stream called `name`."""
    return session.exec(select(Asset).where(Asset.stream_id == stream_id, Asset.name == name)).one_or_none()


def count(session: Session, stream_id: int) -> int:
    """How many assets a stream has."""
    return session.exec(select(func.count()).select_from(Asset).where(Asset.stream_id == stream_id)).one()


def known(session: Session, stream_id: int) -> dict[str, tuple[int, str]]:
    """Id and profile of every asset by name, without building objects: for writers that see all at each tick."""
    query = select(Asset.name, Asset.id, Asset.profile).where(Asset.stream_id == stream_id)
    return {name: (asset_id, profile) for name, asset_id, profile in session.connection().execute(query)}


def set_profile(session: Session, asset_id: int, profile: str) -> None:
    """Say what a server does."""
    session.exec(update(Asset).where(col(Asset.id) == asset_id).values(profile=profile))
