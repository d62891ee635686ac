"""This machine as a server of its own stream: what psutil sees, as means over the time since the last sample.

Latency and error rate are not observed here and stay empty. The counters of the last sample live in the
broker, so that a restarted worker goes on where the last one stopped.
"""

import json
import socket
from datetime import datetime
from typing import Any

import psutil

from webapp.core.clock import now, tick_of, time_of
from webapp.core.dispatch import swap
from webapp.core.logging import get_logger
from webapp.core.services import telemetry
from webapp.core.settings import settings

log = get_logger(__name__)
_KEY = "forewarn:host:counters"
_MB = 1_000_000
_LONGEST_SECONDS = 1800.0  # a mean over more than that says nothing about this tick


def sample() -> None:
    """Observe once and store it as the newest tick's telemetry."""
    at, counters = now(), _counters()
    before = swap(_KEY, json.dumps({"at": at.timestamp(), **counters}))
    row: dict[str, Any] = {"asset": socket.gethostname(), "at": time_of(tick_of(at)).isoformat()}
    row |= _levels() | (_rates(json.loads(before), at, counters) if before else {})
    try:
        telemetry.accept_host(telemetry.HOST_STREAM, row)
    except telemetry.Differs:
        log.info("this tick was sampled already; the first sample stays")


def _levels() -> dict[str, float]:
    disk = psutil.disk_usage(str(settings().data_dir.resolve()))
    return {"memory_pct": psutil.virtual_memory().percent, "disk_used_pct": disk.percent}


def _counters() -> dict[str, float]:
    cpu, disk, net = psutil.cpu_times(), psutil.disk_io_counters(), psutil.net_io_counters()
    idle = cpu.idle + getattr(cpu, "iowait", 0.0)
    return {
        "busy": sum(cpu) - idle - getattr(cpu, "guest", 0.0) - getattr(cpu, "guest_nice", 0.0), "idle": idle,
        "disk": float(disk.read_bytes + disk.write_bytes) if disk else 0.0,
        "net": float(net.bytes_recv + net.bytes_sent),
    }  # fmt: skip


def _rates(before: dict[str, float], at: datetime, after: dict[str, float]) -> dict[str, float]:
    seconds = at.timestamp() - before["at"]
    change = {name: after[name] - before.get(name, 0.0) for name in after}
    if not 1 <= seconds <= _LONGEST_SECONDS or min(change.values()) < 0:
        return {}  # the machine restarted, or slept: a gap, not a guess
    busy, idle = change["busy"], change["idle"]
    return {
        "cpu_pct": 100 * busy / max(busy + idle, 1e-9),
        "disk_io_mbps": change["disk"] / seconds / _MB,
        "net_mbps": change["net"] / seconds / _MB,
    }
