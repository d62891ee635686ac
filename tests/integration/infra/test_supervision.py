"""Every process of a running console is killed once, and comes back."""

import os
import signal

import pytest

from tests.integration.infra.console import Console, wait_for

NAMES = ("web", "inference", "training", "shadow", "playback", "default", "scheduler", "valkey")
RECOVERY_S = 20


@pytest.mark.parametrize("name", NAMES)
def test_a_killed_process_is_back_within_twenty_seconds(name: str, console: Console) -> None:
    wait_for(lambda: name in console.processes(), 30, f"{name} runs")
    before = console.processes()[name]
    os.kill(int(str(before["pid"])), signal.SIGKILL)

    def is_back() -> bool:
        if not (console.folder / "run").exists() or not _answers(console):
            return False
        now = console.processes().get(name, {})
        return now.get("pid") not in (None, before["pid"]) and bool(now.get("heartbeat_at") or name == "valkey")

    wait_for(is_back, RECOVERY_S, f"{name} is back")
    assert int(str(console.processes()[name]["restarts"])) >= 1
    wait_for(console.is_ready, RECOVERY_S, "the console is ready again")


def _answers(console: Console) -> bool:
    try:
        console.processes()
    except OSError:
        return False
    return True


def test_the_supervisor_tells_what_everything_uses(console: Console) -> None:
    wait_for(lambda: set(NAMES) <= set(console.processes()), 30, "all are told")
    wait_for(lambda: all(float(str(one["memory_mb"])) > 0 for one in console.processes().values()), 30, "memory")
    total = sum(float(str(one["memory_mb"])) for one in console.processes().values())
    assert total < 1500


def test_nothing_is_left_of_a_killed_process(console: Console) -> None:
    """The worker of a killed master would go on taking jobs beside its successor."""
    alive = [one.pid for one in console.family()]
    known = {int(str(one["pid"])) for one in console.processes().values()}
    assert known <= set(alive)
