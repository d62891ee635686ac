"""The scheduler as a process: it beats, does its duties, tells of them, and stops when asked."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import redis

from tests.integration.infra.console import ROOT, environment, forewarn, wait_for
from webapp.core.settings import settings
from workers import scheduler


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
