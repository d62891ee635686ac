"""Reading a stream's models: who serves, who wants to, who served when; and the evidence as one file."""

import asyncio
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from webapp.api.callers import Reader
from webapp.api.packs import render
from webapp.core.policies.decisions import Promotion, Standing, Verdict
from webapp.core.services import candidates
from webapp.core.views.candidates import CandidateView, DecisionView

router = APIRouter(tags=["models"], prefix="/api/v1/streams/{slug}")
Slug = Annotated[str, Path(max_length=64, description="Name of the stream.")]
_FILE = {"content": {"text/html": {}}, "description": "One page that needs nothing else; to keep or to print."}


class Stretch(BaseModel):
    """A version served from one moment to another, of wall time."""

    model: str
    version: str
    sha256: str
    kind: str = Field(description="first, release, promotion or rollback.")
    since_at: datetime
    until_at: datetime | None = Field(description="Null for the champion of now.")
    by: str
    reason: str


class Decision(BaseModel):
    """What was decided on an evidence, bound to the hashes that it compared."""

    evidence_id: int
    artefact_sha256: str
    champion_sha256: str
    evidence_sha256: str
    verdict: Verdict
    passed: bool = Field(description="Whether the gate passed.")
    requested_by: str
    by: str
    reason: str
    at: datetime


class Check(BaseModel):
    """One rule of the gate."""

    name: str
    passed: bool
    sentence: str
    measured: float | None


class Candidate(BaseModel):
    """A version that was trained for the stream or compared for it."""

    model: str
    version: str
    sha256: str
    standing: Standing
    made_at: datetime
    run_id: int | None = Field(description="The training that made it.")
    requested_by: str
    evidence_id: int | None = Field(description="The newest evidence; null while there is none.")
    passed: bool | None = Field(description="Whether the gate passes.")
    difference: float | None = Field(description="Pinball loss against the champion's, as a share; below 0 is better.")
    low: float | None = Field(description="Lower end of its 95 % interval.")
    high: float | None
    windows: int | None
    checks: list[Check]
    void: str | None = Field(description="Why nobody can decide on this evidence; null while somebody can.")
    decision: Decision | None


class Policy(BaseModel):
    """Who promotes."""

    promotion: Promotion
    by: str
    at: datetime | None
    reason: str


class Models(BaseModel):
    """The newest first in every list."""

    champion: Stretch | None
    candidates: list[Candidate]
    history: list[Stretch]
    policy: Policy


@router.get("/models", summary="The models of a stream")
async def overview(slug: Slug, _caller: Reader) -> Models:
    """Its champion, the newest 20 candidates, and who served when."""
    found = await asyncio.to_thread(candidates.overview, slug)
    history = [Stretch.model_validate(one, from_attributes=True) for one in found.history]
    return Models(
        champion=history[0] if history else None, candidates=[_candidate(one) for one in found.candidates],
        history=history, policy=Policy.model_validate(found.policy, from_attributes=True),
    )  # fmt: skip


@router.get(
    "/evidence/{evidence_id}/pack", summary="An evidence as one file", response_class=Response, responses={200: _FILE}
)
async def pack(slug: Slug, evidence_id: Annotated[int, Path(ge=1, le=2**31 - 1)], _caller: Reader) -> Response:
    """The verdict, every check, every difference with its interval, and what was compared, by hash."""
    found = await asyncio.to_thread(candidates.pack, slug, evidence_id)
    name = f"evidence-{evidence_id}-{found.evidence.candidate.version}.html"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(render(found), media_type="text/html; charset=utf-8", headers=headers)


def _candidate(one: CandidateView) -> Candidate:
    found = one.evidence
    overall = None if found is None else found.differences.overall
    return Candidate(
        model=one.model, version=one.version, sha256=one.sha256, standing=Standing(one.standing), made_at=one.made_at,
        run_id=one.run_id, requested_by=one.requested_by, evidence_id=None if found is None else found.id,
        passed=None if found is None else found.passed, difference=None if overall is None else overall.relative,
        low=None if overall is None else overall.low, high=None if overall is None else overall.high,
        windows=None if overall is None else overall.windows,
        checks=[] if found is None else [Check.model_validate(line, from_attributes=True) for line in found.checks],
        void=one.void, decision=_decision(one.decision),
    )  # fmt: skip


def _decision(one: DecisionView | None) -> Decision | None:
    return None if one is None else Decision.model_validate(one, from_attributes=True)
