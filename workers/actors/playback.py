"""Driving clocks. A playback is one long job: it holds a lease, writes ticks and waits for their forecasts."""

import os
import threading

import dramatiq
from dramatiq.middleware import Shutdown

from webapp.core.errors import ForewarnError
from webapp.core.jobs import PlaybackRun
from webapp.core.logging import get_logger
from webapp.core.services import playbacks
from workers.broker import NO_LIMIT_MS
from workers.driving import Driving

log = get_logger(__name__)


@dramatiq.actor(actor_name=PlaybackRun.actor, queue_name=PlaybackRun.queue, max_retries=0, time_limit=NO_LIMIT_MS)
def playback_run(playback_id: int) -> None:
    """Drive a stream until it is paused for good, taken over or shut down; nothing when somebody drives it."""
    held = playbacks.claim(playback_id, f"{os.getpid()}/{threading.get_ident()}")
    if held is None:
        return
    try:
        Driving(held).run()
    except Shutdown:
        playbacks.release(held)
    except (ForewarnError, OSError, ValueError) as error:
        log.warning("a playback stopped", extra={"playback_id": playback_id, "error": str(error)})
        playbacks.fail(held, str(error))
