"""The page Training as plain values: one run in full, all runs as a list, the form's ground, the schedule."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from webapp.charts.curve import NONE, Curve


@dataclass(frozen=True, slots=True)
class TrainingKey:
    """What a tab looks at; `run` 0 is the one that trains, or the newest."""

    stream: str
    zone: str
    run: int

    @classmethod
    def of(cls, stream: str, zone: str, query: Mapping[str, str]) -> "TrainingKey":
        """Read a URL's query."""
        run = query.get("run", "")
        return cls(stream, zone, int(run) if run.isascii() and run.isdigit() and len(run) < 10 else 0)


@dataclass(frozen=True)
class RunRow:
    """A run in the list."""

    id: int
    href: str
    status: str
    sign: str
    tone: str
    when: str
    took: str
    versions: str
    data: str
    by: str
    reason: str
    current: bool


@dataclass(frozen=True)
class RunCard:
    """A run in full. `alive` can be cancelled, `again` names what can be done with one that stopped."""

    id: int
    title: str
    status: str
    sign: str
    tone: str
    phase: str
    note: str
    alive: bool
    running: bool
    cancelling: bool
    again: str
    width: str
    figures: list[list[str]]
    heard_at: float
    curve: Curve
    facts: list[list[str]]
    evidence: str
    candidate: str


@dataclass(frozen=True)
class HistoryRow:
    """What became of a due time."""

    when: str
    outcome: str
    sign: str
    tone: str
    run: str
    href: str
    why: str


@dataclass(frozen=True)
class ScheduleCard:
    """The schedule in words; `form` is what its form begins with."""

    sentence: str
    zone: str
    coming: list[list[str]]
    note: str
    last: str
    by: str
    enabled: bool
    recipe: str
    form: dict[str, str]
    history: list[HistoryRow]


NO_RUN: Final = RunCard(
    0, "", "", "", "", "", "", False, False, False, "", "0%", [], 0, NONE, [], "", ""
)  # fmt: skip
NO_SCHEDULE: Final = ScheduleCard("", "", [], "", "", "", False, "", {}, [])


@dataclass(frozen=True)
class TrainingPage:
    """Everything on the page. `blocked` says why no training can be asked for now."""

    sentence: str = ""
    behind: str = ""
    run: RunCard = NO_RUN
    rows: list[RunRow] = field(default_factory=list)
    stored: str = ""
    blocked: str = ""
    schedule: ScheduleCard = NO_SCHEDULE
    schedule_key: str = ""
    seen_at: float = 0
    trouble: str = ""
    loaded: bool = False
