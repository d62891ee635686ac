"""One training run under its lease: freeze the data, train and judge in processes of their own, hand in the candidate.

The lease is renewed while the process trains; when it is lost, or somebody cancelled, the process is let go: its
standard input closes and it ends between two batches. Whatever ends this worker closes it as well. What is in the
run's folder (data, checkpoints, a finished candidate, its judgement) is taken up by whoever goes on.
"""

import hashlib
import json
import queue
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

from ml.runtime import ArtifactError, load
from webapp.core.clock import monotonic, time_of
from webapp.core.db import ROOT, reading
from webapp.core.errors import ForewarnError
from webapp.core.policies.training_runs import Mode, Status, cut
from webapp.core.services import decisions, evidence, exports, streams, training_runs
from webapp.core.services.evidence import Rival
from webapp.core.services.training_runs import HeldRun
from webapp.core.views.training_runs import CurvePoint

_LOOK_S = 2.0
_END_S = 30.0  # for a training that was let go to end by itself
_ML = (sys.executable, "-m", "ml")
_TOLD = "run.json"  # beside the candidate's files: what its training told, moved with them


class Lost(Exception):
    """The run is somebody else's now, or was cancelled."""


class Training:
    """A held run, from its data to its candidate."""

    def __init__(self, held: HeldRun) -> None:
        self.held = held
        self.data = held.folder / "telemetry.parquet"
        self.out = held.folder / f"artefact-{held.fence}"
        self.candidate = held.folder / "candidate"
        self.document = held.folder / "evidence.json"
        self._last: list[str] = []
        self._epochs: dict[str, float] = {}

    def run(self) -> None:
        """Train, judge, and end the run as what it came to."""
        try:
            self.held.folder.mkdir(parents=True, exist_ok=True)
            self._freeze()
            self._train()
            self._hand_in(self._judge())
        except Lost:
            self._lost()
        except (ForewarnError, OSError, ValueError) as error:
            training_runs.finish(self.held, Status.FAILED, str(error)[:1000], {}, None)

    def _freeze(self) -> None:
        """The telemetry of the run, written once: a resumed run trains and judges on the very same rows."""
        if self.data.exists():
            self._must_be_frozen()
            return
        for older in (self.held.folder / "work", self.candidate):  # trained on rows that are gone
            shutil.rmtree(older, ignore_errors=True)
        self._tell(phase="Freezing the telemetry")
        with reading() as session:
            stream = streams.find(session, self.held.slug)
        if stream.tick is None:
            raise ValueError(f"{self.held.slug} has no telemetry to train on yet")
        end = time_of(stream.tick)
        start = max(end - timedelta(days=self.held.recipe.days), time_of(stream.history_tick))
        told: dict[str, object] = {"from": start.isoformat(), "to": end.isoformat()}
        self._tell(manifest={"data": told})
        own = self.data.with_name(f"telemetry-{self.held.fence}.parquet")  # whoever lost the run spoils nobody's file
        told |= {"rows": self._exported(own, start, end), "sha256": _digest(own)}
        self._tell(manifest={"data": told})
        own.rename(self.data)

    def _must_be_frozen(self) -> None:
        """Raises ValueError when the frozen rows are not those that the run wrote down."""
        data = training_runs.run(self.held.run_id).manifest.get("data")
        told = data.get("sha256") if isinstance(data, dict) else None
        if told is not None and told != _digest(self.data):
            raise ValueError("the telemetry that this run froze was changed or damaged since: ask for a new training")

    def _exported(self, out: Path, start: datetime, end: datetime) -> int:
        """Rows that were written; the lease is renewed while it takes. Raises Lost."""
        with ThreadPoolExecutor(1) as pool:
            writing = pool.submit(exports.export, self.held.slug, out, start, end)
            while not wait((writing,), _LOOK_S).done:
                self._tell()
        return writing.result()

    def _cut(self) -> str:
        """From when on the frozen telemetry is held out of training."""
        return time_of(cut(*exports.ticks(self.data))).isoformat()

    def _command(self) -> list[str]:
        recipe = self.held.recipe
        command = [*_ML, "train", "--data", str(self.data), "--until", self._cut(), "--start", str(self.held.start)]
        command += ["--minutes", str(recipe.minutes), "--seed", str(recipe.seed), "--leashed", "--out", str(self.out)]
        command += ["--simulated-servers", str(recipe.simulated_servers), "--version", self.held.version]
        command += ["--work", str(self.held.folder / "work")]
        return [*command, "--scratch"] if recipe.mode == Mode.SCRATCH else command

    def _judging(self, rival: Rival) -> list[str]:
        command = [*_ML, "judge", "--candidate", str(self.candidate), "--champion", str(rival.folder), "--leashed"]
        command += ["--data", str(self.data), "--from", self._cut(), "--stream", self.held.slug]
        return [*command, "--out", str(self.document)]

    def _train(self) -> None:
        """The candidate under a name that outlives this try; nothing to do when an earlier try got that far."""
        if _whole(self.candidate):
            return
        shutil.rmtree(self.candidate, ignore_errors=True)
        told = self._attend(self._command())
        (self.out / _TOLD).write_text(json.dumps(_manifest(told)))
        try:
            self.out.rename(self.candidate)
        except OSError:
            shutil.rmtree(self.out)
            if not self.candidate.exists():
                raise

    def _judge(self) -> tuple[Rival, dict[str, Any]]:
        """What the candidate was judged as beside the version that serves now; an earlier try's, if it is that."""
        rival = evidence.rival(self.held.slug)
        sha256 = json.loads((self.candidate / "manifest.json").read_text()).get("sha256")
        if _judged(self.document) != (sha256, rival.sha256):
            self._tell(phase="Judging", done=1.0, minutes_left=None, steps_per_s=None)
            self._attend(self._judging(rival))
        return rival, json.loads(self.document.read_text())

    def _hand_in(self, judged: tuple[Rival, dict[str, Any]]) -> None:
        """The candidate's rows and the end of the run, in one transaction. It serves nobody until it is approved."""
        rival, document = judged
        told = json.loads((self.candidate / _TOLD).read_text())
        manifest = {**told, "held_out_from": self._cut(), "judged_s": document.get("seconds")}
        handed = training_runs.hand_in(
            self.held, manifest,
            lambda uow, stream: evidence.admit(
                uow, stream, self.held.run_id, self.candidate, rival.version_id, document
            ),
        )  # fmt: skip
        if handed and (found := evidence.of_run(self.held.run_id)) is not None:
            decisions.consider(found.id)

    def _attend(self, command: list[str]) -> dict[str, Any]:
        """Run a process on its leash, passing on what it says; its result. Raises Lost, or ValueError in its words."""
        told: queue.Queue[dict[str, Any]] = queue.Queue()
        result: list[str] = []
        self._last = []
        pipe = subprocess.PIPE
        with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
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
        if process.returncode < 0:
            raise ValueError(_killed(-process.returncode, self._last))
        if process.returncode != 0:
            raise ValueError(self._last[-1] if self._last else f"the process ended with {process.returncode}")
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

    def _lost(self) -> None:
        """Cancelled: say so. Taken over: the other one has the folder, so only this try's own output goes."""
        ended = training_runs.finish(self.held, Status.CANCELLED, training_runs.CANCELLED, {}, None)
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


