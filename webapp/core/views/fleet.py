"""The fleet at one tick: numbers only, read once per tick whatever the number of browsers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ml.contracts import Floats
from webapp.core.views.severity import Severity
from webapp.core.views.streams import StreamView


@dataclass(frozen=True, slots=True)
class RiskView:
    """What is forecast for one server, by the model named in the stream or by a named baseline.

    `metric` is the first threshold to be crossed (or the likeliest one of a healthy server);
    `crossing_*_at` are the 10 %, 50 % and 90 % times given that it crosses; `by_*h` the
    probability of crossing within so many hours; `width80` the mean width of the 80 % interval
    over the horizon in the metric's unit, `coverage80` the measured share of matured points
    that it held over `coverage_n` points, None before any matured.
    """

    asset_id: int
    name: str
    profile: str
    severity: Severity
    method: str
    reason: str | None
    metric: str | None
    threshold: float | None
    now: float | None
    probability: float | None
    by_1h: float | None
    by_2h: float | None
    by_4h: float | None
    by_8h: float | None
    crossing_low_at: datetime | None
    crossing_at: datetime | None
    crossing_high_at: datetime | None
    breach_since_at: datetime | None
    maintenance_until_at: datetime | None
    width80: float | None
    coverage80: float | None
    coverage_n: int
    origin_at: datetime | None
    made_at: datetime | None
    history: int


@dataclass(frozen=True, slots=True)
class FleetSnapshot:
    """Every server of a stream at its latest tick, in `risks` order.

    `recent` [N, 96, M] float32 are the last 8 hours of observations up to and including
    `stream.origin_at` (NaN = gap); the fan of one server is read on demand. `limits` are the thresholds, by profile
    and metric, that differ from the defaults; None is a metric that is not watched.
    """

    stream: StreamView
    risks: tuple[RiskView, ...]
    recent: Floats
    limits: Mapping[tuple[str, str], float | None] = field(default_factory=dict)
