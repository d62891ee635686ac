"""Gauges that are looked up when Prometheus asks: what is forecast, and what Forewarn itself uses.

A source that is down leaves its gauges out and shows in `forewarn_up`; the scrape itself never fails.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import redis
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from webapp.core import clock
from webapp.core.db import OperationalError
from webapp.core.errors import ForewarnError
from webapp.core.logging import get_logger
from webapp.core.services import about, incidents, jobs, streams
from webapp.core.views.jobs import JobsSnapshot
from webapp.core.views.streams import StreamView

log = get_logger(__name__)


GAUGES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "forewarn_servers_forecast": ("Servers with a forecast younger than two ticks.", ("stream",)),
    "forewarn_servers": ("Servers of a stream.", ("stream",)),
    "forewarn_forecast_age_seconds": ("Wall time since the newest forecast was stored.", ("stream",)),
    "forewarn_open_incidents": ("Open incidents of a stream, those in maintenance left out.", ("stream",)),
    "forewarn_build_info": ("Which build this is.", ("version", "commit")),
    "forewarn_database_up": ("Whether the database answers.", ()),
    "forewarn_broker_up": ("Whether the broker answers.", ()),
    "forewarn_process_up": ("Whether a process runs.", ("process",)),
    "forewarn_process_cpu_ratio": ("Share of one core that a process uses.", ("process",)),
    "forewarn_process_resident_memory_bytes": ("Memory of a process.", ("process",)),
    "forewarn_process_restarts": ("Times that a process was started again.", ("process",)),
    "forewarn_queue_messages": ("Messages of a queue, by what they wait for.", ("queue", "state")),
    "forewarn_data_bytes": ("Size of the data folder.", ()),
    "forewarn_data_cap_bytes": ("Most that the data folder may hold.", ()),
}


class Fleets(Collector):
    """What is forecast, by stream."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        try:
            views, judged = streams.streams(), incidents.judging()
        except (OperationalError, ForewarnError) as error:
            log.warning("no stream can be read for the metrics", extra={"error": str(error)})
            views, judged = None, ()
        yield _gauge("forewarn_database_up", ((), views is not None))
        yield _gauge("forewarn_build_info", ((about.version(), about.commit() or ""), 1))
        yield _gauge("forewarn_open_incidents", *(((one.stream,), one.open) for one in judged))
        yield from _of_streams(views or ())


def _of_streams(views: Sequence[StreamView]) -> Iterator[GaugeMetricFamily]:
    fresh = [(view.slug, view.forecast if view.stale_since is None else 0) for view in views]
    yield _gauge("forewarn_servers_forecast", *(((slug,), count) for slug, count in fresh))
    yield _gauge("forewarn_servers", *(((view.slug,), view.servers) for view in views))
    made = [(view.slug, view.made_at) for view in views if view.made_at is not None]
    ages = [(slug, max(0.0, (clock.now() - at).total_seconds())) for slug, at in made]
    yield _gauge("forewarn_forecast_age_seconds", *(((slug,), age) for slug, age in ages))


class Machinery(Collector):
    """Forewarn's own processes and queues, as the supervisor and the broker see them."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        try:
            snapshot = jobs.snapshot()
        except (OperationalError, redis.RedisError) as error:
            log.warning("no process can be read for the metrics", extra={"error": str(error)})
            snapshot = None
        yield _gauge("forewarn_broker_up", ((), snapshot is not None))
        if snapshot is not None:
            yield from _of_machinery(snapshot)


def _of_machinery(snapshot: JobsSnapshot) -> Iterator[GaugeMetricFamily]:
    every = snapshot.processes
    yield _gauge("forewarn_process_up", *(((one.name,), one.state == "running") for one in every))
    yield _gauge("forewarn_process_cpu_ratio", *(((one.name,), one.cpu_pct / 100) for one in every))
    yield _gauge("forewarn_process_resident_memory_bytes", *(((one.name,), one.memory_mb * 1e6) for one in every))
    yield _gauge("forewarn_process_restarts", *(((one.name,), one.restarts) for one in every))
    waiting = [
        ((queue.name, state), count)
        for queue in snapshot.queues
        for state, count in (("waiting", queue.waiting), ("delayed", queue.delayed), ("dead", queue.dead))
    ]
    yield _gauge("forewarn_queue_messages", *waiting)
    yield _gauge("forewarn_data_bytes", ((), snapshot.disk_mb * 1e6))
    yield _gauge("forewarn_data_cap_bytes", ((), snapshot.disk_cap_mb * 1e6))


def _gauge(name: str, *samples: tuple[tuple[str, ...], float]) -> GaugeMetricFamily:
    text, labels = GAUGES[name]
    family = GaugeMetricFamily(name, text, labels=labels)
    for values, value in samples:
        family.add_metric(values, float(value))
    return family
