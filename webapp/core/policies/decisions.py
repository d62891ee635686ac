"""What becomes of a candidate: who may decide, what makes a decision void, and what a version is to its stream. Pure.

A decision is about one evidence, and holds only for what that evidence compared: this artefact, against this champion.
Everything here fails closed: what is not known is a reason to refuse.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from webapp.core.policies.roles import Role


class Verdict(StrEnum):
    """What was decided: an override approves what the gate refused."""

    APPROVE = "approve"
    REJECT = "reject"
    OVERRIDE = "override"

    @property
    def promotes(self) -> bool:
        return self is not Verdict.REJECT


class Standing(StrEnum):
    """What a version is to its stream."""

    CHAMPION = "champion"
    CANDIDATE = "candidate"
    SUPERSEDED = "superseded"
    REJECTED = "rejected"
    ARCHIVED = "archived"


class Promotion(StrEnum):
    """Who promotes on a stream: a person, or Forewarn by itself when the gate passes."""

    PERSON = "person"
    AUTOMATIC = "automatic"


POLICY: Final = "forewarn (policy)"
"""Under this name a candidate is promoted automatically."""
MAY_DECIDE: Final = Role.APPROVER
MAY_OVERRIDE: Final = Role.ADMIN


@dataclass(frozen=True, slots=True)
class Case:
    """An evidence beside what holds now. `decided` is by whom it was decided, `served` whether the candidate did,
    `intact` whether the stored evidence is what was stored."""

    candidate: str
    champion: str
    passed: bool
    intact: bool
    same_candidate: bool
    same_champion: bool
    newest: bool
    decided: str | None
    served: bool
    requested_by: str


def standing(*, serves: bool, served: bool, decided: Verdict | None, same_champion: bool) -> Standing:
    """What a version is, by its newest evidence; without one it was compared with nobody, so nothing superseded it."""
    if serves:
        return Standing.CHAMPION
    if served:
        return Standing.ARCHIVED
    if decided is Verdict.REJECT:
        return Standing.REJECTED
    return Standing.CANDIDATE if same_champion else Standing.SUPERSEDED


def void(case: Case) -> str | None:
    """Why nothing can be decided on this evidence any more, None while it can."""
    reasons = (
        (
            case.decided is not None,
            f"{case.decided} has decided on this evidence already. A decision stays; new evidence may be decided on.",
        ),
        (case.served, f"{case.candidate} has served this stream before. To let it serve again, roll back to it."),
        (not case.intact, f"The stored evidence on {case.candidate} was changed after it was made. Train it again."),
        (
            not case.same_candidate,
            f"The artefact of {case.candidate} is not the one that was compared. Train it again.",
        ),
        (not case.newest, f"There is newer evidence on {case.candidate}. Read that, then decide."),
        (
            not case.same_champion,
            f"{case.candidate} was compared with another champion than {case.champion}, which serves now.",
        ),
    )
    return next((why for holds, why in reasons if holds), None)


def four_eyes(deciders: int) -> bool:
    """Whether requester and approver have to be two, with so many people who may approve."""
    return deciders >= 2


def denied(candidate: str, requested_by: str, verdict: Verdict, by: str, role: Role, deciders: int) -> str | None:
    """Why this person may not decide so on a candidate, None when they may; `deciders` people may approve."""
    if not role.covers(MAY_DECIDE):
        return f"This needs the role {MAY_DECIDE}; {by} is {role}."
    if verdict is Verdict.REJECT:
        return None
    if four_eyes(deciders) and not requested_by.strip():
        return f"It is not known who asked for the training of {candidate}, so nobody may approve it. Train it again."
    if four_eyes(deciders) and same_person(requested_by, by):
        return f"{by} asked for the training of {candidate}, so somebody else has to approve it."
    if verdict is Verdict.OVERRIDE and not role.covers(MAY_OVERRIDE):
        return f"The gate refuses {candidate}. Only an administrator may override it, with a reason."
    return None


def same_person(one: str, other: str) -> bool:
    """Whether two names are one person's: `cli:ann` is ann at a terminal."""
    return _folded(one) == _folded(other)


def _folded(name: str) -> str:
    return name.strip().casefold().removeprefix("cli:")


def approval(passed: bool) -> Verdict:
    """What an approval is, by the gate's word."""
    return Verdict.APPROVE if passed else Verdict.OVERRIDE
