"""Thresholds that differ from the defaults, and the profiles whose risks are still to be judged by them."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlmodel import Session, col, delete, func, select

from webapp.core.models.thresholds import OwedJudgement, Threshold
from webapp.core.repositories.bulk import upsert


def limits(session: Session, stream_id: int) -> dict[tuple[str, str], float | None]:
    """The limit of each (profile, metric) that differs from its default, without building objects."""
    query = select(Threshold.profile, Threshold.metric, Threshold.limit).where(Threshold.stream_id == stream_id)
    return {(profile, metric): limit for profile, metric, limit in session.connection().execute(query)}


def of_stream(session: Session, stream_id: int) -> Sequence[Threshold]:
    """Everything that differs from the defaults, with who changed it."""
    return session.exec(select(Threshold).where(Threshold.stream_id == stream_id)).all()


def one(session: Session, stream_id: int, profile: str, metric: str) -> Threshold | None:
    """What differs from one default."""
    return session.get(Threshold, (stream_id, profile, metric))


def counts(session: Session) -> dict[int, tuple[int, int]]:
    """By stream: how many thresholds differ from their default, and how many of those are not watched."""
    row = Threshold
    query = select(row.stream_id, func.count(), func.count(col(row.limit))).group_by(col(row.stream_id))
    return {found[0]: (found[1], found[1] - found[2]) for found in session.connection().execute(query)}


def put(session: Session, row: Threshold) -> None:
    """Write one, in place of the one that was there."""
    upsert(session, Threshold, [row.model_dump()], ("stream_id", "profile", "metric"))


def drop(session: Session, stream_id: int, profile: str, metric: str) -> None:
    """Let the default hold again."""
    mine = (col(Threshold.stream_id) == stream_id) & (col(Threshold.profile) == profile)
    session.exec(delete(Threshold).where(mine, col(Threshold.metric) == metric))


def owe(session: Session, stream_id: int, profiles: Sequence[str], at: datetime) -> None:
    """Note that the newest risks of these profiles are to be judged again; asked anew, they count as new."""
    rows = [{"stream_id": stream_id, "profile": one, "asked_at": at} for one in profiles]
    upsert(session, OwedJudgement, rows, ("stream_id", "profile"))


def owed(session: Session, stream_id: int) -> dict[str, datetime]:
    """The profiles of a stream whose newest risks are to be judged again, and since when."""
    found = session.exec(select(OwedJudgement).where(OwedJudgement.stream_id == stream_id))
    return {row.profile: row.asked_at for row in found}


def owing(session: Session, before: datetime) -> Sequence[int]:
    """Streams that owe a judgement since `before`."""
    query = select(OwedJudgement.stream_id).where(col(OwedJudgement.asked_at) < before)
    return session.exec(query.distinct().order_by(col(OwedJudgement.stream_id))).all()


def settle(session: Session, stream_id: int, asked: Mapping[str, datetime]) -> None:
    """Those were judged; one that was asked for again since stays."""
    for profile, at in asked.items():
        mine = (col(OwedJudgement.stream_id) == stream_id) & (col(OwedJudgement.profile) == profile)
        session.exec(delete(OwedJudgement).where(mine, col(OwedJudgement.asked_at) == at))
