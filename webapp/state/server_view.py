"""The server page as plain values, one dataclass a card, so that only what changed is sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ml.schema import METRIC_INDEX
from webapp import routes
from webapp.charts.ghosts import Frame
from webapp.charts.interval import Cell
from webapp.charts.listing import Line
from webapp.charts.small_multiples import SmallFan
from webapp.state.skill_words import NOBODY, Standing

HOURS = (6, 24, 72)


@dataclass(frozen=True)
class ServerKey:
    """One view of one server; `metric` "" is the one that its risk names, `at` a time of the past to show, "" now,
    `ghost` the time of an earlier forecast to lay over it, "" none."""

    stream: str
    zone: str
    name: str
    metric: str = ""
    hours: int = 24
    table: bool = False
    at: str = ""
    ghost: str = ""

    @classmethod
    def of(cls, stream: str, zone: str, name: str, query: Mapping[str, str]) -> "ServerKey":
        """Read an address; anything unknown falls back."""
        metric, hours, at, ghost = (query.get(name, "") for name in ("metric", "hours", "at", "ghost"))
        return cls(
            stream, zone, name, metric if metric in METRIC_INDEX else "",
            int(hours) if hours in {str(one) for one in HOURS} else 24, query.get("view") == "table",
            at if moment(at) else "", ghost if moment(ghost) else "",
        )  # fmt: skip

    def href(self, **changes: Any) -> str:
        """The address of this view with some of it changed; what is as usual is left out."""
        before = {"metric": self.metric, "hours": self.hours, "table": self.table, "at": self.at}
        before |= {"ghost": self.ghost}
        shown: dict[str, Any] = before | changes
        hours = "" if shown["hours"] == 24 else shown["hours"]
        return routes.server(
            self.name, self.stream, metric=shown["metric"], hours=hours, view="table" if shown["table"] else "",
            at=shown["at"], ghost=shown["ghost"],
        )  # fmt: skip


def moment(text: str) -> datetime | None:
    """A minute of UTC as it stands in an address: "2026-11-18T03:10"."""
    try:
        at = datetime.fromisoformat(text).replace(tzinfo=UTC) if len(text) == 16 else None
    except ValueError:
        return None
    return at if at is not None and 1970 < at.year < 2200 else None


@dataclass(frozen=True)
class Head:
    """Name, severity, the sentence, the neighbours in the list."""

    name: str = ""
    severity: str = "no_forecast"
    about: str = ""
    sentence: str = ""
    behind: str = ""
    position: str = ""
    previous: str = ""
    next: str = ""


@dataclass(frozen=True)
class Chart:
    """The large chart's frame: which metric, which stretch, whose forecast, and its sentence."""

    metric: str = ""
    title: str = ""
    qualifier: str = ""
    label: str = ""
    hours: int = 24
    table: bool = False
    ahead: str = "0.25"
    method: str = "champion"
    stale: str = ""
    hours6: str = ""
    hours24: str = ""
    hours72: str = ""
    as_chart: str = ""
    as_table: str = ""
    past: str = ""
    back: str = ""


@dataclass(frozen=True)
class Small:
    """One small chart with its words."""

    metric: str
    title: str
    number: str
    unit: str
    note: str
    severity: str
    tone: str
    label: str
    href: str
    selected: bool
    fan: SmallFan


@dataclass(frozen=True)
class Ribbon:
    """How well the 80 % interval held, by lead bucket."""

    text: str = ""
    title: str = ""
    cells: list[Cell] = field(default_factory=list)


@dataclass(frozen=True)
class Odd:
    """Probability of crossing by one time."""

    by: str
    text: str
    width: str


@dataclass(frozen=True)
class Breach:
    """A breach that is going on: since when, and when the forecast ends it; empty without one."""

    since: str = ""
    then: str = ""


@dataclass(frozen=True)
class Upkeep:
    """The card "Maintenance": what is in force now, what comes within the horizon, and the window that this page may
    end because it is for this server alone (0: none)."""

    now: str = ""
    then: str = ""
    ends: int = 0
    plan: str = ""


@dataclass(frozen=True)
class Reason:
    """A row of the card "Why": some inputs and their share; the last row holds all others."""

    name: str
    text: str
    width: str
    rest: bool = False


@dataclass(frozen=True)
class Why:
    """The card "Why": rows of what the model looked at, a sentence on the nearest past, and its `detail`. `nothing`
    says why there are no rows."""

    rows: list[Reason] = field(default_factory=list)
    attended: str = ""
    sentence: str = ""
    detail: str = ""
    nothing: str = ""


@dataclass(frozen=True)
class Neighbour:
    """A server that depends on this one."""

    name: str
    severity: str
    note: str
    href: str


@dataclass(frozen=True)
class Ran:
    """A scenario on this server."""

    id: int
    label: str
    started: str
    state: str
    running: bool
    href: str


@dataclass(frozen=True)
class Happened:
    """An incident of this server."""

    id: int
    began: str
    what: str
    state: str
    tone: str
    href: str


@dataclass(frozen=True)
class ServerPage:
    """Everything on the page. Instants in milliseconds, 0 for none."""

    head: Head = Head()
    chart: Chart = Chart()
    figure: dict[str, Any] = field(default_factory=dict)
    frame: Frame = field(default_factory=Frame)
    table: list[Line] = field(default_factory=list)
    smalls: list[Small] = field(default_factory=list)
    ribbon: Ribbon = Ribbon()
    odds: list[Odd] = field(default_factory=list)
    odds_note: str = ""
    odds_tone: str = ""
    breach: Breach = Breach()
    why: Why = Why()
    facts: list[tuple[str, str]] = field(default_factory=list)
    made_at: float = 0
    seen_at: float = 0
    made_by: str = ""
    skill: Standing = NOBODY
    calibration: str = ""
    neighbours: list[Neighbour] = field(default_factory=list)
    dependants: int = 0
    ran: list[Ran] = field(default_factory=list)
    running: int = 0
    incidents: list[Happened] = field(default_factory=list)
    every_incident: str = ""
    lever: str = ""
    upkeep: Upkeep = Upkeep()
    missing: str = ""
    loaded: bool = False
