"""Forecast cycles, and judging their risks again. One thread a process: streams take turns, each a fraction of a
second."""

from dataclasses import replace

import dramatiq

from ml.runtime import crossing
from webapp.core import metrics
from webapp.core.clock import monotonic
from webapp.core.errors import Unavailable
from webapp.core.jobs import ForecastRun, ModelWarm, RisksJudge
from webapp.core.logging import get_logger
from webapp.core.services import forecasts, judgements, promotions
from workers.broker import NO_LIMIT_MS
from workers.model_cache import Models, Windows

log = get_logger(__name__)
_windows, _models = Windows(), Models()


@dramatiq.actor(actor_name=ForecastRun.actor, queue_name=ForecastRun.queue, max_retries=5, time_limit=NO_LIMIT_MS)
def forecast_run(stream_id: int, tick: int) -> None:
    """Forecast every server of a stream at `tick`, unless that is done or a live stream has moved on."""
    started = monotonic()
    origin = forecasts.open_cycle(stream_id, tick, _windows.of(stream_id))
    if origin is None:
        forecasts.skip(stream_id, tick)
        return
    version, forecaster = _models.of(stream_id, origin.version)
    origin = replace(origin, version=version)
    forecast = forecaster.predict(origin.window)
    risk = crossing(forecast.quantiles[: len(origin.assets)], origin.thresholds, forecaster.odds)
    forecasts.close_cycle(origin, forecast, risk, started)
    metrics.forecast_cycles.labels(origin.slug, "stored").inc()
    metrics.forecast_seconds.labels(origin.slug).observe(monotonic() - started)


@dramatiq.actor(actor_name=RisksJudge.actor, queue_name=RisksJudge.queue, max_retries=5, time_limit=NO_LIMIT_MS)
def risks_judge(stream_id: int) -> None:
    """Judge the newest risks of a stream again, where its thresholds changed."""
    judgements.again(stream_id, _windows.of(stream_id))


@dramatiq.actor(actor_name=ModelWarm.actor, queue_name=ModelWarm.queue, max_retries=0)
def model_warm(stream_id: int) -> None:
    """Load a stream's new champion between two ticks, so that the next one need not wait for it."""
    try:
        promotions.warm(stream_id)
    except Unavailable as error:
        log.warning("a champion cannot be loaded", extra={"stream_id": stream_id, "error": error.message})
