"""What people see of a stream's models: who serves, who wants to, what was decided. Plain values."""

from dataclasses import dataclass
from datetime import datetime

from webapp.core.views.evidence import EvidenceView
from webapp.core.views.promotions import Served
from webapp.core.views.training_runs import TrainingView


@dataclass(frozen=True, slots=True)
class PolicyView:
    """Who promotes, a word of `policies.decisions.Promotion`; without `at` nobody has chosen yet."""

    promotion: str
    by: str
    at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class DecisionView:
    """What was decided on an evidence, and the hashes that it binds to; `passed` is the gate's word."""

    evidence_id: int
    model: str
    version: str
    artefact_sha256: str
    champion_sha256: str
    evidence_sha256: str
    verdict: str
    passed: bool
    requested_by: str
    by: str
    reason: str
    at: datetime

    @property
    def name(self) -> str:
        return f"{self.model} {self.version}"


@dataclass(frozen=True, slots=True)
class CandidateView:
    """A version that was trained or compared for the stream. `standing` is a word of `policies.decisions.Standing`,
    `evidence` the newest on it, `void` why nobody can decide on that."""

    version_id: int
    model: str
    version: str
    sha256: str
    standing: str
    made_at: datetime
    run_id: int | None
    requested_by: str
    evidence: EvidenceView | None
    decision: DecisionView | None
    void: str | None

    @property
    def name(self) -> str:
        return f"{self.model} {self.version}"


@dataclass(frozen=True, slots=True)
class PackView:
    """What an evidence pack is made of."""

    evidence: EvidenceView
    decision: DecisionView | None
    run: TrainingView | None


@dataclass(frozen=True, slots=True)
class ModelsView:
    """Everything about a stream's models; `deciders` people may approve."""

    stream: str
    champion: Served | None
    tested_skill: float | None
    candidates: tuple[CandidateView, ...]
    history: tuple[Served, ...]
    decisions: tuple[DecisionView, ...]
    policy: PolicyView
    deciders: int
    trouble: str
    at: datetime
