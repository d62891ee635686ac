"""Incidents as people read them, and which ones they ask for. Plain values, no rows."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from webapp.core.views.streams import StreamView


class IncidentState(StrEnum):
    """open -> ended; or lost, when nobody saw the metric for more than an hour."""

    OPEN = "open"
    ENDED = "ended"
    LOST = "lost"


class Shown(StrEnum):
    """Which incidents by where they stand: "ended" takes in those that were lost sight of."""

    ALL = "all"
    OPEN = "open"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which incidents: those that began in [since, until), of one server, metric and profile; "" takes all."""

    shown: Shown = Shown.ALL
    server: str = ""
    metric: str = ""
    profile: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class IncidentView:
    """One incident. Times are the stream's; `opened_at` and `closed_at` are when it was found, in wall time.

    `end_at` is None while it is open. `silent`: it is open, and its last observation, at `seen_at`, is older than two
    ticks. `scenario` is the id of the one without which the server would have been clear when it began, None without.
    """

    id: int
    server: str
    profile: str
    metric: str
    unit: str
    threshold: float
    start_at: datetime
    end_at: datetime | None
    minutes: float
    peak: float
    peak_at: datetime
    seen_at: datetime
    clear_at: datetime | None
    state: IncidentState
    silent: bool
    in_maintenance: bool
    in_history: bool
    scenario: int | None
    opened_at: datetime
    closed_at: datetime | None

    @property
    def counts(self) -> bool:
        """Whether a person should look: it is open, and not during maintenance."""
        return self.state is IncidentState.OPEN and not self.in_maintenance


@dataclass(frozen=True, slots=True)
class IncidentSnapshot:
    """A page of incidents, open ones first, out of `matching`, beside what holds for the whole stream.

    `at` is the stream's newest tick, None before any; `open` are its open incidents, the longest first, at most
    `MOST_NAMED`; `open_count` and `open_maintenance` how many count and how many lie in maintenance. `last_ended` is
    the one that ended last.
    """

    stream: StreamView
    at: datetime | None
    incidents: tuple[IncidentView, ...]
    matching: int
    open: tuple[IncidentView, ...]
    open_count: int
    open_maintenance: int
    ended: int
    last_ended: IncidentView | None
    judged_at: datetime | None
    profiles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IncidentList:
    """Some incidents, the newest start first; `following` is the cursor of what comes after, None at the end."""

    incidents: tuple[IncidentView, ...]
    following: str | None


@dataclass(frozen=True, slots=True)
class Judging:
    """How a stream stands: open incidents that count, those in maintenance, and ticks that are not judged yet."""

    stream: str
    open: int
    in_maintenance: int
    behind_ticks: int
