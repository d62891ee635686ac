"""Keeps the console's processes alive, tells what they use, and stops them all together.

Guards: a crashed child comes back after a pause; one Ctrl-C or SIGTERM ends everything and
leaves no process behind; the broker goes last, so that workers can hand back their messages.
"""

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import psutil

from webapp.cli.child import Child, Spec
from webapp.cli.usage import Meter
from webapp.core.clock import now
from webapp.core.views.jobs import ProcessView

PUBLISH_EVERY_S = 2.0
TRIM_EVERY_S = 60.0
LOG_LIMIT = 10_000_000
TURN_S = 0.25


class Supervisor:
    """All children of one console."""

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        self.children: list[Child] = []
        self.stop = threading.Event()
        self.hurry = False
        self._say = say
        self._logs = folder / "logs"
        self._pids = folder / "run" / "pids.json"
        self._meters: dict[int, Meter] = {}
        self._own = Child(Spec("supervisor", ()), self._logs)
        self._own.started_at, self._own.state = now(), "running"
        self._published = self._trimmed = 0.0

    def listen(self) -> None:
        """Take Ctrl-C and SIGTERM as the wish to stop; a second one hurries."""
        signal.signal(signal.SIGINT, self._asked)
        signal.signal(signal.SIGTERM, self._asked)
        signal.signal(signal.SIGHUP, self._asked)

    def _asked(self, _number: int, _frame: object) -> None:
        self.hurry = self.stop.is_set()
        self.stop.set()

    def start(self, specs: Iterable[Spec]) -> None:
        """Start children, unless the wish to stop came first."""
        for spec in specs:
            if not self.stop.is_set():
                child = Child(spec, self._logs)
                child.start()
                self.children.append(child)
        self._note_pids()

    def turn(self, wait_s: float = TURN_S) -> None:
        """One look at everything; waits a moment, or until the wish to stop."""
        self.stop.wait(wait_s)
        if self.stop.is_set():
            return
        for child in self.children:
            if said := child.check():
                self._say(said)
                self._note_pids()
        at = time.monotonic()
        if at - self._published >= PUBLISH_EVERY_S:
            self._published = at
            self._tell()
        if at - self._trimmed >= TRIM_EVERY_S:
            self._trimmed = at
            self._trim_logs()

    def end(self) -> None:
        """Stop every child, the broker last; whoever does not listen is killed."""
        brokers = [child for child in self.children if child.name == "valkey"]
        self._stop_these([child for child in self.children if child.name != "valkey"])
        self._withdraw()
        self._stop_these(brokers)
        self._pids.unlink(missing_ok=True)

    def _stop_these(self, children: list[Child]) -> None:
        for child in children:
            child.ask_to_stop()
        began = time.monotonic()
        left = [child for child in children if not child.stopped()]
        while left and not self.hurry:
            left = [child for child in left if not child.stopped()]
            for child in left:
                if time.monotonic() - began > child.spec.grace_s:
                    self._say(f"{child.name} does not stop by itself: killing it")
                    child.kill()
            time.sleep(0.05)
        for child in left:
            child.kill()

    def _note_pids(self) -> None:
        """Leave word of what runs, for the next start after a `kill -9` of this process."""
        running = [child.pid for child in self.children if child.pid]
        self._pids.write_text(json.dumps({str(pid): _born(pid) for pid in running}))

    def sweep_leftovers(self) -> None:
        """End what an earlier supervisor left, if it was killed where children cannot follow it."""
        try:
            known = json.loads(self._pids.read_text())
        except (OSError, ValueError):
            return
        for pid, born in known.items():
            if born is not None and _born(int(pid)) == born:
                os.killpg(int(pid), signal.SIGKILL)

    def _trim_logs(self) -> None:
        """Keep each log and its predecessor under a limit; writers append, so cutting is safe."""
        for child in self.children:
            if child.log.exists() and child.log.stat().st_size > LOG_LIMIT:
                child.log.with_suffix(".log.1").write_bytes(child.log.read_bytes())
                os.truncate(child.log, 0)

    def _tell(self) -> None:
        """Publish what runs. A broker that is down is told by its own line, and tried again."""
        import redis

        from webapp.core.services import processes

        with suppress(redis.RedisError):
            processes.publish([self._describe(child) for child in [*self.children, self._own]])

    def _withdraw(self) -> None:
        """A broker that outlives this console must not say that it still runs."""
        if self._published:
            import redis

            from webapp.core.services import processes

            with suppress(redis.RedisError):
                processes.withdraw()

    def _describe(self, child: Child) -> ProcessView:
        pid = os.getpid() if child is self._own else child.pid
        meter = self._meter(pid, alone=child is self._own)
        cpu_pct, memory_mb = (round(meter.cpu_pct, 2), round(meter.memory_mb, 1)) if meter else (0.0, 0.0)
        return ProcessView(
            child.name, pid, child.state, child.started_at, None, cpu_pct, memory_mb, child.restarts, child.note
        )

    def _meter(self, pid: int | None, alone: bool) -> Meter | None:
        if pid is None:
            return None
        self._meters = {known: meter for known, meter in self._meters.items() if psutil.pid_exists(known)}
        meter = self._meters.setdefault(pid, Meter(pid, alone))
        meter.read()
        return meter


def _born(pid: int) -> float | None:
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return None
