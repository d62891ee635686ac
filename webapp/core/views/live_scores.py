"""What versions were worth on truth as it came: in numbers, with counts. Plain values."""

from dataclasses import dataclass
from datetime import datetime

from webapp.core.views.quality import Skill


@dataclass(frozen=True, slots=True)
class Scored:
    """One version over some hours. `loss` is the mean pinball loss in standard deviations of the series, None when
    nothing matured."""

    held: int
    matured: int
    missing: int
    loss: float | None
    skill: Skill | None


@dataclass(frozen=True, slots=True)
class Held:
    """What an 80 % interval held of some truths, with a 95 % interval that knows how servers and days differ."""

    held: int
    truths: int
    low: float | None
    high: float | None

    @property
    def share(self) -> float:
        return self.held / self.truths


@dataclass(frozen=True, slots=True)
class Compared:
    """Two versions on exactly the same truths.

    `worse` is by how much the first one's loss is larger, 0.05 for 5 %; `low` to `high` its 95 % interval and
    `at_least` its one-sided 95 % bound, None where servers and days are too few to say.
    """

    truths: int
    hours: int
    blocks: int
    worse: float
    low: float | None
    high: float | None
    at_least: float | None
    mine: Held
    theirs: Held


@dataclass(frozen=True, slots=True)
class Pairing:
    """A shadow (`mine`) against the champion (`theirs`), by lead bucket and over all."""

    leads: tuple[Compared | None, ...]
    whole: Compared | None


@dataclass(frozen=True, slots=True)
class VersionScores:
    """A version in a role over the last day: by lead bucket, and over all. `overdue` by lead bucket as well."""

    version_id: int
    name: str
    role: str
    why: str
    now: bool
    leads: tuple[Scored, ...]
    whole: Scored
    overdue: tuple[int, ...]
    pairing: Pairing | None = None


@dataclass(frozen=True, slots=True)
class HourScore:
    """An hour of the timeline: the champions' forecasts, or a shadow's."""

    end_at: datetime
    scored: Scored


@dataclass(frozen=True, slots=True)
class Moved:
    """A move of the slot, at stream time `at`."""

    at: datetime
    name: str
    kind: str
    by: str


@dataclass(frozen=True, slots=True)
class Watch:
    """A promotion that is or was watched by its guard; `verdict` is a word of `policies.regressions.Verdict`."""

    champion: str
    guard: str
    since_at: datetime
    until_at: datetime
    open: bool
    verdict: str
    note: str
    compared: Compared | None


@dataclass(frozen=True, slots=True)
class ShadowView:
    """A version that forecasts beside the champion now, and how its origins went."""

    name: str
    why: str
    since_at: datetime
    until_at: datetime
    origins: int
    skipped: int
    newest_at: datetime | None
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Truth:
    """How truth comes in. `newest_at` is the newest one, `due_at` the stream time by which it should have come."""

    newest_at: datetime | None
    due_at: datetime | None
    scored_at: datetime | None
    stale: bool
    live: bool
    matured: int
    overdue: int
    missing: int


@dataclass(frozen=True, slots=True)
class LiveBoard:
    """Everything that the page shows of live scores: the last day by version, the timeline, the watch."""

    truth: Truth
    versions: tuple[VersionScores, ...]
    champion: tuple[HourScore, ...]
    shadow: tuple[HourScore, ...]
    shadow_name: str
    moves: tuple[Moved, ...]
    watches: tuple[Watch, ...]
    shadows: tuple[ShadowView, ...]
    automatic: bool
