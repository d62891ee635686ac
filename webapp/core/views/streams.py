"""What the pages say of a stream: its clock, its champion, how warm it is. Plain values, no rows."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Source(StrEnum):
    """Where a stream's observations come from; decides whether its clock can be set."""

    SIMULATED = "simulated"
    REPLAY = "replay"
    HOST = "host"
    PUSH = "push"
    PROMETHEUS = "prometheus"

    @property
    def live(self) -> bool:
        """Live streams run on wall time; the others on a clock that people set."""
        return self in (Source.HOST, Source.PUSH, Source.PROMETHEUS)


@dataclass(frozen=True, slots=True)
class ClockView:
    """A stream's clock. `at` is stream time when the wall clock read `wall_at`; 0 speed is `max`."""

    at: datetime
    wall_at: datetime
    speed: float
    paused: bool
    live: bool
    recorded: bool = False

    @property
    def label(self) -> str:
        if self.live:
            return "Live"
        if self.paused:
            return "Paused"
        kind = "Recorded" if self.recorded else "Simulated"
        return f"{kind}, max" if self.speed == 0 else f"{kind}, {self.speed:g}×"


@dataclass(frozen=True, slots=True)
class StreamView:
    """One stream as the switcher and the page frames need it.

    `forecast` of `servers` have a forecast younger than two ticks; `history` of `needed` ticks
    have arrived (warm-up); `stale_since` is the wall time of the last forecast once it is older
    than two ticks of the stream's clock, else None.
    """

    id: int
    slug: str
    kind: str
    source: Source
    clock: ClockView
    servers: int
    forecast: int
    history: int
    needed: int
    model: str
    version: str
    origin_at: datetime | None
    made_at: datetime | None
    stale_since: datetime | None
    injection_allowed: bool
    injection_stopped_by: str | None
    injection_reason: str | None
    zone: str = "UTC"
    """In which its maintenance is planned."""
    trouble: str = ""
    """Why its champion cannot be loaded, and who serves instead."""
