"""Reading streams, risks and forecasts. Every answer says which model made it, when, and for which time."""

import asyncio
from datetime import datetime

import numpy as np
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from ml.schema import LEAD_BUCKETS, METRICS, QUANTILES, TICK_SECONDS
from ml.schema import metric as contract_metric
from webapp.api.callers import Reader
from webapp.core import clock
from webapp.core.errors import NotFound
from webapp.core.services import risks, servers, streams
from webapp.core.views.fleet import RiskView
from webapp.core.views.server import MetricView, ServerSnapshot
from webapp.core.views.severity import Severity
from webapp.core.views.streams import Source, StreamView

router = APIRouter(tags=["forecasts"], prefix="/api/v1")


class Stream(BaseModel):
    """A stream, its clock and its champion."""

    slug: str
    kind: str
    source: Source
    clock: str = Field(description="How its clock runs, in words.")
    at: datetime = Field(description="Stream time when the clock was last set; wall time of a live stream.")
    speed: float = Field(description="Seconds of stream time per second; 0 is as fast as the forecasts allow.")
    paused: bool
    servers: int
    servers_forecast: int = Field(description="Servers in the newest forecast.")
    model: str
    version: str
    origin_at: datetime | None = Field(description="Stream time of the newest forecast's last observation.")
    made_at: datetime | None = Field(description="Wall time at which the newest forecast was stored.")
    age_s: float | None = Field(description="Seconds of wall time since then.")
    stale: bool = Field(description="Whether the newest forecast is older than two ticks.")
    injection_allowed: bool = Field(description="False while the safety lever is pulled: no scenario runs or starts.")
    injection_stopped_by: str | None = Field(description="Who pulled it.")
    injection_reason: str | None = Field(description="Why; empty until they have said so.")


class Risk(BaseModel):
    """What is forecast for one server: the first threshold that it may cross within 8 hours."""

    server: str
    profile: str
    severity: Severity
    method: str = Field(description="champion, or the baseline that made the numbers instead.")
    reason: str | None = Field(description="Why a baseline, or nothing, stands here; what a young server borrows.")
    metric: str | None
    unit: str | None
    threshold: float | None = Field(description="By which it was judged; null without a metric that is watched.")
    now: float | None
    probability: float | None = Field(description="Of crossing within 8 hours.")
    by_1h: float | None
    by_2h: float | None
    by_4h: float | None
    by_8h: float | None
    crossing_low_at: datetime | None = Field(description="10 % of the crossings are before this time.")
    crossing_at: datetime | None
    crossing_high_at: datetime | None
    breach_since_at: datetime | None
    maintenance_until_at: datetime | None
    width80: float | None = Field(description="Mean width of the 80 % interval, in the unit.")
    coverage80: float | None = Field(description="Share of matured points that it held.")
    coverage_n: int
    history: int = Field(description="Ticks of history that the forecast was made from.")
    origin_at: datetime | None
    made_at: datetime | None


class Fleet(BaseModel):
    """Every server of a stream."""

    stream: Stream
    servers: list[Risk]


class Fan(BaseModel):
    """The forecast of one metric. `fan[step][quantile]`: step 0 is one tick after `origin_at`."""

    metric: str
    unit: str
    threshold: float | None = Field(description="Null when the metric is not watched.")
    now: float | None
    now_at: datetime | None
    severity: Severity
    probability: float | None
    crossing_at: datetime | None
    fan: list[list[float]] | None = Field(description="96 steps of 5 minutes x 7 quantiles; null without a forecast.")
    held: list[int] = Field(description="Matured points that the 80 % interval held, by lead bucket.")
    matured: list[int] = Field(description="Points whose truth is known, by lead bucket.")


class ServerForecast(BaseModel):
    """The forecast of one server, 8 hours ahead."""

    stream: Stream
    risk: Risk
    origin_at: datetime
    step_seconds: int
    quantiles: list[float]
    lead_buckets_steps: list[tuple[int, int]]
    metrics: list[Fan]


@router.get("/streams", summary="All streams")
async def listed(_caller: Reader) -> list[Stream]:
    """Every stream with its clock and its champion."""
    return [_stream(view) for view in await asyncio.to_thread(streams.streams)]


@router.get("/fleet", summary="The risks of a stream")
async def fleet(_caller: Reader, stream: str = Query(max_length=64)) -> Fleet:
    """One row a server, at the stream's newest forecast."""
    view, found = await asyncio.to_thread(risks.fleet_risks, stream)
    return Fleet(stream=_stream(view), servers=[_risk(one) for one in found])


@router.get("/servers/{name}/forecast", summary="The forecast of a server")
async def forecast(
    name: str, _caller: Reader, stream: str = Query(max_length=64), metric: str | None = Query(None, max_length=64)
) -> ServerForecast:
    """Quantiles of every metric, or of one."""
    if metric is not None and metric not in {one.name for one in METRICS}:
        raise NotFound(f"The contract has no metric {metric}. It has {', '.join(one.name for one in METRICS)}.")
    snapshot = await asyncio.to_thread(servers.server_snapshot, stream, name)
    return _server(snapshot, metric)


def _server(snapshot: ServerSnapshot, metric: str | None) -> ServerForecast:
    return ServerForecast(
        stream=_stream(snapshot.stream),
        risk=_risk(snapshot.risk),
        origin_at=snapshot.origin_at,
        step_seconds=TICK_SECONDS,
        quantiles=list(QUANTILES),
        lead_buckets_steps=list(LEAD_BUCKETS),
        metrics=[_fan(view) for view in snapshot.metrics if metric in (None, view.metric)],
    )


def _stream(view: StreamView) -> Stream:
    return Stream(
        slug=view.slug,
        kind=view.kind,
        source=view.source,
        clock=view.clock.label,
        at=view.clock.at,
        speed=view.clock.speed,
        paused=view.clock.paused,
        servers=view.servers,
        servers_forecast=view.forecast,
        model=view.model,
        version=view.version,
        origin_at=view.origin_at,
        made_at=view.made_at,
        age_s=(clock.now() - view.made_at).total_seconds() if view.made_at else None,
        stale=view.stale_since is not None,
        injection_allowed=view.injection_allowed,
        injection_stopped_by=view.injection_stopped_by,
        injection_reason=view.injection_reason,
    )


def _risk(view: RiskView) -> Risk:
    shared = {name: getattr(view, name) for name in Risk.model_fields if name not in ("server", "unit")}
    return Risk(server=view.name, unit=contract_metric(view.metric).unit if view.metric else None, **shared)


def _fan(view: MetricView) -> Fan:
    whole = view.fan is not None and bool(np.isfinite(view.fan).all())
    return Fan(
        metric=view.metric,
        unit=view.unit,
        threshold=view.threshold,
        now=view.now,
        now_at=view.now_at,
        severity=view.severity,
        probability=view.probability,
        crossing_at=view.crossing_at,
        fan=np.round(view.fan.astype(float), 4).tolist() if view.fan is not None and whole else None,
        held=[held for held, _ in view.coverage],
        matured=[matured for _, matured in view.coverage],
    )
