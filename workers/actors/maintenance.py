"""Duties beside the forecasts: finding breaches, scoring intervals, looking for drift, sweeping, sampling this machine,
reading Prometheus, telling targets."""

import dramatiq

from webapp.core.jobs import (
    BreachScan,
    CoverageScore,
    DriftLook,
    HostSample,
    NotificationSend,
    PrometheusRead,
    RetentionSweep,
    TruthScore,
)
from webapp.core.services import (
    breaches,
    coverage,
    deliveries,
    drift_reports,
    host,
    live_scores,
    regressions,
    retention,
    scrapes,
)


@dramatiq.actor(actor_name=CoverageScore.actor, queue_name=CoverageScore.queue, max_retries=3)
def coverage_score(stream_id: int, tick: int) -> None:
    """Count what the 80 % intervals held in the stream hour that ends at `tick`."""
    coverage.score(stream_id, tick)


@dramatiq.actor(actor_name=DriftLook.actor, queue_name=DriftLook.queue, max_retries=3)
def drift_look(stream_id: int, tick: int) -> None:
    """Look for drift in the stream's hours up to `tick` that were not looked at yet."""
    drift_reports.look(stream_id, tick)


@dramatiq.actor(actor_name=TruthScore.actor, queue_name=TruthScore.queue, max_retries=3)
def truth_score(stream_id: int) -> None:
    """Score what has matured of every version, then judge the promotion that is watched."""
    live_scores.score(stream_id)
    regressions.judge(stream_id)


@dramatiq.actor(actor_name=BreachScan.actor, queue_name=BreachScan.queue, max_retries=3)
def breach_scan(stream_id: int) -> None:
    """Find incidents in what a stream has observed since it was judged last."""
    breaches.scan(stream_id)


@dramatiq.actor(actor_name=RetentionSweep.actor, queue_name=RetentionSweep.queue, max_retries=3)
def retention_sweep() -> None:
    """Thin old fans and keep the data folder under its cap."""
    retention.sweep()


@dramatiq.actor(actor_name=HostSample.actor, queue_name=HostSample.queue, max_retries=0)
def host_sample() -> None:
    """Observe this machine once; a missed sample is a gap, never made up later."""
    host.sample()


@dramatiq.actor(actor_name=PrometheusRead.actor, queue_name=PrometheusRead.queue, max_retries=0)
def prometheus_read(source_id: int) -> None:
    """Read a Prometheus source on from where it is; what fails is tried again by the scheduler's duty."""
    scrapes.read(source_id)


@dramatiq.actor(actor_name=NotificationSend.actor, queue_name=NotificationSend.queue, max_retries=0)
def notification_send(delivery_id: int) -> None:
    """Try a delivery once; what was not taken is tried again, with growing pauses, by the scheduler's duty."""
    deliveries.send(delivery_id)
