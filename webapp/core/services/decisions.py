"""Deciding on a candidate: approving, rejecting, overriding; by a person, or by the policy when the gate passes.

A decision holds for the very artefacts that the evidence compared. The slot moves in the transaction of the decision,
under the lock of the stream: of two who approve at once one is refused, and nothing serves that nobody decided.
"""

from dataclasses import dataclass
from typing import Final

from webapp.core.clock import now
from webapp.core.db import Session, reading
from webapp.core.errors import Conflict, FieldError, ForewarnError, Invalid, NotAllowed, NotFound
from webapp.core.events import Event, EventKind
from webapp.core.logging import get_logger
from webapp.core.models.decisions import Decision
from webapp.core.models.evidence import Evidence
from webapp.core.models.model_versions import ModelVersion
from webapp.core.models.streams import Stream
from webapp.core.policies import decisions as policy
from webapp.core.policies import promotions as names
from webapp.core.policies.decisions import POLICY, Case, Promotion, Verdict
from webapp.core.policies.promotions import Kind
from webapp.core.policies.roles import Role
from webapp.core.repositories import decisions as rows
from webapp.core.repositories import evidence as evidence_rows
from webapp.core.repositories import model_versions, schedules, training_runs
from webapp.core.repositories import promotions as promotion_rows
from webapp.core.repositories import streams as stream_rows
from webapp.core.services import audit, champions, promotion_policies, promotions, streams
from webapp.core.services import evidence as evidence_service
from webapp.core.uow import UnitOfWork, unit_of_work
from webapp.core.views.candidates import DecisionView

log = get_logger(__name__)
_DECIDERS: Final = tuple(role.value for role in Role if role.covers(policy.MAY_DECIDE))


@dataclass(frozen=True, slots=True)
class Matter:
    """An evidence with the rows that it is about, and what holds of it now."""

    evidence: Evidence
    stream: Stream
    version: ModelVersion
    moves: int
    case: Case
    deciders: int


def approve(evidence_id: int, by: str, role: Role, reason: str) -> DecisionView:
    """Let a candidate serve from the next tick on; an override where the gate refuses it.

    Raises NotFound, Invalid (why?), NotAllowed, Conflict (what the evidence compared holds no more, or it is decided),
    Unavailable (the artefact's files are not what was compared).
    """
    said = _because(reason)
    with reading() as session:
        matter = _matter(session, evidence_id)
    _refuse(matter, policy.approval(matter.evidence.passed), by, role)
    champions.verified(matter.version.path, matter.evidence.candidate_sha256)  # reads every byte: without a session
    with unit_of_work() as uow:
        return _decide(uow, evidence_id, policy.approval(matter.evidence.passed), by, role, said)


def reject(evidence_id: int, by: str, role: Role, reason: str) -> DecisionView:
    """A candidate that is not to serve. Raises NotFound, Invalid, NotAllowed or Conflict."""
    said = _because(reason)
    with unit_of_work() as uow:
        return _decide(uow, evidence_id, Verdict.REJECT, by, role, said)


def consider(evidence_id: int) -> bool:
    """Promote by the stream's policy what the gate passed; False where there is nothing to do, or not by itself.

    Whoever stores evidence calls this; it may run twice, late or never: `reconcile` finds what is owed.
    """
    with reading() as session:
        matter = _matter(session, evidence_id)
        owed = _owed(session, matter)
    if not owed:
        return False
    try:
        champions.verified(matter.version.path, matter.evidence.candidate_sha256)
        with unit_of_work() as uow:
            promotion_policies.must_be_automatic(uow.session, matter.stream)
            reason = "the gate passes, and this stream promotes by itself"
            _decide(uow, evidence_id, Verdict.APPROVE, POLICY, policy.MAY_DECIDE, reason)
    except ForewarnError as error:
        log.warning("a candidate was not promoted", extra={"evidence_id": evidence_id, "error": error.message})
        return False
    return True


def reconcile() -> int:
    """Consider again what the policies of the streams owe: the first call was lost. Returns how many were promoted."""
    with reading() as session:
        owed = [
            one.id
            for stream in stream_rows.all_streams(session)
            if (chosen := promotion_policies.of_stream(session, stream)).promotion == Promotion.AUTOMATIC
            and chosen.at is not None
            for one in rows.undecided(session, stream.id or 0, chosen.at)
        ]
    return sum(consider(one) for one in owed if one is not None)


def named(slug: str, version: str) -> int:
    """The newest evidence on the candidate that a person means. Raises NotFound or Invalid."""
    with reading() as session:
        stream = streams.find(session, slug)
        found = rows.newest(session, stream.id or 0)
        versions = [_version(session, one) for one in found]
        places = names.meant(version, [(one.model, one.version, one.sha256) for one in versions])
    if not places:
        known = ", ".join(f"{one.model} {one.version}" for one in versions)
        raise NotFound(
            f"There is no evidence on a version {version} of {slug}. " + (f"There is on {known}." if known else "")
        )
    if len(places) > 1:
        hashes = " or ".join(versions[place].sha256[: names.SHORT] for place in places)
        raise Invalid(
            f"{version} names {len(places)} versions: say {hashes}.", (FieldError("version", "names more than one"),)
        )
    chosen = found[places[0]].id
    assert chosen is not None, "it was read"
    return chosen


def _because(reason: str) -> str:
    if not reason.strip():
        message = "Say why: the reason is kept in the audit."
        raise Invalid(message, (FieldError("reason", message),))
    return reason.strip()[:500]


