"""A supervised child comes back after a growing pause, and its rest is swept up."""

import signal
import sys
from pathlib import Path

import psutil
import pytest

from webapp.cli import child as children
from webapp.cli.child import BACK_OFF_S, Child, Spec, ended


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that `time.monotonic` says."""
    at = [1000.0]
    monkeypatch.setattr(children.time, "monotonic", lambda: at[0])
    return at


def crashing(folder: Path) -> Child:
    return Child(Spec("one", (sys.executable, "-c", "raise SystemExit(3)")), folder)


def finish(child: Child) -> None:
    assert child.process is not None
    child.process.wait()


def test_pauses_grow_to_half_a_minute(tmp_path: Path, clock: list[float]) -> None:
    child, pauses = crashing(tmp_path), []
    child.start()
    for _ in range(7):
        finish(child)
        assert child.check()
        pauses.append(child.retry_at - clock[0])
        clock[0] = child.retry_at
        assert child.check() == "one started again"
    finish(child)
    assert pauses == [*BACK_OFF_S, BACK_OFF_S[-1]]


def test_a_long_life_forgives_earlier_crashes(tmp_path: Path, clock: list[float]) -> None:
    child = crashing(tmp_path)
    child.start()
    child.crashes = 5
    finish(child)
    clock[0] += children.HEALTHY_S
    child.check()
    assert child.retry_at - clock[0] == BACK_OFF_S[0]


def test_the_sentence_tells_how_it_ended_and_where_its_log_is(tmp_path: Path) -> None:
    child = crashing(tmp_path)
    child.start()
    finish(child)
    said = child.check()
    assert said is not None
    assert said.startswith("one ended with 3 after ")
    assert str(tmp_path / "one.log") in said


def test_nothing_of_a_killed_child_is_left(tmp_path: Path) -> None:
    script = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(60)'])"
    child = Child(Spec("tree", (sys.executable, "-c", script)), tmp_path)
    child.start()
    assert child.pid is not None
    head = psutil.Process(child.pid)
    while not (below := head.children()):
        assert head.is_running()
    head.send_signal(signal.SIGKILL)
    finish(child)
    child.check()
    psutil.wait_procs(below, timeout=5)
    assert not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in below)


@pytest.mark.parametrize(
    ("code", "words"), [(0, "ended with 0"), (-9, "was ended by SIGKILL"), (-99, "was ended by signal 99")]
)
def test_ends_in_words(code: int, words: str) -> None:
    assert ended(code) == words
