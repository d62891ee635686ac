"""Forecast cycles, and judging their risks again. One thread a process: streams take turns, each a fraction of a
second."""

import dramatiq

from ml.runtime import crossing
from webapp.core import metrics
from webapp.core.clock import monotonic
from webapp.core.jobs import ForecastRun, RisksJudge
from webapp.core.services import champions, forecasts, judgements
from workers.broker import NO_LIMIT_MS
from workers.model_cache import Windows

_windows = Windows()


@dramatiq.actor(actor_name=ForecastRun.actor, queue_name=ForecastRun.queue, max_retries=5, time_limit=NO_LIMIT_MS)
def forecast_run(stream_id: int, tick: int) -> None:
    """Forecast every server of a stream at `tick`, unless that is done or a live stream has moved on."""
    started = monotonic()
    origin = forecasts.open_cycle(stream_id, tick, _windows.of(stream_id))
    if origin is None:
        forecasts.skip(stream_id, tick)
        return
    forecaster = champions.forecaster(origin.version.path, origin.version.sha256)
    forecast = forecaster.predict(origin.window)
    risk = crossing(forecast.quantiles[: len(origin.assets)], origin.thresholds, forecaster.odds)
    forecasts.close_cycle(origin, forecast, risk, started)
    metrics.forecast_cycles.labels(origin.slug, "stored").inc()
    metrics.forecast_seconds.labels(origin.slug).observe(monotonic() - started)


@dramatiq.actor(actor_name=RisksJudge.actor, queue_name=RisksJudge.queue, max_retries=5, time_limit=NO_LIMIT_MS)
def risks_judge(stream_id: int) -> None:
    """Judge the newest risks of a stream again, where its thresholds changed."""
    judgements.again(stream_id, _windows.of(stream_id))
