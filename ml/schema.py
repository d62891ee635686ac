"""The fleet's data contract: which metrics exist, in which unit and range, and on which time grid.

Everything that stores, validates, forecasts or draws a metric reads it from here; the
order of `METRICS` is the order of every metric axis in the product.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Final

TICK_SECONDS: Final = 300
"""Length of one tick of stream time, in seconds."""
HORIZON: Final = 96
"""Steps ahead that every forecast covers: 96 x 5 minutes = 8 hours."""
CONTEXT: Final = 288
"""Ticks of history that a forecaster reads: 24 hours."""
MIN_HISTORY: Final = 12
"""Ticks with an observation below which a server of unknown profile gets the persistence baseline; also the shortest
history that a model is trained on. One of a known profile is forecast from its first observation on."""
BORROWING: Final = 144
"""Ticks since its first observation, half a day, before which a server's forecast leans on its profile."""
TICKS_PER_HOUR: Final = 3600 // TICK_SECONDS
TICKS_PER_DAY: Final = 24 * TICKS_PER_HOUR
TICKS_PER_WEEK: Final = 7 * TICKS_PER_DAY
HALF_HOUR: Final = 6
"""Ticks of a half hour, the grain of everything older than the context."""
WEEK: Final = TICKS_PER_WEEK // HALF_HOUR
"""Half hours that a forecaster remembers: seven days."""

QUANTILES: Final = (0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95)
"""Levels of every fan: together the 50, 80 and 90 % intervals and the median."""
MEDIAN: Final = QUANTILES.index(0.50)
LOW80: Final = QUANTILES.index(0.10)
HIGH80: Final = QUANTILES.index(0.90)

LEAD_BUCKETS: Final = ((0, 12), (12, 24), (24, 48), (48, 72), (72, 96))
"""Half-open ranges of lead steps: 0-1, 1-2, 2-4, 4-6 and 6-8 hours."""


class Profile(StrEnum):
    """What a server does; the forecaster's static input and the threshold table's key."""

    WEB = "web"
    DATABASE = "database"
    CACHE = "cache"
    QUEUE = "queue"
    ML_COMPUTE = "ml-compute"
    STORAGE = "storage"
    WORKER = "worker"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Metric:
    """One observed quantity.

    `low` and `high` bound the values that are accepted at the door (a value outside is refused,
    not clamped); `display_high` is the top of the fixed chart range, above which lines leave the frame.
    """

    name: str
    label: str
    unit: str
    low: float
    high: float
    display_high: float
    decimals: int
    description: str


METRICS: Final = (
    Metric("cpu_pct", "CPU", "%", 0.0, 200.0, 100.0, 1, "CPU time in use, share of all cores"),
    Metric("memory_pct", "Memory", "%", 0.0, 200.0, 100.0, 1, "memory in use, share of what is installed"),
    Metric("disk_used_pct", "Disk used", "%", 0.0, 100.0, 100.0, 1, "space in use on the fullest data volume"),
    Metric("disk_io_mbps", "Disk I/O", "MB/s", 0.0, 100_000.0, 800.0, 0, "bytes read and written, 10^6 bytes a second"),
    Metric("net_mbps", "Network", "MB/s", 0.0, 100_000.0, 500.0, 0, "bytes in and out, 10^6 bytes a second"),
    Metric("latency_ms", "Latency", "ms", 0.0, 600_000.0, 600.0, 0, "95th percentile of the service's response time"),
    Metric("error_pct", "Error rate", "%", 0.0, 100.0, 5.0, 2, "share of requests that failed"),
)
METRIC_NAMES: Final = tuple(metric.name for metric in METRICS)
METRIC_INDEX: Final = {name: index for index, name in enumerate(METRIC_NAMES)}


def metric(name: str) -> Metric:
    """The metric called `name`; KeyError when the contract does not have it."""
    return METRICS[METRIC_INDEX[name]]


def schema_hash() -> str:
    """SHA-256 (hex) of everything that a model artefact must agree on with the data it reads."""
    document = {
        "metrics": [asdict(one) for one in METRICS],
        "tick_seconds": TICK_SECONDS,
        "horizon": HORIZON,
        "quantiles": QUANTILES,
    }
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
