"""Forecasts on request, for servers that Forewarn does not watch. Stateless: nothing of a request is kept."""

import asyncio
from datetime import datetime

import numpy as np
from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from ml.schema import TICK_SECONDS
from ml.schema import metric as contract_metric
from webapp.api import bodies, contract
from webapp.api.callers import Reader
from webapp.core.services import unwatched
from webapp.core.views.unwatched import Ahead, MetricAhead, ServerAhead

router = APIRouter(tags=["forecasts"])


class MetricForecast(BaseModel):
    """One metric of one server. `fan[step][quantile]`: step 0 is one tick after `origin_at`."""

    metric: str
    unit: str
    threshold: float = Field(description="The request's, or the profile's own.")
    now: float | None = Field(description="The observation at the origin, if there is one.")
    fan: list[list[float]] | None = Field(description="96 steps of 5 minutes; null without a forecast.")
    by_1h: float | None = Field(description="Chance that a breach begins within 1 hour.")
    by_2h: float | None
    by_4h: float | None
    by_8h: float | None
    crossing_low_at: datetime | None = Field(description="10 % of the breaches begin before this time.")
    crossing_at: datetime | None
    crossing_high_at: datetime | None


class UnwatchedServer(BaseModel):
    """The forecast of one server, and who made it."""

    server: str
    profile: str
    method: str = Field(description="champion, or persistence (a baseline), or none.")
    reason: str | None = Field(description="Why a baseline, or nothing, stands here.")
    model: str | None = Field(description="The name of what made these numbers.")
    version: str | None = Field(description="Its version; a baseline has none.")
    history: int = Field(description="Ticks of the last 24 hours with an observation.")
    metrics: list[MetricForecast]


class Prediction(BaseModel):
    """The answer to a request. Nothing of it is stored."""

    origin_at: datetime = Field(description="Time of the newest row, from which all servers are forecast.")
    made_at: datetime
    champion: str = Field(description="The model that was asked.")
    version: str
    sha256: str = Field(description="Names its artefact.")
    runtime: str
    step_seconds: int
    quantiles: list[float]
    servers: list[UnwatchedServer]


@router.post("/api/v1/predict", summary="Forecast servers that Forewarn does not watch", openapi_extra=contract.ASKED)
async def predict(request: Request, _caller: Reader) -> Prediction:
    """Fans and breach chances of one or several servers, eight hours from the newest row on.

    The rows are a server's history on the 5-minute grid, as for pushing telemetry, at most 20,000 of at most 200
    servers; the more of the last 7 days, the better. Fewer than 12 in the last 24 hours, or none in the last one:
    persistence, a baseline, answers and is named. A profile or threshold that is not told is guessed from the
    name, or taken from the profile. One request is computed at a time; when too many wait it answers 503.
    """
    body = await bodies.json_body(request)
    async with request.app.state.asking:
        made = await asyncio.to_thread(lambda: unwatched.ask(bodies.decode(body)))
    return _prediction(made)


def _prediction(made: Ahead) -> Prediction:
    return Prediction(
        origin_at=made.origin_at,
        made_at=made.made_at,
        champion=made.champion,
        version=made.version,
        sha256=made.sha256,
        runtime=made.runtime,
        step_seconds=TICK_SECONDS,
        quantiles=list(made.quantiles),
        servers=[_server(one) for one in made.servers],
    )


def _server(one: ServerAhead) -> UnwatchedServer:
    shared = {name: getattr(one, name) for name in UnwatchedServer.model_fields if name != "metrics"}
    return UnwatchedServer(metrics=[_metric(metric) for metric in one.metrics], **shared)


def _metric(one: MetricAhead) -> MetricForecast:
    by = (None,) * 4 if one.by is None else tuple(round(chance, 4) for chance in one.by)
    return MetricForecast(
        metric=one.metric,
        unit=contract_metric(one.metric).unit,
        threshold=one.threshold,
        now=one.now,
        fan=None if one.fan is None else np.round(one.fan.astype(float), 4).tolist(),
        by_1h=by[0],
        by_2h=by[1],
        by_4h=by[2],
        by_8h=by[3],
        crossing_low_at=one.crossing_low_at,
        crossing_at=one.crossing_at,
        crossing_high_at=one.crossing_high_at,
    )
