"""One training run under its lease: freeze the data, train in a process of its own, hand in the candidate.

The lease is renewed while the process trains; when it is lost, or somebody cancelled, the process is let go: its
standard input closes and it ends between two batches. Whatever ends this worker closes it as well. What is in the
run's folder (data, checkpoints) is taken up by whoever trains on.
"""

import hashlib
import json
import queue
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

from webapp.core.clock import monotonic, time_of
from webapp.core.db import ROOT, reading
from webapp.core.errors import ForewarnError
from webapp.core.policies.training_runs import Mode, Status
from webapp.core.services import champions, exports, streams, training_runs
from webapp.core.services.training_runs import HeldRun
from webapp.core.uow import unit_of_work
from webapp.core.views.training_runs import CurvePoint

_LOOK_S = 2.0
_END_S = 30.0  # for a training that was let go to end by itself


class Lost(Exception):
    """The run is somebody else's now, or was cancelled."""


class Training:
    """A held run, from its data to its candidate."""

    def __init__(self, held: HeldRun) -> None:
        self.held = held
        self.data = held.folder / "telemetry.parquet"
        self.out = held.folder / f"artefact-{held.fence}"
        self._last: list[str] = []
        self._epochs: dict[str, float] = {}

    def run(self) -> None:
        """Train and end the run as what it came to."""
        try:
            self.held.folder.mkdir(parents=True, exist_ok=True)
            self._freeze()
            told = self._train()
            version_id = self._register()
            training_runs.finish(self.held, Status.CANDIDATE, None, _manifest(told), version_id)
        except Lost:
            self._lost()
        except (ForewarnError, OSError, ValueError) as error:
            training_runs.finish(self.held, Status.FAILED, str(error)[:1000], {}, None)

    def _freeze(self) -> None:
        """The telemetry that is trained on, written once: a resumed run trains on the very same rows."""
        if self.data.exists():
            return
        self._tell(phase="Freezing the telemetry")
        with reading() as session:
            stream = streams.find(session, self.held.slug)
        if stream.tick is None:
            raise ValueError(f"{self.held.slug} has no telemetry to train on yet")
        end = time_of(stream.tick)
        start = max(end - timedelta(days=self.held.recipe.days), time_of(stream.history_tick))
        told: dict[str, object] = {"from": start.isoformat(), "to": end.isoformat()}
        self._tell(manifest={"data": told})
        told |= {"rows": exports.export(self.held.slug, self.data, start, end), "sha256": _digest(self.data)}
        self._tell(manifest={"data": told})

    def _command(self) -> list[str]:
        recipe = self.held.recipe
        command = [sys.executable, "-m", "ml", "train", "--data", str(self.data), "--start", str(self.held.start)]
        command += ["--minutes", str(recipe.minutes), "--seed", str(recipe.seed), "--leashed", "--out", str(self.out)]
        command += ["--simulated-servers", str(recipe.simulated_servers), "--version", self.held.version]
        command += ["--work", str(self.held.folder / "work")]
        return [*command, "--scratch"] if recipe.mode == Mode.SCRATCH else command

    def _train(self) -> dict[str, Any]:
        told: queue.Queue[dict[str, Any]] = queue.Queue()
        result: list[str] = []
        pipe = subprocess.PIPE
        with subprocess.Popen(self._command(), cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
            readers = (
                _read(process.stderr, lambda line: told.put(_parsed(line))),
                _read(process.stdout, result.append),
            )
            try:
                while process.poll() is None:
                    self._follow(told)
            except BaseException:
                _let_go(process)
                raise
            finally:
                for thread in readers:
                    thread.join(_LOOK_S)
            while not told.empty():
                self._hear(told.get())
        if process.returncode != 0:
            raise ValueError(self._last[-1] if self._last else f"the training ended with {process.returncode}")
        return dict(json.loads(result[-1]))

    def _follow(self, told: "queue.Queue[dict[str, Any]]") -> None:
        """Pass on what the training says; at least every two seconds the lease is renewed."""
        deadline = monotonic() + _LOOK_S
        while (left := deadline - monotonic()) > 0:
            try:
                line = told.get(timeout=left)
            except queue.Empty:
                break
            self._hear(line)
        self._tell()

    def _hear(self, line: dict[str, Any]) -> None:
        if (one := line.get("epoch")) is not None:
            self._epochs[one["network"]] = one["epoch"] / one["epochs"]
            point = CurvePoint(one["network"], one["epoch"], one["loss"])
            whom = "known profiles" if one["network"] == "known" else "strangers"
            phase = f"Training, network for {whom}, epoch {one['epoch']} of {one['epochs']}"
            done = min(1.0, sum(self._epochs.values()) / self.held.networks)
            self._tell(point, phase=phase, done=done, minutes_left=one["minutes_left"], steps_per_s=one["steps_per_s"])
        elif said := str(line.get("say", "")):
            self._last = [*self._last[-5:], said.removeprefix("error: ")]
            self._tell(phase=said[:1].upper() + said[1:120])

    def _tell(self, point: CurvePoint | None = None, **values: Any) -> None:
        if not training_runs.tell(self.held, point, **values):
            raise Lost

    def _register(self) -> int:
        """The candidate's row. It serves nobody until somebody approves it."""
        with unit_of_work() as uow:
            version = champions.register(uow.session, self.out)
            assert version.id is not None
            return version.id

    def _lost(self) -> None:
        """Cancelled: say so. Taken over: the other one has the folder, so only this try's own output goes."""
        ended = training_runs.finish(
            self.held, Status.CANCELLED, "cancelled; its checkpoint is kept, so it can go on from there", {}, None
        )
        if not ended:
            shutil.rmtree(self.out, ignore_errors=True)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read(pipe: IO[str] | None, take: Callable[[str], object]) -> threading.Thread:
    def run() -> None:
        for line in pipe or ():
            take(line.strip())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def _parsed(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {"say": line}
    return found if isinstance(found, dict) else {"say": line}


def _let_go(process: "subprocess.Popen[str]") -> None:
    """Close its input, so that it ends by itself with a checkpoint; else end it."""
    if process.stdin:
        process.stdin.close()
    try:
        process.wait(_END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _manifest(told: dict[str, Any]) -> dict[str, object]:
    """What the run used: kept with it, whatever becomes of its folder."""
    kept = ("minutes", "epochs", "parameters", "val_pinball", "networks", "sha256", "machine", "commit", "seed")
    return {name: told[name] for name in kept if name in told}
