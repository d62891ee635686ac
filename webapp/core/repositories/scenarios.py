"""Scenarios and the twins without them."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col, delete, or_, select, update

from webapp.core.models.assets import Asset
from webapp.core.models.scenarios import Scenario, Twin
from webapp.core.repositories.bulk import upsert
from webapp.core.views.scenarios import EndedBy, ScenarioStatus

ALIVE = (ScenarioStatus.QUEUED.value, ScenarioStatus.RUNNING.value)


def of_stream(session: Session, stream_id: int, most: int = 50) -> Sequence[Scenario]:
    """A stream's scenarios, newest first."""
    query = select(Scenario).where(Scenario.stream_id == stream_id)
    return session.exec(query.order_by(col(Scenario.id).desc()).limit(most)).all()


def alive(session: Session, stream_id: int) -> Sequence[Scenario]:
    """Scenarios that wait for their start or run."""
    query = select(Scenario).where(Scenario.stream_id == stream_id, col(Scenario.status).in_(ALIVE))
    return session.exec(query.order_by(col(Scenario.id))).all()


def effective(session: Session, stream_id: int, since: int) -> Sequence[Scenario]:
    """Every scenario whose effect may reach ticks from `since` on: the simulator applies them all."""
    end = Scenario.start_tick + Scenario.ramp_ticks + Scenario.hold_ticks + Scenario.recover_ticks
    began = or_(col(Scenario.stop_tick).is_(None), col(Scenario.stop_tick) > col(Scenario.start_tick))
    query = select(Scenario).where(Scenario.stream_id == stream_id, began, end >= since)
    return session.exec(query.order_by(col(Scenario.id))).all()


def explain(session: Session, stream_id: int, by: str, reason: str) -> None:
    """Give what a person's lever ended the reason that it was pulled for, where none was given yet."""
    mine = (col(Scenario.stream_id) == stream_id) & (col(Scenario.ended_by) == EndedBy.LEVER.value)
    unsaid = (col(Scenario.stopped_by) == by) & (col(Scenario.stop_reason) == "")
    session.exec(update(Scenario).where(mine, unsaid).values(stop_reason=reason))


def by_id(session: Session, scenario_id: int) -> Scenario | None:
    """The scenario with this id."""
    return session.get(Scenario, scenario_id)


def move(session: Session, scenario_id: int, allowed: Sequence[ScenarioStatus], values: dict[str, Any]) -> bool:
    """Compare-and-set: change a scenario that is still in one of the `allowed` states; False when it is not."""
    states = [status.value for status in allowed]
    statement = update(Scenario).where(col(Scenario.id) == scenario_id, col(Scenario.status).in_(states))
    return session.connection().execute(statement.values(**values)).rowcount == 1


def store_twins(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Write twin observations, or add their fans."""
    upsert(session, Twin, rows, ("asset_id", "tick"))


def twins(session: Session, asset_ids: Sequence[int], first: int, last: int) -> Sequence[Twin]:
    """Twins of ticks first..last, oldest first."""
    query = select(Twin).where(col(Twin.asset_id).in_(asset_ids), col(Twin.tick).between(first, last))
    return session.exec(query.order_by(col(Twin.tick))).all()


def drop_twins(session: Session, stream_id: int, before: int) -> int:
    """Delete a stream's twins older than tick `before`."""
    ids = select(Asset.id).where(Asset.stream_id == stream_id)
    old = (col(Twin.tick) < before) & col(Twin.asset_id).in_(ids)
    return session.connection().execute(delete(Twin).where(old)).rowcount
