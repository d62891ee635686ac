"""Training. One run at a time, in a process of its own; a shutdown gives the run back."""

import os

import dramatiq
from dramatiq.middleware import Shutdown

from webapp.core.jobs import TrainingStart
from webapp.core.services import training_runs
from workers.broker import NO_LIMIT_MS
from workers.training import Training


@dramatiq.actor(actor_name=TrainingStart.actor, queue_name=TrainingStart.queue, max_retries=0, time_limit=NO_LIMIT_MS)
def training_start(run_id: int) -> None:
    """Train as a run says; nothing when somebody else does or it is over."""
    held = training_runs.claim(run_id, f"pid {os.getpid()}")
    if held is None:
        return
    try:
        Training(held).run()
    except Shutdown:
        training_runs.release(held)
