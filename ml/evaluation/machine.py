"""Where a number was measured: the facts about the machine and the sources that go with every result."""

import os
import subprocess
from pathlib import Path


def machine() -> dict[str, object]:
    """Cores, processor, memory and graphics card (null when there is none to be seen)."""
    return {"cores": os.cpu_count(), "cpu": _processor(), "memory_gb": _memory_gb(), "gpu": _graphics()}


def commit() -> str | None:
    """The sources' commit, null outside a checkout."""
    return _output(["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"])


def _processor() -> str | None:
    path = Path("/proc/cpuinfo")
    if not path.is_file():
        return None
    names = [line.partition(":")[2].strip() for line in path.read_text().splitlines() if line.startswith("model name")]
    return names[0] if names else None


def _memory_gb() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (ValueError, OSError):
        return None


def _graphics() -> str | None:
    found = _output(["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"])
    return found.splitlines()[0] if found else None


def _output(command: list[str]) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None
