"""Why a forecast says what it says: what the model looked at, and what followed when it was like this before."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Unexplained(StrEnum):
    """Why there is nothing to explain."""

    NO_FORECAST = "no_forecast"
    BASELINE = "baseline"
    LINEAR = "linear"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Looked:
    """A group of inputs: its name, how many inputs it is, and its share of what the model looked at."""

    name: str
    inputs: int
    share: float


@dataclass(frozen=True, slots=True)
class Alike:
    """An earlier stretch that was like the present one, which ended at `ended_at`, and what followed within 8 h.

    `distance` is the root mean square difference in spreads of the present stretch; `low` and `high` are in the
    metric's unit. `crossed_after_min` is None when the threshold was not crossed, 0 when it was crossed before.
    """

    ended_at: datetime
    distance: float
    low: float
    high: float
    crossed_after_min: float | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Of one metric of a server's newest forecast. Shares sum to one, the largest first; `from_h` to `to_h` before
    the origin is the stretch that was attended to most; `alike` is the nearest first, out of `days` of telemetry."""

    metric: str
    unexplained: Unexplained | None = None
    looked: tuple[Looked, ...] = ()
    from_h: float = 0.0
    to_h: float = 0.0
    alike: tuple[Alike, ...] = ()
    days: float = 0.0
