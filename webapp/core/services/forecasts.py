"""One forecast cycle: read the window, let go of the database, predict, write forecast and risk together.

A cycle may be asked for twice, late or never. What is stored for an origin stays as it is, so a second
run of the same origin adds only servers that had no forecast yet.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from ml.contracts import Bools, Floats, Forecast, Method, Window
from ml.runtime import Crossing
from ml.schema import CONTEXT, HORIZON, TICKS_PER_HOUR
from webapp.core.clock import monotonic, now, time_of
from webapp.core.db import Session, reading
from webapp.core.events import Event, EventKind
from webapp.core.jobs import CoverageScore, DriftLook, ShadowRun, TruthScore
from webapp.core.models.assets import Asset
from webapp.core.models.model_versions import ModelVersion
from webapp.core.models.streams import Stream
from webapp.core.policies import fans
from webapp.core.policies.thresholds import Limits
from webapp.core.policies.thresholds import matrix as thresholds_of
from webapp.core.repositories import assets as asset_rows
from webapp.core.repositories import forecasts as rows
from webapp.core.repositories import model_versions, streams, telemetry
from webapp.core.repositories import risks as risk_rows
from webapp.core.services import judgements, maintenance, thresholds, twins
from webapp.core.services.judgements import Case
from webapp.core.services.windows import HistoryCache, recent_half_hours
from webapp.core.uow import UnitOfWork, unit_of_work
from webapp.core.views.streams import Source


@dataclass(frozen=True, slots=True)
class Origin:
    """What a forecast is made from. The window's first `len(assets)` rows are the servers; the rest
    are twins, named in `twin_ids`: the same servers as if nothing had been injected."""

    stream_id: int
    slug: str
    tick: int
    due_at: datetime
    version: ModelVersion
    assets: tuple[Asset, ...]
    twin_ids: tuple[int, ...]
    total: int
    window: Window
    limits: Limits
    thresholds: Floats

    @property
    def maintained(self) -> Bools:
        """Which rows are in maintenance at the origin."""
        return self.window.maintenance[:, CONTEXT - 1]


def open_cycle(stream_id: int, tick: int, cache: HistoryCache) -> Origin | None:
    """Everything that the forecast of an origin needs, or None when there is nothing left to do.

    On a live stream servers report one by one: an origin is that of the servers whose newest observation it
    is. Whoever has reported again since is forecast from there, so a backlog is dropped, not worked off.
    """
    with reading() as session:
        stream = streams.by_id(session, stream_id)
        version = model_versions.champion(session, stream_id)
        if stream is None or stream.tick is None or version is None:
            return None
        return _read(session, stream, tick, version, cache)


def _read(session: Session, stream: Stream, tick: int, version: ModelVersion, cache: HistoryCache) -> Origin | None:
    assert stream.id is not None
    every = tuple(asset_rows.of_stream(session, stream.id))
    done = rows.forecast_ids(session, stream.id, tick) if rows.run_at(session, stream.id, tick) else set()
    wanted = [at for at, asset in enumerate(every) if _id(asset) not in done]
    if Source(stream.source).live:
        newest = telemetry.last_ticks(session, [_id(every[at]) for at in wanted])
        wanted = [at for at in wanted if newest.get(_id(every[at])) == tick]
    if not wanted:
        return None
    values, week = cache.upto(session, [_id(asset) for asset in every], tick)
    chosen = tuple(every[at] for at in wanted)
    twin_ids, twin_values = twins.windows(session, stream.id, chosen, values[wanted], tick)
    index = {_id(asset): at for at, asset in enumerate(chosen)}
    lanes = chosen + tuple(chosen[index[one]] for one in twin_ids)
    memory = np.concatenate(
        [week[wanted], _of_twins(week[wanted][[index[one] for one in twin_ids]], twin_values, tick)]
    )
    limits = thresholds.limits(session, stream.id)
    return Origin(
        stream.id, stream.slug, tick, stream.anchor_at if stream.anchor_tick == tick else now(), version, chosen,
        twin_ids, len(every), window_of(session, lanes, np.concatenate([values[wanted], twin_values]), memory, tick),
        limits, thresholds_of(limits, [asset.profile for asset in chosen]),
    )  # fmt: skip


def _of_twins(week: Floats, values: Floats, tick: int) -> Floats:
    """What twins remember: their servers' week, and of the last day what they would have measured themselves."""
    recent = recent_half_hours(values, tick)
    week[:, -recent.shape[1] :] = recent
    return week


