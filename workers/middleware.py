"""One concern a class: whose cause a job has, what failed, and that this process is alive."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redis
from dramatiq import Broker, MessageProxy, Worker
from dramatiq.middleware import Middleware, Shutdown

from webapp.core import activity, dispatch, metrics
from webapp.core.clock import monotonic, now
from webapp.core.jobs import ShadowRun
from webapp.core.logging import correlation_id, get_logger, new_correlation
from webapp.core.services import failures

log = get_logger(__name__)
BEAT_SECONDS = 3.0
BEAT_EXPIRES_MS = 15_000
_LEAST_WANTED = 19


class Correlation(Middleware):
    """Carries the correlation id of whatever asked for the job into its logs."""

    def before_process_message(self, broker: Broker, message: MessageProxy) -> None:
        if given := message.options.get("correlation_id"):
            correlation_id.set(str(given))
        else:
            new_correlation()


class Failures(Middleware):
    """Stores each failed attempt, so that the jobs page can show it. A shutdown that breaks a job off is none."""

    def after_process_message(
        self, broker: Broker, message: MessageProxy, *, result: Any = None, exception: BaseException | None = None
    ) -> None:
        if exception is None:
            return
        if isinstance(exception, Shutdown) and not message.failed:
            log.info(
                "a job was broken off: its worker ends, and the next one takes it", extra={"actor": message.actor_name}
            )
            return
        log.error("a job failed", exc_info=exception, extra={"actor": message.actor_name, "kwargs": message.kwargs})
        attempts = int(message.options.get("retries", 0)) + message.failed
        failures.record(
            message.message_id, message.actor_name, message.queue_name, attempts, repr(exception), message.failed
        )


class Measures(Middleware):
    """Counts jobs and how long they ran, by actor and by how they ended."""

    def __init__(self) -> None:
        self._started: dict[str, float] = {}

    def before_process_message(self, broker: Broker, message: MessageProxy) -> None:
        self._started[message.message_id] = monotonic()

    def after_process_message(
        self, broker: Broker, message: MessageProxy, *, result: Any = None, exception: BaseException | None = None
    ) -> None:
        started = self._started.pop(message.message_id, monotonic())
        metrics.job_seconds.labels(message.actor_name).observe(monotonic() - started)
        metrics.jobs.labels(message.actor_name, "done" if exception is None else "failed").inc()
        if exception is not None:
            metrics.errors.labels(message.actor_name).inc()


class GivesWay(Middleware):
    """Lets a process whose work nobody waits for run only when nothing else wants the processor."""

    def before_worker_boot(self, broker: Broker, worker: Worker) -> None:
        if sorted(worker.consumer_whitelist or ()) == [ShadowRun.queue]:
            os.nice(_LEAST_WANTED)


class Activity(Middleware):
    """Notes in the broker what this process is at; a note goes with the job, or with the process's heartbeat."""

    def before_worker_boot(self, broker: Broker, worker: Worker) -> None:
        with _unheard():
            for queue in worker.consumer_whitelist or ():
                activity.clear(process(queue))

    def before_process_message(self, broker: Broker, message: MessageProxy) -> None:
        with _unheard():
            activity.begin(
                process(message.queue_name), message.message_id, message.actor_name, message.queue_name, message.kwargs,
                now(), BEAT_EXPIRES_MS,
            )  # fmt: skip

    def after_process_message(
        self, broker: Broker, message: MessageProxy, *, result: Any = None, exception: BaseException | None = None
    ) -> None:
        with _unheard():
            activity.end(process(message.queue_name), message.message_id)

    def after_skip_message(self, broker: Broker, message: MessageProxy) -> None:
        self.after_process_message(broker, message)


def process(queue: str) -> str:
    """This process as people know it: "inference, pid 4711 on web-1"."""
    return f"{queue}, pid {os.getpid()} on {socket.gethostname()}"


@contextmanager
def _unheard() -> Iterator[None]:
    """A broker that is down loses a note, and no job."""
    try:
        yield
    except redis.RedisError as error:
        log.warning("the broker took no note", extra={"error": str(error)})


class Heartbeat(Middleware):
    """Says every 3 s which queues this process serves; readiness and the jobs page read it."""

    def __init__(self) -> None:
        self._stop = threading.Event()

    def after_worker_boot(self, broker: Broker, worker: Worker) -> None:
        queues = sorted(worker.consumer_whitelist or ())
        threading.Thread(target=self._beat, args=(queues,), name="heartbeat", daemon=True).start()

    def before_worker_shutdown(self, broker: Broker, worker: Worker) -> None:
        self._stop.set()

    def _beat(self, queues: list[str]) -> None:
        while not self._stop.is_set():
            try:
                for queue in queues:
                    dispatch.beat(queue, BEAT_EXPIRES_MS)
                    activity.keep(process(queue), BEAT_EXPIRES_MS)
            except redis.RedisError as error:
                log.warning("the broker took no heartbeat", extra={"error": str(error)})
            self._stop.wait(BEAT_SECONDS)
