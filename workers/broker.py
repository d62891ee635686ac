"""The workers' broker: Redis, with settings under which a killed worker's message is back in seconds.

Dramatiq's defaults bring it back after minutes; a heartbeat of 5 s and maintenance on every command
cost nothing that could be measured at this rate of messages.
"""

from typing import Any

from dramatiq.broker import Consumer
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import AgeLimit, Callbacks, Middleware, Pipelines, Retries, ShutdownNotifications, TimeLimit

from webapp.core.dispatch import NAMESPACE
from webapp.core.settings import settings
from workers.middleware import Activity, Correlation, Failures, GivesWay, Heartbeat, Measures

HEARTBEAT_TIMEOUT_MS = 5_000
MAINTENANCE_CHANCE = 1_000_000
DEAD_MESSAGE_TTL_MS = 24 * 3600 * 1000
NO_LIMIT_MS = float("inf")
_IDLE_MS = {"inference": 40, "playback": 500, "default": 500, "training": 1000, "shadow": 1000}


class QuickBroker(RedisBroker):
    """Polls the inference queue every 40 ms at most, since a person waits for each forecast."""

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> Consumer:
        return super().consume(queue_name, prefetch, _IDLE_MS.get(queue_name, timeout))


def make_broker() -> QuickBroker:
    """The broker of a worker process, with its middleware in order."""
    middleware: list[Middleware] = [
        AgeLimit(), TimeLimit(), ShutdownNotifications(notify_shutdown=True), Callbacks(), Pipelines(),
        Failures(),  # runs after Retries has decided whether there is another try
        Retries(max_retries=5, min_backoff=500, max_backoff=30_000), Correlation(), Measures(), GivesWay(),
        Activity(), Heartbeat(),
    ]  # fmt: skip
    options: dict[str, Any] = {
        "maintenance_chance": MAINTENANCE_CHANCE,
        "heartbeat_timeout": HEARTBEAT_TIMEOUT_MS,
        "dead_message_ttl": DEAD_MESSAGE_TTL_MS,
    }
    return QuickBroker(  # type: ignore[no-untyped-call]
        url=settings().broker, namespace=NAMESPACE, middleware=middleware, **options
    )
