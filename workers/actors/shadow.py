"""Forecasts of shadows, one at a time, in a process that gives way to every other one of Forewarn."""

import dramatiq

from webapp.core.clock import monotonic
from webapp.core.errors import Unavailable
from webapp.core.jobs import ShadowRun
from webapp.core.logging import get_logger
from webapp.core.services import champions, shadow_forecasts
from workers.broker import NO_LIMIT_MS
from workers.model_cache import Windows

log = get_logger(__name__)
_windows = Windows()


@dramatiq.actor(actor_name=ShadowRun.actor, queue_name=ShadowRun.queue, max_retries=1, time_limit=NO_LIMIT_MS)
def shadow_run(stream_id: int) -> None:
    """Forecast the newest full hour with every shadow of a stream that has not."""
    for origin in shadow_forecasts.open_origins(stream_id, _windows.of(stream_id)):
        started = monotonic()
        try:
            forecaster = champions.forecaster(origin.version.path, origin.version.sha256)
        except Unavailable as error:
            log.warning("a shadow cannot be loaded", extra={"stream_id": stream_id, "error": error.message})
            shadow_forecasts.give_up(origin, error.message)
            continue
        shadow_forecasts.store(origin, forecaster.predict(origin.window), started)
