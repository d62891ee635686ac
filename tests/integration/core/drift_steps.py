"""A fleet with nine days of history, and a shift in its last hours."""

from sqlmodel import col, select, update

from tests.integration.core.steps import driver, held
from webapp.core.models.assets import Asset
from webapp.core.models.drift_reports import DriftHour, DriftReport, DriftState
from webapp.core.models.telemetry import Telemetry
from webapp.core.repositories import drift_reports as rows
from webapp.core.services import drift_reports, playbacks
from webapp.core.uow import unit_of_work
from workers.driving import backfill


def filled() -> tuple[int, int]:
    """The demo stream with its history: its id and newest tick."""
    lease = held()
    backfill(lease, driver(lease))
    tick = playbacks.source(lease).tick
    assert tick is not None
    return lease.stream_id, tick


def shift(stream_id: int, profile: str, first: int, by: float) -> None:
    """CPU of a profile's servers is higher from a tick on."""
    with unit_of_work() as uow:
        ids = select(Asset.id).where(Asset.stream_id == stream_id, Asset.profile == profile)
        rows_ = update(Telemetry).where(col(Telemetry.asset_id).in_(ids), col(Telemetry.tick) >= first)
        uow.session.connection().execute(rows_.values(cpu_pct=col(Telemetry.cpu_pct) + by))


def looked(stream_id: int, tick: int) -> None:
    """Every look that is owed, as the jobs would do it."""
    for _ in range(20):
        drift_reports.look(stream_id, tick)


def reports(stream_id: int) -> dict[int, bytes]:
    """What looks found, by hour."""
    with unit_of_work() as uow:
        return {one.hour: one.data for one in rows.reports(uow.session, stream_id, 0)}


def unlooked(stream_id: int) -> None:
    """As if nobody had ever looked."""
    drift_reports.forget()
    with unit_of_work() as uow:
        for table in (DriftHour, DriftReport, DriftState):
            for row in uow.session.exec(select(table).where(table.stream_id == stream_id)):
                uow.session.delete(row)
