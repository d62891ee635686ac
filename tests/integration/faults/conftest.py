"""Real processes of one installation, to be killed; on SQLite, then on Postgres."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.core.conftest import demo, installation
from tests.integration.infra.console import ROOT

__all__ = ["demo", "installation"]


@pytest.fixture
def victim() -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Starts a function of `victims` in a process of its own; what a test leaves alive is killed."""
    made: list[subprocess.Popen[str]] = []

    def start(what: str, *arguments: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "tests.integration.faults.victims", what, *arguments]
        made.append(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True))
        return made[-1]

    yield start
    for one in made:
        one.kill()
        one.wait()
        if one.stdout is not None:
            one.stdout.close()


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Callable[[str], "subprocess.Popen[bytes]"]]:
    """Starts the worker of a queue as the supervisor does; ended with everything that it started."""
    made: list[subprocess.Popen[bytes]] = []

    def start(queue: str) -> "subprocess.Popen[bytes]":
        options = ("--processes", "1", "--threads", "2", "--queues", queue, "--skip-logging")
        command = [sys.executable, "-m", "dramatiq", "workers.main", *options]
        with (tmp_path / f"{queue}.log").open("ab") as log:
            made.append(subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, start_new_session=True))
        return made[-1]

    yield start
    for one in made:
        end(one)


def end(process: "subprocess.Popen[bytes]") -> None:
    """kill -9 of a process with everything that it started."""
    if process.poll() is None:
        os.killpg(process.pid, 9)
        process.wait()
