"""One supervised process: started in a session of its own, restarted with back-off, never orphaned."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from webapp.cli.place import ROOT
from webapp.core.clock import now

BACK_OFF_S = (1, 2, 4, 8, 16, 30)
HEALTHY_S = 60
"""After so long a life, the next crash counts as the first."""
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True, slots=True)
class Spec:
    """What to run. `variables` are added to the environment, `grace_s` is its time to stop."""

    name: str
    command: tuple[str, ...]
    variables: Mapping[str, str] = field(default_factory=dict)
    grace_s: float = 12


class Child:
    """A process with a name, however often it has to be started."""

    def __init__(self, spec: Spec, logs: Path) -> None:
        self.spec = spec
        self.log = logs / f"{spec.name}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.state = "waiting"
        self.note = ""
        self.crashes = 0
        self.restarts = 0
        self.started_at: datetime | None = None
        self._began = 0.0
        self.retry_at = 0.0

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None

    def start(self) -> None:
        """Start it; its output goes to its log, a terminal's Ctrl-C does not reach it."""
        self.process = spawn(self.spec, self.log)
        self.started_at, self._began = now(), time.monotonic()
        self.state = "running"
        self.note = ""

    def check(self) -> str | None:
        """Notice a crash, or restart after the pause; returns a sentence when something happened."""
        if self.process is None:
            return self._restart_when_due()
        code = self.process.poll()
        if code is None:
            return None
        self._sweep()
        lived = time.monotonic() - self._began
        self.crashes = 1 if lived >= HEALTHY_S else self.crashes + 1
        pause = BACK_OFF_S[min(self.crashes, len(BACK_OFF_S)) - 1]
        self.process, self.state, self.retry_at = None, "restarting", time.monotonic() + pause
        self.note = f"{ended(code)} after {lived:.0f} s"
        return f"{self.name} {self.note}; starting it again in {pause} s. Its log: {self.log}"

    def _restart_when_due(self) -> str | None:
        if self.state != "restarting" or time.monotonic() < self.retry_at:
            return None
        note = self.note
        self.start()
        self.restarts += 1
        self.note = note
        return f"{self.name} started again"

    def ask_to_stop(self) -> None:
        """SIGTERM to the process itself only: its own children are its own business."""
        self.state = "stopping"
        if self.process and self.process.poll() is None:
            self.process.terminate()

    def stopped(self) -> bool:
        """Whether nothing of it is left; sweeps up behind a leader that has ended."""
        if self.process is None:
            return True
        if self.process.poll() is None:
            return False
        self._sweep()
        return True

    def kill(self) -> None:
        """End it and everything it started, now."""
        if self.process:
            self._sweep()
            self.process.wait()

    def _sweep(self) -> None:
        """Kill what is left of its session, such as the worker of a killed master."""
        if self.process:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                return  # nothing was left
            except PermissionError:
                return  # macOS says so of a group of zombies


def spawn(spec: Spec, log: Path | None = None, pipe: bool = False) -> "subprocess.Popen[bytes]":
    """Start a process that ends when this one does, whatever ends it."""
    parent = os.getpid()

    def follow_parent() -> None:
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != parent:  # it died between the fork and this line
                os._exit(1)

    environment = {**os.environ, **spec.variables}
    output = log.open("ab") if log else None
    try:
        return subprocess.Popen(
            spec.command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if pipe else output,
            stderr=output,
            start_new_session=True,
            preexec_fn=follow_parent,  # noqa: PLW1509 - the supervisor has one thread
        )
    finally:
        if output:
            output.close()


def ended(code: int) -> str:
    """How a process ended, in words."""
    if code >= 0:
        return f"ended with {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"
