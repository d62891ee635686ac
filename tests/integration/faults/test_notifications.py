"""A sender that is killed between sending and its commit: nothing is lost, and the repetition carries the same key."""

import subprocess
from collections.abc import Callable
from datetime import timedelta

import pytest

from tests import receivers
from tests.integration.infra.console import wait_for
from tests.receivers import answering
from webapp.core import clock, dispatch
from webapp.core.policies.deliveries import Notice, Phase
from webapp.core.policies.notifications import Topic
from webapp.core.services import deliveries, notifications
from webapp.core.uow import unit_of_work

pytestmark = pytest.mark.usefixtures("installation")
Start = Callable[..., "subprocess.Popen[str]"]


def _owe(url: str) -> None:
    notifications.add({"name": "ops", "kind": "webhook", "topics": ["disk"], "url": url}, "ann")
    with unit_of_work() as uow:
        notice = Notice(Topic.DISK, Phase.BEGAN, "disk_cap", clock.now(), "store", "At the cap.", "Raise it.")
        assert deliveries.publish(uow, notice) == 1


def _state() -> tuple[str, int]:
    newest = notifications.snapshot(1)[1][0]
    return newest.state, newest.tries


def test_a_sender_that_is_killed_before_its_commit_loses_nothing(
    victim: Start, worker: Callable[[str], "subprocess.Popen[bytes]"], monkeypatch: pytest.MonkeyPatch
) -> None:
    with receivers.http(answering(200)) as heard:
        _owe(heard.url)
        assert victim("die_before_noting").wait(60) == -9
        assert (len(heard.posts), _state()) == (1, ("sending", 1))
        worker("default")  # the message of the first try comes to it: the row is held, so it does nothing
        wait_for(lambda: dispatch.queue_sizes("default")[0] == 0, 60, "the worker has looked")
        assert len(heard.posts) == 1
        later = clock.now() + timedelta(seconds=61)
        monkeypatch.setattr(deliveries, "now", lambda: later)
        deliveries.send(notifications.snapshot(1)[1][0].id)
    assert _state() == ("sent", 2)
    assert len({headers["idempotency-key"] for _, headers, _ in heard.posts}) == 1


def test_what_is_owed_is_sent_by_the_worker(worker: Callable[[str], "subprocess.Popen[bytes]"]) -> None:
    with receivers.http(answering(200)) as heard:
        worker("default")
        _owe(heard.url)
        wait_for(lambda: _state() == ("sent", 1), 60, "the worker sends it")
    assert len(heard.posts) == 1
