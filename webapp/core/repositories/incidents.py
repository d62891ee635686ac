"""Incidents and how far each stream is judged."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam
from sqlmodel import Session, col, delete, func, or_, select, update

from webapp.core.clock import tick_of
from webapp.core.models.assets import Asset, AssetAlias
from webapp.core.models.incidents import Incident, IncidentScan
from webapp.core.repositories.assets import watched_ids
from webapp.core.repositories.bulk import insert_new, upsert
from webapp.core.views.incidents import Shown, Wanted

_SLICE = 400
_TABLE = Incident.__table__  # type: ignore[attr-defined]  # many rows in one statement


def scan_of(session: Session, stream_id: int) -> IncidentScan | None:
    """How far a stream is judged, None before it was for the first time."""
    return session.get(IncidentScan, stream_id)


def move_scan(session: Session, stream_id: int, tick: int, batch_id: int) -> None:
    """Say that a stream is judged up to a tick."""
    upsert(session, IncidentScan, [{"stream_id": stream_id, "tick": tick, "batch_id": batch_id}], ("stream_id",))


def touched(session: Session, stream_id: int, first: int, last: int) -> Sequence[Incident]:
    """Incidents that started before tick `last` and were not closed before tick `first`."""
    going_on = or_(col(Incident.closed_tick).is_(None), col(Incident.closed_tick) >= first)
    query = select(Incident).where(Incident.stream_id == stream_id, Incident.start_tick < last, going_on)
    return session.exec(query).all()


def left_open(session: Session, stream_id: int) -> Sequence[Incident]:
    """Open incidents of servers that are retired or merged: nobody follows them."""
    nobodys = col(Incident.asset_id).not_in(watched_ids(stream_id))
    return session.exec(
        select(Incident).where(Incident.stream_id == stream_id, col(Incident.closed_tick).is_(None), nobodys)
    ).all()


def insert(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Store new incidents."""
    insert_new(session, Incident, rows)


def change(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Store how incidents stand now: each row names its `id` and the same columns."""
    if not rows:
        return
    columns: dict[str, Any] = {name: bindparam(f"new_{name}") for name in rows[0] if name != "id"}
    statement = update(_TABLE).where(_TABLE.c.id == bindparam("new_id")).values(columns)
    session.connection().execute(statement, [{f"new_{name}": value for name, value in row.items()} for row in rows])


def remove(session: Session, ids: Sequence[int]) -> None:
    """Forget incidents that turned out to be parts of others."""
    for start in range(0, len(ids), _SLICE):
        session.exec(delete(Incident).where(col(Incident.id).in_(ids[start : start + _SLICE])))


def page(session: Session, stream_id: int, wanted: Wanted, offset: int, limit: int) -> list[tuple[Incident, Asset]]:
    """Matching incidents with their servers: open ones first, then the newest start first."""
    order = (col(Incident.end_tick).is_not(None), col(Incident.start_tick).desc(), col(Incident.id).desc())
    query = _matching(stream_id, wanted).order_by(*order).offset(offset).limit(limit)
    return [(row[0], row[1]) for row in session.exec(query)]


def after(
    session: Session, stream_id: int, wanted: Wanted, place: tuple[int, int] | None, limit: int
) -> list[tuple[Incident, Asset]]:
    """Matching incidents with their servers, the newest start first, behind a `place` (start tick, id)."""
    query = _matching(stream_id, wanted)
    if place is not None:
        tick, number = place
        same = (col(Incident.start_tick) == tick) & (col(Incident.id) < number)
        query = query.where(or_(col(Incident.start_tick) < tick, same))
    query = query.order_by(col(Incident.start_tick).desc(), col(Incident.id).desc()).limit(limit)
    return [(row[0], row[1]) for row in session.exec(query)]


def count(session: Session, stream_id: int, wanted: Wanted) -> int:
    """How many match."""
    return session.exec(select(func.count()).select_from(_matching(stream_id, wanted).subquery())).one()


def open_counts(session: Session, stream_id: int) -> tuple[int, int]:
    """Open incidents that count, and those that lie in maintenance."""
    query = select(Incident.in_maintenance, func.count()).group_by(col(Incident.in_maintenance))
    mine = (Incident.stream_id == stream_id, col(Incident.closed_tick).is_(None))
    found = {bool(row[0]): row[1] for row in session.exec(query.where(*mine))}
    return found.get(False, 0), found.get(True, 0)


def open_ones(session: Session, stream_id: int, limit: int) -> list[tuple[Incident, Asset]]:
    """Open incidents that count with their servers, the longest first."""
    query = _matching(stream_id, Wanted(Shown.OPEN)).where(col(Incident.in_maintenance).is_(False))
    query = query.order_by(col(Incident.start_tick), col(Incident.id)).limit(limit)
    return [(row[0], row[1]) for row in session.exec(query)]


def ended_last(session: Session, stream_id: int) -> list[tuple[Incident, Asset]]:
    """The incident whose end was known last, with its server; empty without any."""
    query = _matching(stream_id, Wanted(Shown.ENDED)).order_by(col(Incident.closed_tick).desc()).limit(1)
    return [(row[0], row[1]) for row in session.exec(query)]


def of_asset(session: Session, asset_id: int, since: int, least: int) -> Sequence[Incident]:
    """A server's incidents that lasted into tick `since` or later, and its newest `least`; open ones first."""
    order = (col(Incident.end_tick).is_not(None), col(Incident.start_tick).desc())
    mine = select(Incident).where(Incident.asset_id == asset_id).order_by(*order)
    recent = session.exec(mine.where(or_(col(Incident.end_tick).is_(None), col(Incident.end_tick) >= since))).all()
    return recent if len(recent) >= least else session.exec(mine.limit(least)).all()


def _matching(stream_id: int, wanted: Wanted) -> Any:
    query = select(Incident, Asset).join(Asset, col(Asset.id) == Incident.asset_id)
    query = query.where(Incident.stream_id == stream_id)
    if wanted.shown is not Shown.ALL:
        is_open = col(Incident.closed_tick).is_(None)
        query = query.where(is_open if wanted.shown is Shown.OPEN else ~is_open)
    if wanted.server:
        former = select(AssetAlias.asset_id).where(AssetAlias.stream_id == stream_id, AssetAlias.name == wanted.server)
        query = query.where(or_(Asset.name == wanted.server, col(Asset.id).in_(former)))
    exact = ((Incident.metric, wanted.metric), (Asset.profile, wanted.profile))
    for column, value in exact:
        if value:
            query = query.where(column == value)
    for at, later in ((wanted.since, True), (wanted.until, False)):
        if at is not None:
            query = query.where(_begins(at, later))
    return query


def _begins(at: datetime, later: bool) -> Any:
    """Whether an incident began at `at` or later, or before it."""
    tick = tick_of(at)
    return col(Incident.start_tick) >= tick if later else col(Incident.start_tick) < tick
