"""How a stream's clock runs, and when what it shows is stale."""

from datetime import datetime, timedelta

from ml.schema import TICK_SECONDS

SPEEDS = (1.0, 10.0, 60.0, 120.0, 240.0, 0.0)
"""Offered speeds; 0 means `max`: the next tick is due as soon as the last one is forecast."""
FASTEST = 240.0
STALE_TICKS = 2
_LEAST_STALE_SECONDS = 10.0  # at high speeds a tick is shorter than a forecast and a repaint take


def interval(speed: float) -> float:
    """Wall seconds between two ticks."""
    return 0.0 if speed == 0 else TICK_SECONDS / speed


def due_at(anchor_tick: int, anchor_at: datetime, speed: float, tick: int) -> datetime:
    """The wall time at which `tick` is due."""
    return anchor_at + timedelta(seconds=(tick - anchor_tick) * interval(speed))


def rescaled_anchor(anchor_at: datetime, speed: float, new_speed: float, at: datetime) -> datetime:
    """The anchor that keeps the stream's time where it is when its speed changes at wall time `at`."""
    elapsed = (at - anchor_at).total_seconds() * speed / TICK_SECONDS if speed else 1.0
    progress = min(1.0, max(0.0, elapsed))
    return at - timedelta(seconds=progress * interval(new_speed))


def stale_after(speed: float, live: bool) -> float:
    """Wall seconds after which a forecast is stale: two ticks of the stream's clock, at least 10 s."""
    tick = TICK_SECONDS if live else interval(speed)
    return max(_LEAST_STALE_SECONDS, STALE_TICKS * tick)
