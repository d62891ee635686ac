"""kill -9 of the embedded broker: it comes back with every message, and whoever used it goes on."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.core.steps import drive, held, runs
from tests.integration.faults.checks import as_simulated, go_on
from tests.integration.infra.console import wait_for
from webapp.cli import valkey
from webapp.core import dispatch
from webapp.core.jobs import ForecastRun
from webapp.core.services import streams


class Broker:
    """The embedded Valkey as the supervisor starts it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.where = folder, folder / "b.sock"
        self.start()

    def start(self) -> None:
        self.where.unlink(missing_ok=True)
        command = valkey.spec(self.where, self.folder).command
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        wait_for(lambda: valkey.answers(self.where), 10, "the broker answers")

    def die(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    made = Broker(tmp_path_factory.mktemp("b"))
    yield made
    made.die()


@pytest.fixture
def broker_url(broker: Broker) -> str:
    """In the place of the one that all other tests share."""
    return f"unix://{broker.where}"


@pytest.mark.usefixtures("installation")
def test_every_message_survives(broker: Broker) -> None:
    for tick in range(50):
        dispatch.send(ForecastRun(1, tick))
    broker.die()
    broker.start()
    assert dispatch.queue_sizes("inference")[0] == 50


@pytest.mark.usefixtures("demo")
def test_a_tick_that_was_stored_while_it_was_down_is_forecast(broker: Broker) -> None:
    lease = held()
    drive(lease, ticks=0)
    broker.die()
    drive(lease, ticks=2)  # commits, and cannot tell anybody
    broker.start()
    assert len(runs()) == 3


@pytest.mark.usefixtures("demo")
def test_workers_go_on_by_themselves(
    broker: Broker, victim: Callable[..., object], worker: Callable[..., object]
) -> None:
    streams.set_speed(streams.DEMO, 0, "test")
    worker("inference")
    victim("drive")
    go_on(4)
    broker.die()
    broker.start()
    go_on(6)
    as_simulated()
