"""Decisions, what is to be decided, and how many people may make one."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, func, select

from webapp.core.models.decisions import Decision
from webapp.core.models.evidence import Evidence
from webapp.core.models.promotions import Promotion
from webapp.core.models.users import User


def of_stream(session: Session, stream_id: int) -> Sequence[Decision]:
    """Every decision on a stream, the newest first."""
    query = select(Decision).where(Decision.stream_id == stream_id).order_by(col(Decision.id).desc())
    return session.exec(query).all()


def on_evidence(session: Session, evidence_id: int) -> Decision | None:
    """The decision on an evidence."""
    return session.exec(select(Decision).where(Decision.evidence_id == evidence_id)).one_or_none()


def deciders(session: Session, roles: Sequence[str]) -> int:
    """How many people have one of these roles and are not disabled."""
    may = select(func.count()).select_from(User).where(col(User.role).in_(roles), col(User.disabled_at).is_(None))
    return session.exec(may).one()


def newest(session: Session, stream_id: int) -> Sequence[Evidence]:
    """The newest evidence on each candidate of a stream, the newest first."""
    last = select(func.max(Evidence.id)).where(Evidence.stream_id == stream_id).group_by(col(Evidence.candidate_id))
    return session.exec(select(Evidence).where(col(Evidence.id).in_(last)).order_by(col(Evidence.id).desc())).all()


def waiting(session: Session, stream_id: int, champion_sha256: str) -> int:
    """On how many candidates somebody may decide: compared with the champion of now, undecided, never served."""
    last = select(func.max(Evidence.id)).where(Evidence.stream_id == stream_id).group_by(col(Evidence.candidate_id))
    served = select(Promotion.model_version_id).where(Promotion.stream_id == stream_id)
    made = select(Decision.evidence_id).where(Decision.stream_id == stream_id)
    found = select(func.count()).where(
        col(Evidence.id).in_(last), Evidence.champion_sha256 == champion_sha256, col(Evidence.id).not_in(made),
        col(Evidence.candidate_id).not_in(served),
    )  # fmt: skip
    return session.exec(found).one()


def undecided(session: Session, stream_id: int, since: datetime) -> Sequence[Evidence]:
    """What the gate passed on a stream since then and nobody has decided on, the oldest first."""
    made = select(Decision.evidence_id).where(Decision.stream_id == stream_id)
    query = select(Evidence).where(
        Evidence.stream_id == stream_id, col(Evidence.passed), col(Evidence.made_at) >= since,
        col(Evidence.id).not_in(made),
    )  # fmt: skip
    return session.exec(query.order_by(col(Evidence.id))).all()