def _matter(session: Session, evidence_id: int, *, lock: bool = False) -> Matter:
    evidence = evidence_rows.by_id(session, evidence_id)
    if evidence is None:
        raise NotFound(f"There is no evidence {evidence_id}.")
    stream = stream_rows.by_id(session, evidence.stream_id)
    assert stream is not None and stream.id is not None, "streams are never removed"
    if lock:
        stream = streams.find(session, stream.slug, lock=True)
    version, slot = _version(session, evidence), model_versions.slot(session, evidence.stream_id)
    return Matter(
        evidence, stream, version, slot.moves if slot else 0, case_of(session, evidence, version),
        deciders(session),
    )  # fmt: skip


def _version(session: Session, evidence: Evidence) -> ModelVersion:
    version = model_versions.by_id(session, evidence.candidate_id)
    assert version is not None, "a version is never removed"
    return version


def deciders(session: Session) -> int:
    """How many people may approve."""
    return rows.deciders(session, _DECIDERS)


def case_of(session: Session, evidence: Evidence, version: ModelVersion) -> Case:
    """An evidence beside what holds now."""
    champion = model_versions.champion(session, evidence.stream_id)
    made, newest = (
        rows.on_evidence(session, evidence.id or 0),
        evidence_rows.newest(session, evidence.stream_id, evidence.candidate_id),
    )
    served = {one.model_version_id for one in promotion_rows.of_stream(session, evidence.stream_id)}
    return Case(
        candidate=f"{version.model} {version.version}",
        champion="nobody" if champion is None else f"{champion.model} {champion.version}",
        passed=evidence.passed,
        intact=evidence_service.intact(evidence),
        same_candidate=version.sha256 == evidence.candidate_sha256,
        same_champion=champion is not None and champion.sha256 == evidence.champion_sha256,
        newest=newest is not None and newest.id == evidence.id,
        decided=None if made is None else made.by,
        served=version.id in served,
        requested_by=_requester(session, evidence),
    )


def _requester(session: Session, evidence: Evidence) -> str:
    """Who asked for the training; evidence that was made again has no run of its own."""
    run = (
        training_runs.by_id(session, evidence.run_id)
        if evidence.run_id is not None
        else training_runs.of_version(session, evidence.candidate_id)
    )
    if run is None or run.id is None:
        return ""
    due = schedules.started(session, run.id)
    return run.by if due is None else due.by  # who planned it asked for it


def _refuse(matter: Matter, verdict: Verdict, by: str, role: Role) -> None:
    if (why := policy.void(matter.case)) is not None:
        raise Conflict(why)
    if (
        why := policy.denied(matter.case.candidate, matter.case.requested_by, verdict, by, role, matter.deciders)
    ) is not None:
        raise NotAllowed(why)


def _decide(uow: UnitOfWork, evidence_id: int, verdict: Verdict, by: str, role: Role, reason: str) -> DecisionView:
    """Under the lock of the stream: look again, write the decision, move the slot, audit, tell."""
    matter = _matter(uow.session, evidence_id, lock=True)
    _refuse(matter, verdict, by, role)
    evidence, stream = matter.evidence, matter.stream
    assert evidence.id is not None and stream.id is not None
    row = Decision(
        stream_id=stream.id, evidence_id=evidence.id, version_id=evidence.candidate_id,
        artefact_sha256=evidence.candidate_sha256, champion_sha256=evidence.champion_sha256,
        evidence_sha256=evidence.sha256, verdict=verdict.value, passed=evidence.passed,
        requested_by=matter.case.requested_by, by=by[:64], four_eyes=policy.four_eyes(matter.deciders), reason=reason,
        at=now(),
    )  # fmt: skip
    uow.session.add(row)
    uow.session.flush()
    detail = {
        "stream": stream.slug, "evidence": evidence.id, "artefact": row.artefact_sha256,
        "champion": row.champion_sha256, "requested_by": row.requested_by,
    }  # fmt: skip
    audit.record(uow, by, verdict.value, "candidate", matter.case.candidate, reason, detail)
    if verdict.promotes:
        promotions.move(uow, stream, matter.moves, matter.version, Kind.PROMOTION, by, reason)
    uow.emit(Event(EventKind.MODEL_CHANGED, stream.id, str(evidence.candidate_id)))
    return view(uow.session, row)


def _owed(session: Session, matter: Matter) -> bool:
    """Whether the policy promotes this: made after it was chosen, and no person has rejected the candidate."""
    chosen = promotion_policies.of_stream(session, matter.stream)
    since = chosen.at is not None and matter.evidence.made_at >= chosen.at
    rejected = any(
        one.version_id == matter.version.id and one.verdict == Verdict.REJECT
        for one in rows.of_stream(session, matter.evidence.stream_id)
    )
    automatic = chosen.promotion == Promotion.AUTOMATIC and since and not rejected
    return automatic and matter.evidence.passed and policy.void(matter.case) is None


def view(session: Session, row: Decision) -> DecisionView:
    """A decision as people see it."""
    version = model_versions.by_id(session, row.version_id)
    assert version is not None, "a version is never removed"
    return DecisionView(
        row.evidence_id, version.model, version.version, row.artefact_sha256, row.champion_sha256, row.evidence_sha256,
        row.verdict, row.passed, row.requested_by, row.by, row.reason, row.at,
    )  # fmt: skip
