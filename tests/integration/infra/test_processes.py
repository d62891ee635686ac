"""What the supervisor tells of its children, as the jobs page and readiness read it."""

from collections.abc import Iterator

import pytest
import redis

from webapp.core import dispatch
from webapp.core.clock import now
from webapp.core.services import jobs, processes
from webapp.core.settings import settings
from webapp.core.views.jobs import ProcessView


@pytest.fixture
def broker(broker_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator["redis.Redis"]:
    monkeypatch.setenv("REDIS_URL", broker_url)
    settings.cache_clear()
    dispatch.broker_client.cache_clear()
    with redis.Redis.from_url(broker_url) as client:
        yield client
        client.flushall()
    settings.cache_clear()
    dispatch.broker_client.cache_clear()


def view(name: str, restarts: int = 0) -> ProcessView:
    return ProcessView(name, 42, "running", now(), None, 1.5, 80.0, restarts, "")


def test_what_is_published_is_read_with_its_heartbeat(broker: "redis.Redis") -> None:
    dispatch.beat("web", processes.HEARTBEAT_MS)
    processes.publish([view("web", restarts=2), view("valkey")])
    valkey, web = jobs._processes()
    assert (web.name, web.restarts, web.memory_mb) == ("web", 2, 80.0)
    assert web.heartbeat_at is not None
    assert abs((now() - web.heartbeat_at).total_seconds()) < 2
    assert valkey.heartbeat_at is None


def test_who_is_published_no_more_is_forgotten(broker: "redis.Redis") -> None:
    processes.publish([view("web"), view("old")])
    processes.publish([view("web")])
    assert [one.name for one in jobs._processes()] == ["web"]


def test_after_the_end_nothing_seems_to_run(broker: "redis.Redis") -> None:
    dispatch.beat("inference", processes.HEARTBEAT_MS)
    processes.publish([view("web")])
    processes.withdraw()
    assert jobs._processes() == ()
    assert processes.heartbeats(["inference"]) == {"inference": None}
