"""Consoles for these tests, and none of them left behind."""

import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.integration.infra.console import Console


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """One running console for a module, ready and greeted."""
    started = Console(tmp_path_factory.mktemp("console") / "data")
    started.until_ready()
    started.until_greeting()
    yield started
    started.stop()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[type[Console]]:
    """Starts consoles; what a test leaves running is killed."""
    made: list[Console] = []

    class Kept(Console):
        def __init__(self, *arguments: object, **named: object) -> None:
            super().__init__(*arguments, **named)  # type: ignore[arg-type]
            made.append(self)

    yield Kept
    for one in made:
        if one.process.poll() is None:
            family = psutil.Process(one.process.pid).children(recursive=True)
            one.process.send_signal(signal.SIGKILL)
            one.process.wait()
            for process in family:
                if process.is_running():
                    process.kill()
