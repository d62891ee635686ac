"""What the tests kill: each function runs in a process of its own, and prints a line for whatever it has promised.

python -m tests.integration.faults.victims push
"""

import os
import signal
import sys
import time
from contextlib import suppress
from datetime import timedelta
from typing import Any

from tests.integration.core import programs
from tests.integration.core.steps import cycle
from webapp.core import clock, db, dispatch
from webapp.core.db import OperationalError
from webapp.core.errors import Conflict
from webapp.core.repositories import deliveries as rows
from webapp.core.services import decisions, deliveries, playbacks, streams, telemetry, training_runs
from webapp.core.services.evidence import Rival
from webapp.core.services.training_runs import HeldRun
from workers.driving import Driving
from workers.training import Training

STREAM = "victims"
SERVERS = tuple(f"vm{number}" for number in range(20))
LEASE_S = 1.5


def say(*words: object) -> None:
    print(*words, flush=True)


def batch(tick: int) -> dict[str, object]:
    """One tick of twenty servers."""
    at = clock.time_of(tick).isoformat()
    return {"rows": [{"asset": name, "at": at, "cpu_pct": 10.0 + tick % 80, "memory_pct": 40.0} for name in SERVERS]}


def first_tick() -> int:
    return clock.tick_of(clock.now() - timedelta(days=20))


def push() -> None:
    """Store one batch after the other; a line is a batch that was acknowledged."""
    tick = first_tick()
    while True:
        telemetry.receive(STREAM, batch(tick), "a victim")
        say(tick)
        tick += 1


def die_before_telling() -> None:
    """Commit a batch, and die before its messages are sent."""
    telemetry.receive(STREAM, batch(first_tick()), "a victim")
    dispatch.send = lambda job: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[assignment]
    telemetry.receive(STREAM, batch(first_tick() + 1), "a victim")


def die_before_noting() -> None:
    """Send what is owed, and die before the row says so."""
    deliveries._note = lambda *_: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[assignment]
    with db.reading() as session:
        (owed,) = rows.due(session, clock.now(), 1)
    deliveries.send(owed)


_COPY = """
import sys
from dataclasses import replace
from pathlib import Path
from ml.artifacts import read, write
manifest, _, tensors = read(Path(sys.argv[1]))
write(Path(sys.argv[2]), tensors, replace(manifest, version=sys.argv[3], files={}))
print("{}")
"""
_JUDGES = "import os; print(f'judging as {os.getpid()}', file=__import__('sys').stderr, flush=True); os.read(0, 1)"


class Judging(Training):
    """Trains by copying, and judges until its standard input closes; a line is the process that judges."""

    def _command(self) -> list[str]:
        return [sys.executable, "-c", _COPY, str(self.held.start), str(self.out), self.held.version]

    def _judging(self, rival: Rival) -> list[str]:
        return [sys.executable, "-c", _JUDGES]

    def _hear(self, line: dict[str, Any]) -> None:
        say(line["say"].rpartition(" ")[2])


def judge(run_id: str) -> None:
    """Bring a run to its judgement, and stay there."""
    held = training_runs.claim(int(run_id), "a victim")
    assert held is not None
    Judging(held).run()


class Dying(Training):
    """Dies of kill -9 at one point of its life, and trains and judges in no time until then."""

    def __init__(self, held: HeldRun, point: str) -> None:
        super().__init__(held)
        self.point = point

    def reached(self, point: str) -> None:
        if point == self.point:
            say(point)
            os.kill(os.getpid(), signal.SIGKILL)

    def _command(self) -> list[str]:
        program = programs.TORN if self.point == "artefact half written" else programs.GOOD
        return [sys.executable, "-c", program, str(self.held.start), str(self.out), self.held.version]

    def _judging(self, rival: Rival) -> list[str]:
        return [sys.executable, "-c", programs.JUDGE, str(self.candidate), str(rival.folder), str(self.document)]

    def _freeze(self) -> None:
        self.reached("claimed")
        super()._freeze()
        self.reached("frozen")

    def _hear(self, line: dict[str, Any]) -> None:
        super()._hear(line)
        if "epoch" in line:
            self.reached("training")

    def _attend(self, command: list[str]) -> dict[str, Any]:
        told = super()._attend(command)
        self.reached("judged" if self.candidate.exists() else "artefact written")
        return told

    def _judge(self) -> tuple[Rival, dict[str, Any]]:
        self.reached("candidate there")
        return super()._judge()


def die_training(run_id: str, point: str) -> None:
    """Train a run until a point, and die there."""
    held = training_runs.claim(int(run_id), "a victim")
    assert held is not None
    dying = Dying(held, point)
    if point == "handed in":
        decisions.consider = lambda _: dying.reached(point)  # type: ignore[assignment]
    dying.run()


def train(run_id: str, patience: str) -> None:
    """Train a run, as often as it can be had, under a short lease; its process waits for the file `patience`."""
    training_runs.LEASE = timedelta(seconds=LEASE_S)  # type: ignore[misc]
    program = programs.WAITS + programs.GOOD

    class Waiting(Dying):
        def _command(self) -> list[str]:
            return [sys.executable, "-c", program, str(self.held.start), str(self.out), self.held.version, patience]

    while True:
        with suppress(OperationalError):
            if (held := training_runs.claim(int(run_id), "a victim")) is not None:
                say("training")
                Waiting(held, "").run()
                say("over")
        time.sleep(0.1)


class Pausing(Driving):
    """Stops itself after its third tick, with the fourth computed and not yet written: no transaction is open."""

    ticks = 0

    def _block(self, turn: playbacks.Turn) -> playbacks.Block:
        block = super()._block(turn)
        self.ticks += 1
        if self.ticks == 4:
            os.kill(os.getpid(), signal.SIGSTOP)
        return block


def drive_and_pause() -> None:
    """Drive the demo stream, pause as if the machine had been suspended, go on when told to."""
    drive(Pausing)


def drive(how: type[Driving] = Driving) -> None:
    """Drive the demo stream at full speed under a short lease, as often as the lease can be had."""
    playbacks.LEASE = timedelta(seconds=LEASE_S)
    while True:
        lease = playbacks.claim(playback_id(), str(os.getpid()))
        if lease is None:
            time.sleep(0.1)
            continue
        say("driving", lease.fence)
        with suppress(Conflict):
            how(lease).run()
        say("lost", lease.fence)


def forecast() -> None:
    """Forecast the newest tick of the demo stream again and again."""
    while True:
        stream = streams.stream(streams.DEMO)
        cycle(stream.id, clock.tick_of(stream.clock.at))
        say("forecast")


def playback_id() -> int:
    """The playback of the demo stream."""
    from webapp.core.db import reading

    with reading() as session:
        found = streams.driver_of(session, streams.find(session, streams.DEMO))
    assert found is not None and found.id is not None
    return found.id


if __name__ == "__main__":
    every = (push, die_before_telling, die_before_noting, drive, drive_and_pause, forecast, judge, die_training, train)
    {one.__name__: one for one in every}[sys.argv[1]](*sys.argv[2:])
