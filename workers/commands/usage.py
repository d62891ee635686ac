"""What a console's processes use, read from the operating system."""

from collections.abc import Sequence

import psutil


class Share:
    """Processor time of some processes over a span, as a share of one core."""

    def __init__(self, processes: Sequence[psutil.Process]) -> None:
        self._processes = processes
        self._before = self._seconds()

    def of(self, seconds: float) -> float:
        """The share used since this was made, `seconds` ago."""
        return round((self._seconds() - self._before) / seconds, 3)

    def _seconds(self) -> float:
        times = [one.cpu_times() for one in self._processes]
        return float(sum(one.user + one.system for one in times))


def resident_mb(processes: Sequence[psutil.Process]) -> float:
    """All memory that the processes map, shared pages counted in each of them."""
    return round(sum(one.memory_info().rss for one in processes) / 1e6, 1)


def proportional_mb(processes: Sequence[psutil.Process]) -> float:
    """Memory with every shared page counted once in sum, where the system tells (Linux)."""
    full = [one.memory_full_info() for one in processes]
    return round(sum(getattr(one, "pss", 0) or one.rss for one in full) / 1e6, 1)
