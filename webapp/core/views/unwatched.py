"""Forecasts of servers that Forewarn does not watch, as they are answered and nowhere kept."""

from dataclasses import dataclass
from datetime import datetime

from ml.contracts import Floats


@dataclass(frozen=True, slots=True)
class MetricAhead:
    """One metric of one server. `fan` [H, Q] and the chances are None where there is no forecast.

    `by` are the chances of a breach that begins within 1, 2, 4 and 8 h.
    """

    metric: str
    threshold: float
    now: float | None
    fan: Floats | None
    by: tuple[float, float, float, float] | None
    crossing_low_at: datetime | None
    crossing_at: datetime | None
    crossing_high_at: datetime | None


@dataclass(frozen=True, slots=True)
class ServerAhead:
    """One server. `model` and `version` are of what made its numbers: of a baseline the name, and no version."""

    server: str
    profile: str
    method: str
    reason: str | None
    model: str | None
    version: str | None
    history: int
    metrics: tuple[MetricAhead, ...]


@dataclass(frozen=True, slots=True)
class Ahead:
    """Everything that was asked for. `quantiles` are the levels of each fan's columns."""

    origin_at: datetime
    made_at: datetime
    champion: str
    version: str
    sha256: str
    runtime: str
    quantiles: tuple[float, ...]
    servers: tuple[ServerAhead, ...]