def _killed(number: int, last: list[str]) -> str:
    """What is said of a process that a signal ended: its last words tell what it did, not why it ended."""
    doing = f' at "{last[-1]}"' if last else ""
    why = " (the system does that when memory runs out)" if number == signal.SIGKILL else ""
    return f"its process was killed by signal {number}{doing}{why}; Resume goes on from what is kept"


def _whole(candidate: Path) -> bool:
    """Whether an earlier try's candidate is there with every byte; a damaged one is trained again."""
    try:
        load(candidate)
        json.loads((candidate / _TOLD).read_text())
    except (ArtifactError, OSError, ValueError):
        return False
    return True


def _judged(path: Path) -> tuple[str, str] | None:
    """Whose judgement a document is: the hashes of candidate and champion, None without a document."""
    try:
        document = json.loads(path.read_text())
        return str(document["candidate"]["sha256"]), str(document["champion"]["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _manifest(told: dict[str, Any]) -> dict[str, object]:
    """What the run used: kept with it, whatever becomes of its folder."""
    kept = ("minutes", "epochs", "parameters", "val_pinball", "networks", "sha256", "machine", "commit", "seed", "mode")
    trained_on = {"trained_on": told["data"]} if "data" in told else {}  # the older part of what was frozen
    return {name: told[name] for name in kept if name in told} | trained_on
