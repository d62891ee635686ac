"""How many rows of each sort there are, and how many lie behind a tick. Counting reads no row's content."""

from typing import Any

from sqlmodel import Session, col, func, select

from webapp.core.models.assets import Asset
from webapp.core.models.forecasts import ForecastFan, ForecastRun
from webapp.core.models.risks import Risk
from webapp.core.models.scenarios import Twin
from webapp.core.models.shadows import ShadowForecast
from webapp.core.models.telemetry import Telemetry

_OF_ASSETS: dict[str, Any] = {
    "telemetry": Telemetry,
    "fans": ForecastFan,
    "risks": Risk,
    "twins": Twin,
    "shadows": ShadowForecast,
}


def counts(session: Session) -> dict[str, int]:
    """Rows by sort."""
    models = {**_OF_ASSETS, "runs": ForecastRun}
    return {name: session.exec(select(func.count()).select_from(model)).one() for name, model in models.items()}


def oldest(session: Session, stream_id: int) -> dict[str, int | None]:
    """The oldest tick of each sort that belongs to the servers of a stream; a look into the key for each."""
    found: dict[str, int | None] = {}
    ids = session.exec(select(Asset.id).where(Asset.stream_id == stream_id)).all()
    for name, model in _OF_ASSETS.items():
        ticks = [session.exec(select(func.min(model.tick)).where(model.asset_id == one)).one() for one in ids]
        found[name] = min((tick for tick in ticks if tick is not None), default=None)
    return found


def older(session: Session, sort: str, stream_id: int, before: int) -> int:
    """Rows of a sort of a stream that are older than a tick."""
    if sort == "runs":
        query = select(func.count()).where(ForecastRun.stream_id == stream_id, col(ForecastRun.tick) < before)
        return session.exec(query).one()
    model = _OF_ASSETS[sort]
    ids = select(Asset.id).where(Asset.stream_id == stream_id)
    query = select(func.count()).where(col(model.asset_id).in_(ids), col(model.tick) < before)
    return session.exec(query).one()


def thinnable(session: Session, stream_id: int, before: int, keep_every: int) -> int:
    """Fans older than a tick that are not the one of their hour."""
    ids = select(Asset.id).where(Asset.stream_id == stream_id)
    thick = (col(ForecastFan.tick) < before) & (col(ForecastFan.tick) % keep_every != 0)
    return session.exec(select(func.count()).where(col(ForecastFan.asset_id).in_(ids), thick)).one()
