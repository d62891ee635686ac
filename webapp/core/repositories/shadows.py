"""Who shadows whom, what shadows forecast, and how each of their origins went."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, delete, func, select

from webapp.core.models.assets import Asset
from webapp.core.models.shadows import Shadow, ShadowForecast, ShadowRun
from webapp.core.repositories.bulk import insert_new, rowcount, upsert


def find(session: Session, stream_id: int, version_id: int, why: str, cause: int) -> Shadow | None:
    """The stretch of a version for that cause, ended or not."""
    query = select(Shadow).where(
        Shadow.stream_id == stream_id, Shadow.model_version_id == version_id, Shadow.why == why, Shadow.cause == cause
    )
    return session.exec(query).one_or_none()


def of_stream(session: Session, stream_id: int) -> Sequence[Shadow]:
    """Every stretch, newest first."""
    return session.exec(select(Shadow).where(Shadow.stream_id == stream_id).order_by(col(Shadow.id).desc())).all()


def active(session: Session, stream_id: int | None = None) -> Sequence[Shadow]:
    """The stretches that have not ended, oldest first."""
    query = select(Shadow).where(col(Shadow.ended_at).is_(None)).order_by(col(Shadow.id))
    return session.exec(query if stream_id is None else query.where(Shadow.stream_id == stream_id)).all()


def store(session: Session, rows: Sequence[dict[str, Any]]) -> int:
    """Append fans; one that is there already stays as it is."""
    return insert_new(session, ShadowForecast, rows)


def store_run(session: Session, row: dict[str, Any]) -> None:
    """Write how an origin went; a live stream whose servers report one by one counts up."""
    upsert(session, ShadowRun, [row], ("stream_id", "model_version_id", "tick"))


def store_skipped(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Note origins that were passed over, unless they went somehow already."""
    insert_new(session, ShadowRun, rows)


def runs(session: Session, stream_id: int, version_id: int, first: int) -> Sequence[ShadowRun]:
    """How a version's origins from tick `first` on went, oldest first."""
    query = select(ShadowRun).where(
        ShadowRun.stream_id == stream_id, ShadowRun.model_version_id == version_id, col(ShadowRun.tick) >= first
    )
    return session.exec(query.order_by(col(ShadowRun.tick))).all()


def fans_at(session: Session, asset_ids: Sequence[int], tick: int) -> Sequence[ShadowForecast]:
    """The fans of one origin, of every version."""
    query = select(ShadowForecast).where(ShadowForecast.tick == tick, col(ShadowForecast.asset_id).in_(asset_ids))
    return session.exec(query).all()


def counts(session: Session, stream_id: int, ticks: Sequence[int]) -> Sequence[tuple[int, int, int]]:
    """(origin, version, fans) of some origins."""
    query = select(ShadowForecast.tick, ShadowForecast.model_version_id, func.count()).where(
        col(ShadowForecast.tick).in_(ticks), col(ShadowForecast.asset_id).in_(_ids(stream_id))
    )
    return session.exec(query.group_by(col(ShadowForecast.tick), col(ShadowForecast.model_version_id))).all()


def oldest_tick(session: Session, stream_id: int) -> int | None:
    """The oldest origin whose fans are kept."""
    mine = col(ShadowForecast.asset_id).in_(_ids(stream_id))
    return session.exec(select(func.min(ShadowForecast.tick)).where(mine)).one()


def drop_before(session: Session, stream_id: int, before: int) -> int:
    """Delete every fan older than tick `before`; returns how many."""
    old = (col(ShadowForecast.tick) < before) & col(ShadowForecast.asset_id).in_(_ids(stream_id))
    return rowcount(session.exec(delete(ShadowForecast).where(old)))


def oldest_run(session: Session, stream_id: int) -> int | None:
    """The oldest origin of which it is known how it went."""
    return session.exec(select(func.min(ShadowRun.tick)).where(ShadowRun.stream_id == stream_id)).one()


def drop_runs(session: Session, stream_id: int, before: int) -> int:
    """Delete how origins older than tick `before` went."""
    old = (col(ShadowRun.stream_id) == stream_id) & (col(ShadowRun.tick) < before)
    return rowcount(session.exec(delete(ShadowRun).where(old)))


def end(session: Session, row: Shadow, at: datetime, verdict: str, note: str, evidence: dict[str, float]) -> None:
    """Write how a stretch ended, once."""
    if row.ended_at is None:
        row.ended_at, row.verdict, row.note, row.evidence = at, verdict, note[:500], evidence
        session.add(row)


def _ids(stream_id: int) -> Any:
    return select(Asset.id).where(Asset.stream_id == stream_id)
