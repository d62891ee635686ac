"""What people see of the evidence on a candidate. Plain values; None is what was not measured.

A difference is the candidate's pinball loss over the champion's, less one: negative is better.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class CheckView:
    """One line of the gate."""

    name: str
    passed: bool
    sentence: str
    measured: float | None


@dataclass(frozen=True, slots=True)
class ModelView:
    """One of the two that are compared. `trained_from_at` and `trained_to_at`: the telemetry it was trained on,
    None for one that only met simulated servers."""

    model: str
    version: str
    sha256: str
    parameters: int | None
    bytes: int | None
    seed: int | None
    mode: str | None
    trained_from_at: datetime | None
    trained_to_at: datetime | None

    @property
    def name(self) -> str:
        return f"{self.model} {self.version}"


@dataclass(frozen=True, slots=True)
class FiguresView:
    """Losses of one model on the windows of one group; `skill` is against the same time yesterday."""

    name: str
    pinball: float | None
    skill: float | None
    coverage80: float | None
    mae: float | None
    windows: int


@dataclass(frozen=True, slots=True)
class ScoresView:
    """One model's losses on all windows and in each group of them."""

    overall: FiguresView
    by_lead: tuple[FiguresView, ...]
    by_metric: tuple[FiguresView, ...]
    by_profile: tuple[FiguresView, ...]


@dataclass(frozen=True, slots=True)
class DifferenceView:
    """Candidate beside champion on the same windows, in one group of them; `low` to `high` is the 95 % interval."""

    name: str
    relative: float | None
    low: float | None
    high: float | None
    windows: int


@dataclass(frozen=True, slots=True)
class DifferencesView:
    """All of them. `seed_noise` is how far two trainings that differ only by their seed lie apart, one sd."""

    overall: DifferenceView
    seed_noise: float | None
    blocks: int
    by_lead: tuple[DifferenceView, ...]
    by_metric: tuple[DifferenceView, ...]
    by_profile: tuple[DifferenceView, ...]


@dataclass(frozen=True, slots=True)
class WorseView:
    """A group in which the candidate lost beyond chance: `group` is by_lead, by_metric or by_profile."""

    group: str
    name: str
    relative: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class WindowsView:
    """What both were asked on: telemetry that neither was trained on."""

    sha256: str
    count: int
    servers: int
    days: float | None
    first_at: datetime | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class LatencyView:
    """One forecast of so many servers, median, on the machine that judged."""

    servers: int
    candidate_ms: float | None
    champion_ms: float | None


@dataclass(frozen=True, slots=True)
class SizeView:
    """The artefacts' files."""

    candidate_bytes: int | None
    champion_bytes: int | None


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """One judgement. `intact`: the stored document still has the hash that it was stored under.

    `models` are in the order of the document: candidate, champion, then the simple rivals.
    """

    id: int
    stream: str
    run_id: int | None
    candidate_id: int
    champion_id: int
    candidate: ModelView
    champion: ModelView
    sha256: str
    intact: bool
    passed: bool
    checks: tuple[CheckView, ...]
    windows: WindowsView
    models: tuple[ScoresView, ...]
    differences: DifferencesView
    elsewhere: DifferenceView | None
    worse: tuple[WorseView, ...]
    latency: LatencyView
    size: SizeView
    made_at: datetime
    commit: str | None
    seconds: float | None
    document: dict[str, object]
