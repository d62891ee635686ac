"""The only place that reads the wall clock, and the arithmetic of ticks.

A tick is 5 minutes of stream time; its index counts from the Unix epoch, so every stream
shares one grid and a time converts without knowing the stream.
"""

import math
import time
from datetime import UTC, datetime

from ml.schema import TICK_SECONDS


def now() -> datetime:
    """Wall time, aware UTC."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds for measuring durations."""
    return time.monotonic()


def tick_of(at: datetime) -> int:
    """The tick nearest to `at`, the later one from the middle on: a feed that polls at any steady phase hits
    every tick once."""
    return math.floor(at.timestamp() / TICK_SECONDS + 0.5)


def time_of(tick: int) -> datetime:
    """Stream time of a tick, aware UTC."""
    return datetime.fromtimestamp(tick * TICK_SECONDS, UTC)
