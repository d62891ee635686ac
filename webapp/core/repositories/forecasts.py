"""Fans and forecast runs: written once, read by origin."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col, delete, func, select

from ml.schema import TICKS_PER_HOUR
from webapp.core.models.assets import Asset
from webapp.core.models.forecasts import ForecastFan, ForecastRun
from webapp.core.repositories.assets import watched_ids
from webapp.core.repositories.bulk import insert_new, upsert


def store(session: Session, rows: Sequence[dict[str, Any]]) -> int:
    """Append fans; one that is there already stays as it is."""
    return insert_new(session, ForecastFan, rows)


def store_run(session: Session, row: dict[str, Any]) -> None:
    """Write the cycle's row; a live stream whose servers report one by one counts up."""
    upsert(session, ForecastRun, [row], ("stream_id", "tick"))


def store_skipped(session: Session, row: dict[str, Any]) -> None:
    """Write the row of an origin that was passed over, unless the origin has one."""
    insert_new(session, ForecastRun, [row])


def fresh_count(session: Session, stream_id: int, first: int) -> int:
    """How many watched servers of a stream have a fan of the origin `first` or later."""
    ids = watched_ids(stream_id)
    query = select(func.count(func.distinct(ForecastFan.asset_id)))
    return session.exec(query.where(col(ForecastFan.tick) >= first, col(ForecastFan.asset_id).in_(ids))).one()


def run_at(session: Session, stream_id: int, tick: int) -> ForecastRun | None:
    """The cycle of one origin, None when it has not run."""
    return session.get(ForecastRun, (stream_id, tick))


def newest_run(session: Session, stream_id: int) -> ForecastRun | None:
    """The newest cycle that was not skipped."""
    query = select(ForecastRun).where(ForecastRun.stream_id == stream_id, col(ForecastRun.skipped).is_(False))
    return session.exec(query.order_by(col(ForecastRun.tick).desc()).limit(1)).one_or_none()


def first_run(session: Session, stream_id: int, version_id: int) -> int | None:
    """The oldest origin that a version forecast of a stream."""
    mine = (ForecastRun.stream_id == stream_id, ForecastRun.model_version_id == version_id)
    query = select(func.min(ForecastRun.tick)).where(*mine, col(ForecastRun.skipped).is_(False))
    found: int | None = session.exec(query).one()
    return found


def first_origin(session: Session, stream_id: int) -> int | None:
    """The oldest origin of a stream that was forecast or passed over."""
    query = select(func.min(ForecastRun.tick)).where(ForecastRun.stream_id == stream_id)
    found: int | None = session.exec(query).one()
    return found


def hourly_origins(session: Session, stream_id: int, first: int, last: int) -> dict[int, int]:
    """The version that forecast each full hour of ticks first..last; what was passed over is left out."""
    query = select(ForecastRun.tick, ForecastRun.model_version_id).where(
        ForecastRun.stream_id == stream_id, col(ForecastRun.tick).between(first, last),
        col(ForecastRun.tick) % TICKS_PER_HOUR == 0, col(ForecastRun.skipped).is_(False),
    )  # fmt: skip
    return dict(session.exec(query).all())


def counts(session: Session, stream_id: int, ticks: Sequence[int], method: str) -> Sequence[tuple[int, int, int]]:
    """(origin, version, fans) of some origins, of watched servers and one method."""
    query = select(ForecastFan.tick, ForecastFan.model_version_id, func.count()).where(
        col(ForecastFan.tick).in_(ticks), ForecastFan.method == method,
        col(ForecastFan.asset_id).in_(watched_ids(stream_id)),
    )  # fmt: skip
    return session.exec(query.group_by(col(ForecastFan.tick), col(ForecastFan.model_version_id))).all()


def recent_runs(session: Session, most: int) -> Sequence[ForecastRun]:
    """The newest cycles over all streams."""
    return session.exec(select(ForecastRun).order_by(col(ForecastRun.made_at).desc()).limit(most)).all()


