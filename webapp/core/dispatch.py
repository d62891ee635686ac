"""The one door to the broker: jobs go to Dramatiq's queues, events to a Redis stream.

Messages are hints: a lost one is healed by the reconcile duty, which reads the rows.
"""

import os
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, cast

import dramatiq
import redis
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import default_middleware
from dramatiq.middleware.prometheus import Prometheus

from webapp.core.events import Event, EventKind
from webapp.core.jobs import Job
from webapp.core.logging import correlation_id
from webapp.core.settings import settings

EVENTS = "forewarn:events"
EVENTS_KEPT = 10_000
NAMESPACE = "forewarn"


@lru_cache(maxsize=1)
def broker_client() -> "redis.Redis":
    """This process's connection pool to Redis or Valkey; answers are text."""
    return redis.Redis.from_url(settings().broker, decode_responses=True, socket_timeout=10, health_check_interval=30)


@lru_cache(maxsize=1)
def sender() -> RedisBroker:
    """A broker that only enqueues; workers build their own with middleware."""
    middleware = [one() for one in default_middleware if one is not Prometheus]
    client = redis.Redis.from_url(settings().broker, socket_timeout=10)
    return RedisBroker(client=client, namespace=NAMESPACE, middleware=middleware)  # type: ignore[no-untyped-call]


def send(job: Job) -> None:
    """Enqueue a job by its actor's name."""
    options = {"correlation_id": correlation_id.get()}
    message: dramatiq.Message[object] = dramatiq.Message(
        queue_name=job.queue, actor_name=job.actor, args=(), kwargs=job.arguments(), options=options
    )
    sender().enqueue(message)


def emit(event: Event) -> None:
    """Tell whoever watches."""
    fields: dict[Any, Any] = {"kind": event.kind.value, "subject": event.subject}
    fields["stream_id"] = "" if event.stream_id is None else str(event.stream_id)
    broker_client().xadd(EVENTS, fields, maxlen=EVENTS_KEPT, approximate=True)


def last_event_id() -> str:
    """The id after which `read_events` sees only what is new."""
    newest = cast("list[Any]", broker_client().xrevrange(EVENTS, count=1))
    return newest[0][0] if newest else "0-0"


def read_events(after: str, block_ms: int = 1000) -> tuple[str, Sequence[Event]]:
    """Events after an id, waiting up to `block_ms` for the first; returns the new last id with them."""
    answer = cast("list[Any]", broker_client().xread({EVENTS: after}, count=500, block=block_ms))
    entries = answer[0][1] if answer else []
    return (entries[-1][0] if entries else after), [_event(fields) for _, fields in entries]


def _event(fields: dict[str, str]) -> Event:
    stream_id = int(fields["stream_id"]) if fields["stream_id"] else None
    return Event(EventKind(fields["kind"]), stream_id, fields["subject"])


def beat(name: str, expires_ms: int) -> None:
    """Say that the process called `name` is alive now."""
    broker_client().set(f"forewarn:heartbeat:{name}", str(os.getpid()), px=expires_ms)


def reports(key: str) -> dict[str, str]:
    """What processes report of themselves under a hash `key`, by name."""
    return cast("dict[str, str]", broker_client().hgetall(key))


def queue_sizes(name: str) -> tuple[int, int, int]:
    """Messages of a queue that wait, that are delayed (retries among them), and that were given up."""
    client = broker_client()
    sizes = (
        client.llen(f"{NAMESPACE}:{name}"),
        client.llen(f"{NAMESPACE}:{name}.DQ"),
        client.zcard(f"{NAMESPACE}:{name}.XQ"),
    )
    return cast("tuple[int, int, int]", sizes)


def swap(key: str, text: str) -> str | None:
    """Put `text` under a key and return what was there."""
    return cast("str | None", broker_client().set(key, text, get=True))
