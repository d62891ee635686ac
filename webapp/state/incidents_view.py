"""The page of incidents as plain values, and what its address selects."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from ml.schema import METRIC_INDEX
from webapp import routes
from webapp.core.policies.wording import zone_named
from webapp.core.views.incidents import Shown, Wanted
from webapp.state.fleet_choices import Choice

PAGE: Final = 50
FILTERS: Final = ("shown", "server", "metric", "profile", "since", "until")


@dataclass(frozen=True, slots=True)
class IncidentKey:
    """One view: its filters as they stand in the address, days in the viewer's zone."""

    stream: str
    zone: str
    shown: str = ""
    server: str = ""
    metric: str = ""
    profile: str = ""
    since: str = ""
    until: str = ""
    page: int = 1

    @classmethod
    def of(cls, stream: str, zone: str, query: Mapping[str, str]) -> "IncidentKey":
        """Read an address; anything unknown falls back."""
        shown, metric, page = (query.get(name, "") for name in ("shown", "metric", "page"))
        since, until = (one if _day(one) else "" for one in (query.get("since", ""), query.get("until", "")))
        server, profile = (query.get(name, "").strip()[:128] for name in ("server", "profile"))
        whole = page.isascii() and page.isdigit() and len(page) < 6
        return cls(
            stream, zone, shown if shown in (Shown.OPEN, Shown.ENDED) else "", server,
            metric if metric in METRIC_INDEX else "", profile, since, until, max(1, int(page)) if whole else 1,
        )  # fmt: skip

    def href(self, **changes: Any) -> str:
        """The address of this view with some of it changed; another filter starts at the first page."""
        other = replace(self, **{"page": 1, **changes})
        query = {name: getattr(other, name) for name in FILTERS}
        return routes.incidents(other.stream, **query, page="" if other.page == 1 else other.page)

    @property
    def csv(self) -> str:
        """The address of the same incidents as a file."""
        wanted = self.wanted
        times = {name: at and at.isoformat() for name, at in (("since", wanted.since), ("until", wanted.until))}
        return routes.incidents_csv(
            self.stream, shown=self.shown, server=self.server, metric=self.metric, profile=self.profile, **times
        )

    @property
    def wanted(self) -> Wanted:
        """The incidents that match; the day `until` is in it as a whole."""
        shown = Shown(self.shown) if self.shown else Shown.ALL
        since, until = self._start(self.since, 0), self._start(self.until, 1)
        return Wanted(shown, self.server, self.metric, self.profile, since, until)

    def _start(self, text: str, later: int) -> datetime | None:
        day = _day(text)
        if day is None:
            return None
        return datetime.combine(day + timedelta(days=later), time(), zone_named(self.zone))

    @property
    def filtered(self) -> bool:
        """Whether anything but "open" and "ended" narrows the list."""
        return any(getattr(self, name) for name in FILTERS[1:])


def _day(text: str) -> date | None:
    """A day of the calendar that a day can still follow."""
    try:
        day = date.fromisoformat(text) if len(text) == len("2026-11-25") else None
    except ValueError:
        return None
    return day if day is not None and 1970 <= day.year < 2200 else None


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """One incident. `tone` is "open", "maintenance", "ended" or "lost"; `bar` how far its peak lies beyond the
    threshold, as a width; `scenario` who injected it, "" for nobody."""

    id: int
    href: str
    state: str
    tone: str
    server: str
    profile: str
    what: str
    began: str
    began_title: str
    lasted: str
    until: str
    peak: str
    peak_at: str
    times: str
    bar: str
    note: str
    scenario: str
    scenario_href: str


@dataclass(frozen=True, slots=True)
class IncidentPage:
    """Everything on the page. `phase` is "ready", "judging", "empty" (none yet), "nothing" (no match) or "missing"."""

    phase: str = "missing"
    title: str = ""
    behind: str = ""
    news: str = ""
    rows: list[IncidentRow] = field(default_factory=list)
    scopes: list[Choice] = field(default_factory=list)
    metrics: list[tuple[str, str]] = field(default_factory=list)
    profiles: list[tuple[str, str]] = field(default_factory=list)
    server: str = ""
    metric: str = ""
    profile: str = ""
    since: str = ""
    until: str = ""
    every: str = ""
    csv: str = ""
    range_text: str = ""
    pages: list[Choice] = field(default_factory=list)
    simulated: bool = False
    trouble: str = ""
