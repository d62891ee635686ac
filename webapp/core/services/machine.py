"""The machine that numbers were measured on; every `--json` result carries it."""

import os
import platform
import shutil
from pathlib import Path

import psutil


def describe() -> dict[str, str | int | float | None]:
    """Cores that this process may use, processor, memory, and the graphics card if a driver is there."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    gpu = "nvidia" if shutil.which("nvidia-smi") and Path("/proc/driver/nvidia").exists() else None
    memory_gb = round(psutil.virtual_memory().total / 1e9, 1)
    return {"cores": cores, "cpu": _processor(), "memory_gb": memory_gb, "gpu": gpu}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())
