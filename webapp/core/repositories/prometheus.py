"""Prometheus sources by name or id, and the claim on one: one reader a source at a time."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, delete, or_, select, update

from webapp.core.models.prometheus import PrometheusSource


def every(session: Session) -> Sequence[PrometheusSource]:
    """All sources, by name."""
    return session.exec(select(PrometheusSource).order_by(col(PrometheusSource.name))).all()


def by_name(session: Session, name: str) -> PrometheusSource | None:
    """The source called `name`."""
    return session.exec(select(PrometheusSource).where(PrometheusSource.name == name)).one_or_none()


def by_id(session: Session, source_id: int) -> PrometheusSource | None:
    """The source with this id."""
    return session.get(PrometheusSource, source_id)


def due(session: Session, newest: int, at: datetime) -> Sequence[PrometheusSource]:
    """Enabled sources with ticks up to `newest` to be read, that nobody reads now and that may be tried."""
    query = select(PrometheusSource).where(col(PrometheusSource.cursor_tick) < newest, _free(at))
    return session.exec(query.order_by(col(PrometheusSource.id))).all()


def claim(session: Session, source_id: int, at: datetime, until_at: datetime) -> bool:
    """Hold a source that is free; False while somebody else does, and when it is gone."""
    mine = update(PrometheusSource).where(col(PrometheusSource.id) == source_id, _free(at))
    return session.connection().execute(mine.values(busy_until_at=until_at)).rowcount == 1


def note(session: Session, source_id: int, **values: object) -> None:
    """Write how reading went; nothing when the source is gone."""
    session.exec(update(PrometheusSource).where(col(PrometheusSource.id) == source_id).values(**values))


def remove(session: Session, source_id: int) -> None:
    """Delete a source; its stream and telemetry stay."""
    session.exec(delete(PrometheusSource).where(col(PrometheusSource.id) == source_id))


def _free(at: datetime) -> ColumnElement[bool]:
    source = PrometheusSource
    idle = or_(col(source.busy_until_at).is_(None), col(source.busy_until_at) < at)
    patient = or_(col(source.next_try_at).is_(None), col(source.next_try_at) <= at)
    return col(source.enabled).is_(True) & idle & patient
