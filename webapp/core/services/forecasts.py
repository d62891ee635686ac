"""One forecast cycle: read the window, let go of the database, predict, write forecast and risk together.

A cycle may be asked for twice, late or never. What is stored for an origin stays as it is, so a second
run of the same origin adds only servers that had no forecast yet.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np

from ml.contracts import Bools, Floats, Forecast, Method, Window
from ml.runtime import Crossing
from ml.schema import CONTEXT, HIGH80, HORIZON, LOW80, TICKS_PER_HOUR
from ml.streams.fleet import threshold_matrix
from webapp.core.clock import monotonic, now, time_of
from webapp.core.db import Session, reading
from webapp.core.events import Event, EventKind
from webapp.core.jobs import CoverageScore
from webapp.core.models.assets import Asset
from webapp.core.models.model_versions import ModelVersion
from webapp.core.models.streams import Stream
from webapp.core.policies import fans, risks
from webapp.core.repositories import assets as asset_rows
from webapp.core.repositories import forecasts as rows
from webapp.core.repositories import model_versions, streams, telemetry
from webapp.core.repositories import risks as risk_rows
from webapp.core.services import maintenance, twins
from webapp.core.services.windows import HistoryCache, recent_half_hours
from webapp.core.uow import UnitOfWork, unit_of_work
from webapp.core.views.severity import Severity
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
    return Origin(
        stream.id, stream.slug, tick, stream.anchor_at if stream.anchor_tick == tick else now(), version, chosen,
        twin_ids, len(every), _window(session, lanes, np.concatenate([values[wanted], twin_values]), memory, tick),
        threshold_matrix([asset.profile for asset in chosen]),
    )  # fmt: skip


def _of_twins(week: Floats, values: Floats, tick: int) -> Floats:
    """What twins remember: their servers' week, and of the last day what they would have measured themselves."""
    recent = recent_half_hours(values, tick)
    week[:, -recent.shape[1] :] = recent
    return week


def _window(session: Session, lanes: Sequence[Asset], values: Floats, week: Floats, tick: int) -> Window:
    calendar = maintenance.calendar(session, lanes, tick - CONTEXT + 1, CONTEXT + HORIZON)
    names, profiles = tuple(asset.name for asset in lanes), tuple(asset.profile for asset in lanes)
    return Window(names, profiles, time_of(tick), values, calendar, week)


def close_cycle(origin: Origin, forecast: Forecast, crossings: Crossing, started: float) -> None:
    """Store the fans, the risks and the cycle's row in one transaction, then tell."""
    made_at, count = now(), len(origin.assets)
    blobs = fans.pack(forecast.quantiles)
    with_fan = [at for at in range(count) if forecast.methods[at] is not Method.NONE]
    verdicts = _risk_rows(origin, forecast, crossings)
    with unit_of_work() as uow:
        rows.store(uow.session, [_fan_row(origin, forecast, blobs, at, made_at) for at in with_fan])
        risk_rows.store(uow.session, verdicts)
        twins.store_fans(uow.session, origin.twin_ids, blobs[count:], origin.tick)
        twins.note_warnings(uow, origin.stream_id, origin.tick, [asset.name for asset in origin.assets], crossings)
        _store_run(uow, origin, forecast, made_at, (monotonic() - started) * 1000)


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


def _fan_row(origin: Origin, forecast: Forecast, blobs: Sequence[bytes], at: int, made_at: datetime) -> dict[str, Any]:
    return {
        "asset_id": origin.assets[at].id, "tick": origin.tick, "model_version_id": origin.version.id,
        "method": forecast.methods[at].value, "reason": forecast.reasons[at],
        "input_hash": _input_hash(origin.window, at), "made_at": made_at, "fan": blobs[at],
    }  # fmt: skip


def _input_hash(window: Window, at: int) -> str:
    digest = hashlib.blake2b(window.values[at].tobytes(), digest_size=16)
    digest.update(window.maintenance[at].tobytes())
    if window.week is not None:
        digest.update(window.week[at].tobytes())
    return digest.hexdigest()


def _risk_rows(origin: Origin, forecast: Forecast, crossings: Crossing) -> list[dict[str, Any]]:
    count = len(origin.assets)
    values = origin.window.values[:count]
    breach = risks.breach_lengths(values, origin.thresholds)
    quantiles = forecast.quantiles[:count]
    with np.errstate(invalid="ignore", divide="ignore"):
        headroom = quantiles[..., HIGH80].max(axis=2) / origin.thresholds
        width = (quantiles[..., HIGH80] - quantiles[..., LOW80]).mean(axis=2)
    history = np.isfinite(values).any(axis=2).sum(axis=1)
    metrics, maintained = risks.first_metrics(crossings, breach, headroom), origin.maintained
    made = []
    for at in range(count):
        verdict = risks.judge(at, int(metrics[at]), crossings, breach, origin.tick, bool(maintained[at]))
        if verdict.breach_since == origin.tick - CONTEXT + 1:
            verdict = replace(verdict, breach_since=_longer(origin, at, verdict))
        made.append(_risk_row(origin, forecast, crossings, at, verdict, width, int(history[at])))
    return made


def _longer(origin: Origin, at: int, verdict: risks.Verdict) -> int | None:
    """When a breach that fills the whole window began: the risk before it knows."""
    with reading() as session:
        before = risk_rows.of_asset(session, _id(origin.assets[at]), origin.tick - 2, origin.tick - 1)
    same = [one for one in before if one.metric == risks.metric_name(verdict.metric) and one.breach_since is not None]
    return same[-1].breach_since if same else verdict.breach_since


def _risk_row(
    origin: Origin,
    forecast: Forecast,
    crossings: Crossing,
    at: int,
    verdict: risks.Verdict,
    width: Floats,
    history: int,
) -> dict[str, Any]:
    metric, missing = verdict.metric, forecast.methods[at] is Method.NONE
    row: dict[str, Any] = {
        "asset_id": origin.assets[at].id, "tick": origin.tick, "model_version_id": origin.version.id,
        "severity": (Severity.NO_FORECAST if missing else verdict.severity).value,
        "method": forecast.methods[at].value, "reason": forecast.reasons[at], "history": history,
        "metric": risks.metric_name(metric), "probability": verdict.probability, "crossing_low": verdict.low,
        "crossing": verdict.middle, "crossing_high": verdict.high, "breach_since": verdict.breach_since,
        "threshold": None, "now": None, "width80": None,
        "by_1h": None, "by_2h": None, "by_4h": None, "by_8h": None,
    }  # fmt: skip
    if metric is not None:
        row["threshold"] = float(origin.thresholds[at, metric])
        row["now"] = _number(origin.window.values[at, -1, metric])
        row["width80"] = _number(width[at, metric])
        for place, name in enumerate(("by_1h", "by_2h", "by_4h", "by_8h")):
            row[name] = _number(crossings.by[at, metric, place])
    return row


def _number(value: np.floating) -> float | None:
    return float(value) if np.isfinite(value) else None


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
