"""The scheduler as a process: it beats, does its duties, tells of them, and stops when asked."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis
from apscheduler.triggers.interval import IntervalTrigger

from tests.integration.infra.console import ROOT, environment, forewarn, wait_for
from webapp.core import activity, dispatch
from webapp.core.clock import now
from webapp.core.policies.retention import next_sweep
from webapp.core.settings import settings
from workers import scheduler

AT = datetime(2026, 3, 4, 10, 20, tzinfo=UTC)


def test_duties_run_and_are_told(broker_url: str, tmp_path: Path) -> None:
    assert forewarn("migrate", "--data-dir", str(tmp_path)).returncode == 0
    variables = environment(FOREWARN_DATA_DIR=str(tmp_path), FOREWARN_REDIS_URL=broker_url)
    process = subprocess.Popen([sys.executable, "-m", "workers.scheduler"], cwd=ROOT, env=variables)
    with redis.Redis.from_url(broker_url, decode_responses=True) as client:
        wait_for(lambda: client.exists("forewarn:heartbeat:scheduler"), 30, "a heartbeat")
        wait_for(lambda: (told(client, "reconcile") or {}).get("last_at"), 30, "a duty that ran")
        assert told(client, "reconcile")["note"] == ""
        assert told(client, "retention")["next_at"] > told(client, "reconcile")["last_at"]
        client.flushall()
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0


def told(client: "redis.Redis", name: str) -> dict[str, str]:
    return dict(json.loads(str(client.hget("forewarn:schedules", name) or "{}")))


def test_this_machine_is_sampled_only_where_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = {}
    for choice in ("true", "false"):
        monkeypatch.setenv("FOREWARN_WATCH_THIS_MACHINE", choice)
        settings.cache_clear()
        wanted[choice] = {duty.name for duty in scheduler.duties()}
    settings.cache_clear()
    assert wanted["true"] - wanted["false"] == {"sample this machine"}


def test_the_sweep_comes_when_the_page_says_in_a_zone_of_half_hours_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOREWARN_ZONE", "Asia/Kolkata")
    settings.cache_clear()
    (duty,) = (one for one in scheduler.duties() if one.name == "retention")
    settings.cache_clear()
    assert duty.trigger.get_next_fire_time(None, AT) == next_sweep(AT)


@pytest.fixture
def own_broker(broker_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Settings that name the broker of the tests, empty."""
    monkeypatch.setenv("FOREWARN_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("REDIS_URL", broker_url)
    for cached in (settings, dispatch.broker_client):
        cached.cache_clear()
    yield
    dispatch.broker_client().flushall()
    for cached in (settings, dispatch.broker_client):
        cached.cache_clear()


class Ran:
    """A duty in the place of the real ones; counts how often it ran."""

    def __init__(self) -> None:
        self.times = 0
        self.hold = threading.Event()
        self.hold.set()

    def __call__(self) -> None:
        self.times += 1
        self.hold.wait(10)


@contextmanager
def scheduling(monkeypatch: pytest.MonkeyPatch, ran: Ran) -> Iterator[None]:
    """A scheduler in a thread, with one duty that is due in a day and nothing kept from before."""
    rare = scheduler.Duty("rare", "every day", IntervalTrigger(days=1), ran)
    monkeypatch.setattr(scheduler, "duties", lambda: (rare,))
    made = scheduler.make_scheduler()
    thread = threading.Thread(target=made.start, daemon=True)
    thread.start()
    wait_for(lambda: made.running, 10, "the scheduler runs")
    yield
    made.shutdown(wait=False)
    thread.join(10)


@pytest.mark.usefixtures("own_broker")
def test_a_duty_that_was_asked_for_runs_once_and_says_how_long(monkeypatch: pytest.MonkeyPatch) -> None:
    ran = Ran()
    with scheduling(monkeypatch, ran):
        activity.ask("rare", "ann", now())
        wait_for(lambda: ran.times == 1 and not activity.asked(), 20, "it has run")
        assert ran.times == 1
        told_of = json.loads(str(dispatch.broker_client().hget("forewarn:schedules", "rare")))
        assert told_of["took_ms"] >= 0 and told_of["last_at"] and told_of["note"] == ""


@pytest.mark.usefixtures("own_broker")
def test_what_was_asked_for_while_the_scheduler_was_away_runs_when_it_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    ran = Ran()
    activity.ask("rare", "ann", now())
    with scheduling(monkeypatch, ran):
        wait_for(lambda: ran.times == 1 and not activity.asked(), 20, "it has run")


@pytest.mark.usefixtures("own_broker")
def test_a_duty_that_was_asked_for_while_it_ran_runs_again_and_never_overlaps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "PATIENCE", timedelta(seconds=1))
    ran = Ran()
    ran.hold.clear()
    with scheduling(monkeypatch, ran):
        activity.ask("rare", "ann", now())
        wait_for(lambda: ran.times == 1, 20, "it runs")
        activity.ask("rare", "bob", now())
        ran.hold.set()
        wait_for(lambda: ran.times == 2 and not activity.asked(), 20, "it has run again")
