"""Rows of drift: hours, looks, episodes, decisions, and each stream's rule."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, delete, func, or_, select, update

from webapp.core.models.drift_reports import (
    DriftDecision,
    DriftEpisode,
    DriftHour,
    DriftPolicy,
    DriftReport,
    DriftState,
)
from webapp.core.repositories.bulk import upsert


def state(session: Session, stream_id: int) -> DriftState | None:
    """How far a stream is looked at."""
    return session.get(DriftState, stream_id)


def put_state(session: Session, row: DriftState) -> None:
    """Write how far a stream is looked at."""
    upsert(session, DriftState, [row.model_dump()], ("stream_id",))


def note_forecast(session: Session, stream_id: int, version_id: int, hour: int) -> None:
    """Say with which hour the forecasts of a version began, unless that is known; hours before its reference do not
    count."""
    mine = (col(DriftState.stream_id) == stream_id, col(DriftState.model_version_id) == version_id)
    fresh = (col(DriftState.begin_forecast).is_(None), col(DriftState.begin) <= hour)
    session.connection().execute(update(DriftState).where(*mine, *fresh).values(begin_forecast=hour))


def put_hours(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Write hours, in place of those that were there."""
    upsert(session, DriftHour, rows, ("stream_id", "hour"))


def hours(session: Session, stream_id: int, first: int, last: int) -> Sequence[DriftHour]:
    """The hours first..last that are stored, oldest first."""
    mine = (DriftHour.stream_id == stream_id, col(DriftHour.hour).between(first, last))
    return session.exec(select(DriftHour).where(*mine).order_by(col(DriftHour.hour))).all()


def stored_hours(session: Session, stream_id: int, first: int, last: int) -> set[int]:
    """Which of the hours first..last are stored."""
    query = select(DriftHour.hour).where(DriftHour.stream_id == stream_id, col(DriftHour.hour).between(first, last))
    return set(session.exec(query))


def newest_hour(session: Session, stream_id: int) -> int | None:
    """The newest hour that is stored."""
    return session.exec(select(func.max(DriftHour.hour)).where(DriftHour.stream_id == stream_id)).one()


def drop_hours(session: Session, stream_id: int, before: int, middle: tuple[int, int]) -> None:
    """Forget hours before one, and those strictly between two."""
    between = (col(DriftHour.hour) > middle[0]) & (col(DriftHour.hour) < middle[1])
    old = or_(col(DriftHour.hour) < before, between)
    session.exec(delete(DriftHour).where(col(DriftHour.stream_id) == stream_id, old))


def put_report(session: Session, row: dict[str, Any]) -> None:
    """Write what a look found, in place of an earlier answer for the hour."""
    upsert(session, DriftReport, [row], ("stream_id", "hour"))


def reports(session: Session, stream_id: int, first: int) -> Sequence[DriftReport]:
    """Looks after hour `first` or later, oldest first."""
    query = select(DriftReport).where(DriftReport.stream_id == stream_id, col(DriftReport.hour) >= first)
    return session.exec(query.order_by(col(DriftReport.hour))).all()


def hour_at(session: Session, stream_id: int, at: datetime) -> int | None:
    """The stream's newest hour that was looked at by a moment of wall time."""
    query = select(func.max(DriftReport.hour)).where(DriftReport.stream_id == stream_id, col(DriftReport.made_at) <= at)
    found: int | None = session.exec(query).one()
    return found


def drop_reports(session: Session, stream_id: int, before: int) -> None:
    """Forget looks before an hour."""
    session.exec(delete(DriftReport).where(col(DriftReport.stream_id) == stream_id, col(DriftReport.hour) < before))


def open_episodes(session: Session, stream_id: int) -> Sequence[DriftEpisode]:
    """Drift that goes on, the longest first."""
    mine = (DriftEpisode.stream_id == stream_id, col(DriftEpisode.closed_hour).is_(None))
    order = (col(DriftEpisode.opened_hour), col(DriftEpisode.id))
    return session.exec(select(DriftEpisode).where(*mine).order_by(*order)).all()


def episodes(session: Session, stream_id: int, most: int) -> Sequence[DriftEpisode]:
    """The newest episodes, open ones first."""
    order = (col(DriftEpisode.closed_hour).is_not(None), col(DriftEpisode.opened_hour).desc(), col(DriftEpisode.id))
    query = select(DriftEpisode).where(DriftEpisode.stream_id == stream_id).order_by(*order)
    return session.exec(query.limit(most)).all()


def decisions(session: Session, stream_id: int, most: int) -> Sequence[DriftDecision]:
    """The newest decisions, newest first."""
    query = select(DriftDecision).where(DriftDecision.stream_id == stream_id).order_by(col(DriftDecision.id).desc())
    return session.exec(query.limit(most)).all()


def last_retrain(session: Session, stream_id: int) -> DriftDecision | None:
    """The newest decision to train."""
    mine = (DriftDecision.stream_id == stream_id, col(DriftDecision.retrain).is_(True))
    return session.exec(select(DriftDecision).where(*mine).order_by(col(DriftDecision.id).desc()).limit(1)).first()


def rule(session: Session, stream_id: int) -> DriftPolicy | None:
    """A stream's rule, None where nobody changed it."""
    return session.get(DriftPolicy, stream_id)


def put_rule(session: Session, row: DriftPolicy) -> None:
    """Write a stream's rule."""
    upsert(session, DriftPolicy, [row.model_dump()], ("stream_id",))
