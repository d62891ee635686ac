"""Small fleets for the tests of the overview; times are fixed, numbers plain."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from ml.schema import HORIZON, METRICS, QUANTILES
from webapp.core.views.fleet import FleetSnapshot, RiskView
from webapp.core.views.severity import Severity
from webapp.core.views.streams import ClockView, Source, StreamView

ORIGIN = datetime(2026, 11, 19, 14, 35, tzinfo=UTC)
STREAM = StreamView(
    id=1, slug="demo", kind="fleet", source=Source.SIMULATED, clock=ClockView(ORIGIN, ORIGIN, 60, False, False),
    servers=0, forecast=0, history=288, needed=12, model="ridge", version="1.0.0", origin_at=ORIGIN, made_at=ORIGIN,
    stale_since=None, injection_allowed=True, injection_stopped_by=None, injection_reason=None,
)  # fmt: skip


def minutes(count: float | None) -> datetime | None:
    return None if count is None else ORIGIN + timedelta(minutes=count)


def risk(name: str, severity: Severity = Severity.HEALTHY, crossing: float | None = None, **changes: Any) -> RiskView:
    """A server of the profile web whose latency is watched."""
    made = RiskView(
        asset_id=1, name=name, profile="web", severity=severity, method="champion", reason=None, metric="latency_ms",
        threshold=400.0, now=247.0, probability=0.81 if crossing else 0.04, by_1h=None, by_2h=None, by_4h=None,
        by_8h=None, crossing_low_at=minutes(crossing and crossing * 0.8), crossing_at=minutes(crossing),
        crossing_high_at=minutes(crossing and crossing * 1.5), breach_since_at=None, maintenance_until_at=None,
        width80=36.0, coverage80=0.81, coverage_n=1000, origin_at=ORIGIN, made_at=ORIGIN, history=288,
    )  # fmt: skip
    return replace(made, **changes)


def breach(name: str, since: float = -23, **changes: Any) -> RiskView:
    return risk(name, Severity.CRITICAL, None, breach_since_at=minutes(since), probability=1.0, **changes)


def snapshot(*risks: RiskView, stream: StreamView = STREAM) -> FleetSnapshot:
    recent = np.full((len(risks), HORIZON, len(METRICS)), 200.0, np.float32)
    return FleetSnapshot(replace(stream, servers=len(risks), forecast=len(risks)), risks, recent)


def fan(start: float, end: float) -> np.ndarray:
    """A fan [H, Q] whose median runs from `start` to `end`."""
    median = np.linspace(start, end, HORIZON)[:, None]
    return (median + 10 * np.linspace(-1, 1, len(QUANTILES))).astype(np.float32)
