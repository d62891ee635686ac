"""Evidence: added once, found by id, run or candidate."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from webapp.core.models.evidence import Evidence


def by_id(session: Session, evidence_id: int) -> Evidence | None:
    """The evidence with this id."""
    return session.get(Evidence, evidence_id)


def of_run(session: Session, run_id: int) -> Evidence | None:
    """What a training run's candidate was judged as."""
    return session.exec(select(Evidence).where(Evidence.run_id == run_id)).one_or_none()


def newest(session: Session, stream_id: int, candidate_id: int) -> Evidence | None:
    """The last judgement of a candidate for a stream."""
    query = select(Evidence).where(Evidence.stream_id == stream_id, Evidence.candidate_id == candidate_id)
    return session.exec(query.order_by(col(Evidence.id).desc()).limit(1)).one_or_none()


def of_stream(session: Session, stream_id: int, limit: int) -> Sequence[Evidence]:
    """A stream's judgements, newest first."""
    query = select(Evidence).where(Evidence.stream_id == stream_id).order_by(col(Evidence.id).desc())
    return session.exec(query.limit(limit)).all()