def window_of(session: Session, lanes: Sequence[Asset], values: Floats, week: Floats, tick: int) -> Window:
    """The window of some servers at an origin, from what is stored and the calendar."""
    calendar = maintenance.calendar(session, lanes, tick - CONTEXT + 1, CONTEXT + HORIZON)
    names, profiles = tuple(asset.name for asset in lanes), tuple(asset.profile for asset in lanes)
    return Window(names, profiles, time_of(tick), values, calendar, week)


def close_cycle(origin: Origin, forecast: Forecast, crossings: Crossing, started: float) -> None:
    """Store the fans, the risks and the cycle's row in one transaction, then tell."""
    made_at, count = now(), len(origin.assets)
    blobs = fans.pack(forecast.quantiles)
    with_fan = [at for at in range(count) if forecast.methods[at] is not Method.NONE]
    verdicts = judgements.risk_rows_of(_case(origin, forecast), crossings)
    with unit_of_work() as uow:
        thresholds.hold(uow.session, origin.stream_id)
        rows.store(uow.session, [_fan_row(origin, forecast, blobs, at, made_at) for at in with_fan])
        risk_rows.store(uow.session, verdicts)
        twins.store_fans(uow.session, origin.twin_ids, blobs[count:], origin.tick)
        twins.note_warnings(uow, origin.stream_id, origin.tick, [asset.name for asset in origin.assets], crossings)
        profiles = {_id(asset): asset.profile for asset in origin.assets}
        thresholds.note_used(uow, origin.stream_id, origin.limits, profiles)
        _store_run(uow, origin, forecast, made_at, (monotonic() - started) * 1000)


def _case(origin: Origin, forecast: Forecast) -> Case:
    """The servers of a cycle, without their twins."""
    count = len(origin.assets)
    assert origin.version.id is not None, "a stored version has an id"
    return Case(
        origin.tick, origin.version.id, origin.assets, origin.window.values[:count], origin.maintained[:count],
        origin.thresholds, forecast.quantiles[:count], forecast.methods, forecast.reasons,
    )  # fmt: skip


def _store_run(uow: UnitOfWork, origin: Origin, forecast: Forecast, made_at: datetime, duration_ms: float) -> None:
    """The cycle's row; its count is of the fans that are stored, whoever stored them."""
    row = {
        "stream_id": origin.stream_id, "tick": origin.tick, "model_version_id": origin.version.id,
        "servers": origin.total, "forecast": len(rows.forecast_ids(uow.session, origin.stream_id, origin.tick)),
        "skipped": False, "runtime": forecast.runtime, "due_at": origin.due_at, "made_at": made_at,
        "duration_ms": duration_ms,
    }  # fmt: skip
    rows.store_run(uow.session, row)
    uow.emit(Event(EventKind.FORECAST_STORED, origin.stream_id, str(origin.tick)))
    if origin.tick % TICKS_PER_HOUR == 0:
        uow.enqueue(CoverageScore(origin.stream_id, origin.tick))
        uow.enqueue(DriftLook(origin.stream_id, origin.tick))
        uow.enqueue(TruthScore(origin.stream_id))
        uow.enqueue(ShadowRun(origin.stream_id))


def _fan_row(origin: Origin, forecast: Forecast, blobs: Sequence[bytes], at: int, made_at: datetime) -> dict[str, Any]:
    return {
        "asset_id": origin.assets[at].id, "tick": origin.tick, "model_version_id": origin.version.id,
        "method": forecast.methods[at].value, "reason": forecast.reasons[at],
        "input_hash": input_hash(origin.window, at), "made_at": made_at, "fan": blobs[at],
    }  # fmt: skip


def input_hash(window: Window, at: int) -> str:
    """What one server's forecast was made from, as a hash."""
    digest = hashlib.blake2b(window.values[at].tobytes(), digest_size=16)
    digest.update(window.maintenance[at].tobytes())
    if window.week is not None:
        digest.update(window.week[at].tobytes())
    return digest.hexdigest()


def _id(asset: Asset) -> int:
    assert asset.id is not None, "a stored asset has an id"
    return asset.id


def skip(stream_id: int, tick: int) -> None:
    """Record that a live stream's origin was passed over for a newer one; a run that is there stays."""
    with unit_of_work() as uow:
        version = model_versions.champion(uow.session, stream_id)
        if version is None:
            return
        row = {
            "stream_id": stream_id, "tick": tick, "model_version_id": version.id, "servers": 0, "forecast": 0,
            "skipped": True, "runtime": "", "due_at": now(), "made_at": now(), "duration_ms": 0.0,
        }  # fmt: skip
        rows.store_skipped(uow.session, row)
