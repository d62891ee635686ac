"""A Prometheus and a node_exporter of the tests' own, with days of history made by promtool."""

import json
import math
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.integration.infra.console import free_port, wait_for
from webapp.core.clock import now

DAYS = 8
STEP = 120
SERVERS = ("web-1", "pg-2", "batch-3")
SILENT = (6 * 3600, 4 * 3600)
"""Seconds before now between which batch-3 was not scraped."""
FILES = '{device="/dev/vda1",fstype="ext4",mountpoint="/"}'
_CONFIG = """
global: {{scrape_interval: 1s}}
scrape_configs:
  - job_name: node
    static_configs: [{{targets: ["127.0.0.1:{exporter}"]}}]
"""


@dataclass(frozen=True)
class RealPrometheus:
    """Where it listens, and the second at which the history that promtool made ends."""

    url: str
    end: int


@contextmanager
def running(tool: Callable[[str], str]) -> Iterator[RealPrometheus]:
    """Prometheus with eight days of three servers, scraping a real node_exporter every second."""
    with TemporaryDirectory(prefix="fwprom") as name:
        folder = Path(name)
        end = int(now().timestamp())
        (folder / "history").write_text("".join(history(end)))
        command = [
            tool("promtool"),
            "tsdb",
            "create-blocks-from",
            "--max-block-duration=720h",
            "openmetrics",
            folder / "history",
            folder / "data",
        ]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        port, exporter = free_port(), free_port()
        (folder / "config.yml").write_text(_CONFIG.format(exporter=exporter))
        node = [tool("node_exporter"), f"--web.listen-address=127.0.0.1:{exporter}"]
        prometheus = [
            tool("Prometheus"), f"--config.file={folder / 'config.yml'}", f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}", "--storage.tsdb.retention.time=30d",
        ]  # fmt: skip
        started = [
            subprocess.Popen(one, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for one in (node, prometheus)
        ]
        try:
            wait_for(
                lambda: _answers(
                    f"http://127.0.0.1:{port}/api/v1/query?query=node_memory_MemTotal_bytes{{job='node'}}"
                ),
                30,
                "Prometheus answers",
            )
            yield RealPrometheus(f"http://127.0.0.1:{port}", end)
        finally:
            for process in started:
                process.terminate()
                process.wait()


def _answers(url: str) -> bool:
    """Whether a query has a result; a server that is starting refuses the connection."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(json.load(answer)["data"]["result"])
    except OSError:
        return False


def history(end: int) -> Iterator[str]:
    """OpenMetrics of what node_exporter would have told: a daily wave of CPU, a disk that fills up."""
    times = range(end - DAYS * 86400 - 900, end, STEP)
    before = ""
    for kind, name, labels, value in _families():
        if name != before:
            yield f"# TYPE {name.removesuffix('_total')} {kind}\n"
        before = name
        for at, server in enumerate(SERVERS):
            total = 0.0
            for second in times:
                share = 0.4 + 0.1 * at + 0.3 * math.sin(2 * math.pi * second / 86400)
                total = total + value(share) * STEP if kind == "counter" else value(share)
                if server == "batch-3" and end - SILENT[0] < second < end - SILENT[1]:
                    continue
                yield f'{name}{{instance="{server}:9100",{labels}}} {total:.3f} {second}\n'
    yield "# EOF\n"


def _families() -> Iterator[tuple[str, str, str, Callable[[float], float]]]:
    yield "counter", "node_cpu_seconds_total", 'cpu="0",mode="idle"', lambda share: 1 - share
    yield "counter", "node_cpu_seconds_total", 'cpu="0",mode="user"', lambda share: share
    yield "gauge", "node_memory_MemTotal_bytes", 'job="old"', lambda share: 16e9
    yield "gauge", "node_memory_MemAvailable_bytes", 'job="old"', lambda share: 16e9 * (1 - share / 2)
    for name, size in (("size", 100e9), ("free", 40e9), ("avail", 35e9)):
        yield "gauge", f"node_filesystem_{name}_bytes", FILES[1:-1], lambda share, size=size: size
    for name in ("node_disk_read_bytes_total", "node_disk_written_bytes_total"):
        yield "counter", name, 'device="vda"', lambda share: 20e6 * share
    for name in ("node_network_receive_bytes_total", "node_network_transmit_bytes_total"):
        yield "counter", name, 'device="eth0"', lambda share: 5e6
        yield "counter", name, 'device="lo"', lambda share: 900e6