def fans_at(session: Session, asset_ids: Sequence[int], tick: int) -> dict[int, ForecastFan]:
    """The fans of one origin."""
    query = select(ForecastFan).where(ForecastFan.tick == tick, col(ForecastFan.asset_id).in_(asset_ids))
    return {fan.asset_id: fan for fan in session.exec(query)}


def newest_fan(session: Session, asset_id: int) -> ForecastFan | None:
    """An asset's newest fan."""
    query = select(ForecastFan).where(ForecastFan.asset_id == asset_id)
    return session.exec(query.order_by(col(ForecastFan.tick).desc()).limit(1)).one_or_none()


def fan_beside(session: Session, asset_id: int, tick: int, last: int, *, later: bool) -> ForecastFan | None:
    """An asset's fan nearest to `tick`: at it or before, or after it and up to `last`; of two versions the younger."""
    side = col(ForecastFan.tick).between(tick + 1, last) if later else (col(ForecastFan.tick) <= min(tick, last))
    order = col(ForecastFan.tick).asc() if later else col(ForecastFan.tick).desc()
    query = select(ForecastFan).where(ForecastFan.asset_id == asset_id, side)
    return session.exec(query.order_by(order, col(ForecastFan.made_at).desc()).limit(1)).one_or_none()


def origins_around(session: Session, asset_id: int, tick: int, last: int) -> tuple[int | None, int | None, int | None]:
    """Of an asset's stored origins up to `last`: the oldest, the nearest before `tick`, the nearest after it."""
    origin, mine = col(ForecastFan.tick), (ForecastFan.asset_id == asset_id, ForecastFan.tick <= last)
    first = session.exec(select(func.min(origin)).where(*mine)).one()
    before = session.exec(select(func.max(origin)).where(*mine, origin < tick)).one()
    return first, before, session.exec(select(func.min(origin)).where(*mine, origin > tick)).one()


def forecast_ids(session: Session, stream_id: int, tick: int) -> set[int]:
    """Watched assets of a stream that have a fan of this origin."""
    ids = watched_ids(stream_id)
    query = select(ForecastFan.asset_id).where(ForecastFan.tick == tick, col(ForecastFan.asset_id).in_(ids))
    return set(session.exec(query))


def thin(session: Session, stream_id: int, before: int, keep_every: int, slice_ticks: int) -> int:
    """Delete fans older than tick `before` but one in `keep_every` ticks, a slice at a time; returns how many."""
    ids = select(Asset.id).where(Asset.stream_id == stream_id)
    mine = col(ForecastFan.asset_id).in_(ids)
    thick = (col(ForecastFan.tick) < before) & (col(ForecastFan.tick) % keep_every != 0) & mine
    oldest: int | None = session.exec(select(func.min(ForecastFan.tick)).where(thick)).one()
    if oldest is None:
        return 0
    result = session.connection().execute(
        delete(ForecastFan).where(thick, col(ForecastFan.tick) < oldest + slice_ticks)
    )
    return result.rowcount


def drop_before(session: Session, stream_id: int, before: int) -> int:
    """Delete every fan older than tick `before`; the last resort of the disk cap."""
    ids = select(Asset.id).where(Asset.stream_id == stream_id)
    old = (col(ForecastFan.tick) < before) & col(ForecastFan.asset_id).in_(ids)
    return session.connection().execute(delete(ForecastFan).where(old)).rowcount


def oldest_tick(session: Session, stream_id: int) -> int | None:
    """The oldest origin whose fans are kept."""
    ids = select(Asset.id).where(Asset.stream_id == stream_id)
    return session.exec(select(func.min(ForecastFan.tick)).where(col(ForecastFan.asset_id).in_(ids))).one()


def oldest_run(session: Session, stream_id: int) -> int | None:
    """The oldest cycle of a stream."""
    return session.exec(select(func.min(ForecastRun.tick)).where(ForecastRun.stream_id == stream_id)).one()


def drop_runs(session: Session, stream_id: int, before: int) -> int:
    """Delete a stream's cycles older than tick `before`."""
    old = (col(ForecastRun.stream_id) == stream_id) & (col(ForecastRun.tick) < before)
    return session.connection().execute(delete(ForecastRun).where(old)).rowcount
