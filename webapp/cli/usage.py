"""What Forewarn itself uses: processor share and memory of each child with everything it started."""

import time
from dataclasses import dataclass, field

import psutil

FAMILY_EVERY_S = 30
YOUNG_S = 15
"""A process this young may still be starting its own children."""
MEMORY_EVERY_S = 10


@dataclass(slots=True)
class Meter:
    """Measures one child; process lists and memory are read less often, since they cost more."""

    pid: int
    alone: bool = False
    """Do not count what it started: the supervisor's children are measured one by one."""
    family: list[psutil.Process] = field(default_factory=list)
    memory_mb: float = 0.0
    cpu_pct: float = 0.0
    _cpu_s: float | None = None
    _at: float = 0.0
    _born: float = field(default_factory=time.monotonic)
    _family_at: float = float("-inf")
    _memory_at: float = float("-inf")

    def read(self) -> None:
        """Take a sample; a process that has ended meanwhile counts as nothing."""
        now = time.monotonic()
        if now - self._born < YOUNG_S or now - self._family_at >= FAMILY_EVERY_S:
            self.family, self._family_at = _family(self.pid, self.alone), now
        cpu_s = sum(map(_cpu_seconds, self.family))
        if self._cpu_s is not None and now > self._at:
            self.cpu_pct = max(0.0, 100 * (cpu_s - self._cpu_s) / (now - self._at))
        self._cpu_s, self._at = cpu_s, now
        if now - self._memory_at >= MEMORY_EVERY_S:
            self.memory_mb, self._memory_at = sum(map(_memory, self.family)) / 1e6, now


def _family(pid: int, alone: bool) -> list[psutil.Process]:
    try:
        head = psutil.Process(pid)
        return [head] if alone else [head, *head.children(recursive=True)]
    except psutil.Error:
        return []


def _cpu_seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)


def _memory(process: psutil.Process) -> int:
    """Its proportional share of memory where the system tells it, else all that is resident."""
    try:
        full = process.memory_full_info()
        return int(getattr(full, "pss", 0) or full.rss)
    except psutil.AccessDenied:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0
