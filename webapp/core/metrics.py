"""Numbers about Forewarn itself: every process counts into one folder, one scrape reads them all.

A process that dies leaves its counts behind, so no total ever falls. The launcher clears the
folder once, at start (`clear`); a process without the folder counts for itself only. Labels are
words from a closed set (a stream's slug, an actor's name), never what a caller sent.
"""

import os
import socket
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from prometheus_client import Counter, Histogram, values
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import REGISTRY, Collector, CollectorRegistry

from webapp.core.clock import monotonic
from webapp.core.settings import settings


def _share(folder: Path) -> None:
    """Count into `folder`. The host is part of a file's name: containers reuse process ids."""
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    host = socket.gethostname().replace("_", "-")
    values.ValueClass = values.MultiProcessValue(lambda: f"{host}-{os.getpid()}")  # type: ignore[no-untyped-call]


if (_folder := settings().metrics_dir) is not None:
    _share(_folder)  # before the first metric is made: the library decides there where it counts

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

http_seconds = Histogram(
    "forewarn_http_request_duration_seconds",
    "How long requests took, by route.",
    ["method", "route", "status"],
    buckets=_SECONDS,
)
telemetry_rows = Counter("forewarn_telemetry_rows", "Telemetry rows stored.", ["stream"])
telemetry_duplicates = Counter("forewarn_telemetry_duplicates", "Rows sent again with the values stored.", ["stream"])
batches_rejected = Counter("forewarn_telemetry_batches_rejected", "Telemetry batches refused, by reason.", ["reason"])
ingest_seconds = Histogram(
    "forewarn_ingest_duration_seconds", "How long storing one telemetry batch took.", ["source"], buckets=_SECONDS
)
forecast_cycles = Counter("forewarn_forecast_cycles", "Forecast cycles, by how they ended.", ["stream", "outcome"])
forecast_seconds = Histogram(
    "forewarn_forecast_cycle_duration_seconds",
    "From the start of a forecast cycle to its rows stored.",
    ["stream"],
    buckets=_SECONDS,
)
jobs = Counter("forewarn_jobs", "Jobs run by the workers, by how they ended.", ["actor", "outcome"])
job_seconds = Histogram("forewarn_job_duration_seconds", "How long jobs ran.", ["actor"], buckets=_SECONDS)
errors = Counter("forewarn_errors", "Unexpected errors: each one is a bug.", ["where"])
sign_ins = Counter("forewarn_sign_ins", "Tries to sign in, by how they ended.", ["outcome"])
events_refused = Counter("forewarn_events_refused", "Event handlers that were not run for a caller.", ["reason"])

limited = Counter("forewarn_requests_limited", "Requests refused for being too many, by what was counted.", ["counted"])


@contextmanager
def timed(histogram: Histogram, *labels: str) -> Iterator[None]:
    """Observe how long the block took, also when it raised."""
    start = monotonic()
    try:
        yield
    finally:
        histogram.labels(*labels).observe(monotonic() - start)


def clear(folder: Path) -> None:
    """Forget what earlier runs counted. For the launcher alone, before it starts any process."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.glob("*.db"):
        file.unlink(missing_ok=True)


class _Shared(Collector):
    """The counts of every process, read from the folder; a file half written by a killed one is left out."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterable[Metric]:
        whole = [str(file) for file in sorted(self._folder.glob("*.db")) if _readable(str(file))]
        merged: Iterable[Metric] = MultiProcessCollector.merge(whole)  # type: ignore[no-untyped-call]
        return merged


def _readable(file: str) -> bool:
    try:
        MultiProcessCollector.merge([file])  # type: ignore[no-untyped-call]
    except (struct.error, RuntimeError, ValueError, KeyError, IndexError, FileNotFoundError):
        return False
    return True


def registry(*extra: Collector) -> CollectorRegistry:
    """What one scrape shows: the counts of all processes, and collectors that look when asked."""
    made = CollectorRegistry(auto_describe=False)
    folder = settings().metrics_dir
    made.register(_Shared(folder) if folder is not None else _Own())
    for collector in extra:
        made.register(collector)
    return made


class _Own(Collector):
    """The counts of this process, when there is no folder to share."""

    def collect(self) -> Iterable[Metric]:
        return [metric for metric in REGISTRY.collect() if metric.name.startswith("forewarn_")]
