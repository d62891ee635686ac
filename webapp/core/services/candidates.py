"""A stream's models for people to look at: who serves, which versions want to, with their evidence and what was
decided on them. Reads only."""

from collections.abc import Iterator, Sequence
from typing import Final

from webapp.core.clock import now
from webapp.core.db import Session, reading
from webapp.core.errors import NotFound
from webapp.core.models.decisions import Decision
from webapp.core.models.evidence import Evidence
from webapp.core.models.training_runs import TrainingRun
from webapp.core.policies import decisions as policy
from webapp.core.policies.decisions import Verdict
from webapp.core.repositories import decisions as decision_rows
from webapp.core.repositories import model_versions, training_runs
from webapp.core.repositories import promotions as promotion_rows
from webapp.core.services import champions, decisions, promotion_policies, promotions, streams
from webapp.core.services import evidence as evidence_service
from webapp.core.services import training_runs as runs
from webapp.core.views.candidates import CandidateView, ModelsView, PackView

MOST: Final = 20
"""Versions that are shown, the newest."""


def overview(slug: str) -> ModelsView:
    """Everything about a stream's models. Raises NotFound."""
    history = promotions.history(slug)
    with reading() as session:
        stream = streams.find(session, slug)
        assert stream.id is not None
        champion, slot = model_versions.champion(session, stream.id), model_versions.slot(session, stream.id)
        made = decision_rows.of_stream(session, stream.id)
        return ModelsView(
            stream=slug, champion=history[0] if history else None,
            tested_skill=None if champion is None else champions.tested_skill(champion.path, champion.sha256),
            candidates=tuple(_candidates(session, stream.id, made)), history=history,
            decisions=tuple(decisions.view(session, one) for one in made),
            policy=promotion_policies.of_stream(session, stream), deciders=decisions.deciders(session),
            trouble=(slot.trouble or "") if slot else "", at=now(),
        )  # fmt: skip


def waiting(slug: str) -> int:
    """How many candidates wait for a decision. Raises NotFound."""
    with reading() as session:
        stream = streams.find(session, slug)
        assert stream.id is not None
        champion = model_versions.champion(session, stream.id)
        return 0 if champion is None else decision_rows.waiting(session, stream.id, champion.sha256)


def pack(slug: str, evidence_id: int) -> PackView:
    """What an evidence of a stream stands on. Raises NotFound."""
    found = evidence_service.find(evidence_id)
    if found.stream != slug:
        raise NotFound(f"There is no evidence {evidence_id} on {slug}.")
    with reading() as session:
        made = decision_rows.on_evidence(session, evidence_id)
        decision = None if made is None else decisions.view(session, made)
    return PackView(found, decision, None if found.run_id is None else runs.run(found.run_id))


def _candidates(session: Session, stream_id: int, made: Sequence[Decision]) -> Iterator[CandidateView]:
    """Versions that were trained for a stream or compared for it, the newest first."""
    trained = {
        one.version_id: one for one in training_runs.candidates(session, stream_id) if one.version_id is not None
    }
    evidence = {one.candidate_id: one for one in decision_rows.newest(session, stream_id)}
    decided = {one.evidence_id: one for one in made}
    for version_id in sorted({*trained, *evidence}, reverse=True)[:MOST]:
        found = evidence.get(version_id)
        decision = None if found is None else decided.get(found.id or 0)
        yield _candidate(session, stream_id, version_id, trained.get(version_id), found, decision)


def _candidate(
    session: Session, stream_id: int, version_id: int, run: TrainingRun | None, found: Evidence | None,
    decision: Decision | None,
) -> CandidateView:  # fmt: skip
    version, champion = model_versions.by_id(session, version_id), model_versions.champion(session, stream_id)
    assert version is not None, "a version is never removed"
    standing = policy.standing(
        serves=champion is not None and champion.id == version_id,
        served=version_id in {one.model_version_id for one in promotion_rows.of_stream(session, stream_id)},
        decided=None if decision is None else Verdict(decision.verdict),
        same_champion=found is None or (champion is not None and champion.sha256 == found.champion_sha256),
    )
    return CandidateView(
        version_id, version.model, version.version, version.sha256, standing.value, version.created_at,
        None if run is None else run.id, "" if run is None else run.by,
        None if found is None else evidence_service.view(session, found),
        None if decision is None else decisions.view(session, decision),
        None if found is None else policy.void(decisions.case_of(session, found, version)),
    )  # fmt: skip
