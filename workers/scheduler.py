"""The recurring duties, in a process of their own: heal, thin, observe this machine.

Guards: a duty never overlaps itself, a missed run is not made up twice, and what takes longer
than a moment is only enqueued. Each run is told to the broker, where the jobs page reads it.
"""

import json
import signal
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import redis
from apscheduler.events import EVENT_JOB_ADDED, EVENT_JOB_ERROR, EVENT_JOB_EXECUTED, JobExecutionEvent, SchedulerEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from webapp.core import activity, dispatch
from webapp.core.clock import monotonic, now
from webapp.core.jobs import HostSample, RetentionSweep
from webapp.core.logging import configure, get_logger
from webapp.core.policies.retention import SWEEP_MINUTE
from webapp.core.services import (
    breaches,
    conditions,
    decisions,
    deliveries,
    playbacks,
    processes,
    schedules,
    scrapes,
    shadows,
    training_runs,
)
from webapp.core.settings import settings

log = get_logger(__name__)
BEAT_SECONDS = 3
LOOK_SECONDS = 1
PATIENCE = timedelta(seconds=10)
"""How long a duty that was asked for may take to begin before it is brought forward again: it was running just then."""


@dataclass(frozen=True, slots=True)
class Duty:
    """A recurring duty, with its rhythm in words."""

    name: str
    every: str
    trigger: BaseTrigger
    run: Callable[[], object]


def duties() -> tuple[Duty, ...]:
    """What recurs in this installation."""
    sweeps = CronTrigger(minute=SWEEP_MINUTE, timezone="UTC")  # as the page says, in zones of half hours too
    always = (
        Duty("reconcile", "every 2 s", IntervalTrigger(seconds=2), playbacks.reconcile),
        Duty("find breaches", "every 5 s", IntervalTrigger(seconds=5), breaches.send_due),
        Duty("take up trainings", "every 5 s", IntervalTrigger(seconds=5), training_runs.reconcile),
        Duty("shadows and truths", "every 15 s", IntervalTrigger(seconds=15), shadows.reconcile),
        Duty("start scheduled trainings", "every 5 s", IntervalTrigger(seconds=5), schedules.start_due),
        Duty("read Prometheus", "every 15 s", IntervalTrigger(seconds=15), scrapes.send_due),
        Duty("watch conditions", "every 15 s", IntervalTrigger(seconds=15), conditions.look),
        Duty("promote by policy", "every 15 s", IntervalTrigger(seconds=15), decisions.reconcile),
        Duty("send notifications", "every 5 s", IntervalTrigger(seconds=5), deliveries.send_due),
        Duty("retention", "every hour", sweeps, partial(dispatch.send, RetentionSweep())),
    )
    grid = CronTrigger(minute="*/5", timezone="UTC")  # the grid of ticks
    host = Duty("sample this machine", "every 5 min", grid, partial(dispatch.send, HostSample()))
    return (*always, host) if settings().watch_this_machine else always


def make_scheduler() -> BlockingScheduler:
    """A scheduler with all duties, the heartbeat and the reports."""
    scheduler = BlockingScheduler(
        executors={"default": ThreadPoolExecutor(3)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": 60},
        timezone="UTC",
    )
    known = {duty.name: duty for duty in duties()}
    took: dict[str, float] = {}
    for duty in known.values():
        scheduler.add_job(partial(timed, duty, took), duty.trigger, id=duty.name)
    scheduler.add_job(partial(take_asked, scheduler, {}), IntervalTrigger(seconds=LOOK_SECONDS))
    scheduler.add_job(beat, IntervalTrigger(seconds=BEAT_SECONDS), next_run_time=now())

    def report(event: SchedulerEvent) -> None:
        if duty := known.get(getattr(event, "job_id", "")):
            ran = isinstance(event, JobExecutionEvent)
            failed = repr(event.exception) if ran and event.exception else ""
            job = scheduler.get_job(duty.name)
            tell(duty, now() if ran else None, job.next_run_time if job else None, failed, took.get(duty.name))
            if isinstance(event, JobExecutionEvent):
                done(duty, event.scheduled_run_time)

    scheduler.add_listener(report, EVENT_JOB_ADDED | EVENT_JOB_EXECUTED | EVENT_JOB_ERROR)
    return scheduler


def beat() -> None:
    """Say that this process is alive; a broker that is down hears it later."""
    try:
        dispatch.beat("scheduler", processes.HEARTBEAT_MS)
    except redis.RedisError as error:
        log.warning("the broker took no heartbeat", extra={"error": str(error)})


def timed(duty: Duty, took: dict[str, float]) -> None:
    """Run a duty and keep how many milliseconds it took."""
    began = monotonic()
    try:
        duty.run()
    finally:
        took[duty.name] = 1000 * (monotonic() - began)


def take_asked(scheduler: BlockingScheduler, taken: dict[str, datetime]) -> None:
    """Bring forward the duties that people asked for, each once; one that runs at this moment is asked again later."""
    try:
        wanted = activity.asked()
    except redis.RedisError as error:
        log.warning("the broker does not say what was asked for", extra={"error": str(error)})
        return
    for one in wanted:
        if taken.get(one.duty) == one.at and now() - one.at < PATIENCE:
            continue
        if scheduler.get_job(one.duty) is not None:
            taken[one.duty] = one.at
            scheduler.modify_job(one.duty, next_run_time=now())


def done(duty: Duty, begun_at: datetime) -> None:
    """Nobody waits for a duty that has run."""
    try:
        activity.ran(duty.name, begun_at)
    except redis.RedisError as error:
        log.warning("the broker took no word of a duty that ran", extra={"error": str(error)})


def tell(
    duty: Duty, last_at: datetime | None, next_at: datetime | None, note: str, took_ms: float | None = None
) -> None:
    """Write when a duty ran, how long it took, and when it runs next."""
    times = {"last_at": last_at, "next_at": next_at}
    said: dict[str, object] = {"every": duty.every, "note": note, "took_ms": took_ms}
    said |= {name: at and at.isoformat() for name, at in times.items()}
    try:
        dispatch.broker_client().hset(processes.SCHEDULES, duty.name, json.dumps(said))
    except redis.RedisError as error:
        log.warning("the broker took no report", extra={"duty": duty.name, "error": str(error)})


def main() -> None:
    """Run until SIGTERM."""
    configure("scheduler", settings().log_level)
    get_logger("apscheduler").setLevel("WARNING")  # it would write two lines every 2 s
    scheduler = make_scheduler()
    signal.signal(signal.SIGTERM, lambda *_: scheduler.shutdown(wait=False))
    scheduler.start()


if __name__ == "__main__":
    main()
