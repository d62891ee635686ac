"""Who forecasts beside a stream's champion: candidates until they are decided on, and the guard of each promotion.

Everything follows from rows: runs that ended as candidates, promotions, the slot. So the duty begins and ends what no
call did; beginning twice is beginning once.
"""

from collections.abc import Sequence

from webapp.core import activity, dispatch
from webapp.core.clock import now
from webapp.core.db import Session, reading
from webapp.core.events import Event, EventKind
from webapp.core.jobs import ShadowRun, TruthScore
from webapp.core.models.promotions import Promotion
from webapp.core.models.shadows import Shadow
from webapp.core.models.streams import Stream
from webapp.core.policies import shadows as policy
from webapp.core.policies.decisions import Verdict as Decided
from webapp.core.policies.promotions import Kind
from webapp.core.policies.regressions import Verdict
from webapp.core.policies.shadows import LENGTH, Why
from webapp.core.policies.training_runs import Status
from webapp.core.repositories import decisions, locks, model_versions, promotions, training_runs
from webapp.core.repositories import shadows as rows
from webapp.core.repositories import streams as stream_rows
from webapp.core.services import live_scores
from webapp.core.services import shadow_forecasts as forecasts
from webapp.core.uow import UnitOfWork, unit_of_work


def begin(uow: UnitOfWork, stream_id: int, version_id: int, why: Why) -> Shadow | None:
    """Let a version shadow a stream from its next origin on; what began already stays as it is.

    None for a candidate that serves, and where no promotion is there to be guarded.
    """
    locks.take(uow.session, f"shadows {stream_id}")
    stream, slot = stream_rows.by_id(uow.session, stream_id), model_versions.slot(uow.session, stream_id)
    if stream is None or slot is None or slot.model_version_id == version_id:
        return None
    cause = slot.moves if why is Why.GUARD else 0
    found = rows.find(uow.session, stream_id, version_id, why.value, cause)
    if found is not None:
        return found
    tick = stream.tick or stream.anchor_tick
    since = _promoted_at(uow.session, stream_id, slot.moves, tick) if why is Why.GUARD else tick
    made = Shadow(
        stream_id=stream_id, model_version_id=version_id, why=why.value, cause=cause, since_tick=since,
        until_tick=since + LENGTH[why], since_at=now(),
    )  # fmt: skip
    uow.session.add(made)
    uow.session.flush()
    uow.emit(Event(EventKind.MODEL_CHANGED, stream_id))
    return made


def _promoted_at(session: Session, stream_id: int, move: int, tick: int) -> int:
    """The last tick before the newest promotion: a guard's watch begins there, however late the duty saw it."""
    found = next((one.tick for one in promotions.of_stream(session, stream_id) if one.move == move), None)
    return tick if found is None else found


def close(uow: UnitOfWork, row: Shadow, verdict: str, note: str, evidence: dict[str, float] | None = None) -> None:
    """Write how a stretch ended."""
    rows.end(uow.session, row, now(), verdict, note, evidence or {})
    uow.emit(Event(EventKind.MODEL_CHANGED, row.stream_id))


def reconcile() -> int:
    """Begin and end what is due, and send the jobs that shadows and truths are owed; returns how many were sent.

    Nothing is sent that waits in its queue, or that a worker is at.
    """
    with reading() as session:
        every = [row for row in stream_rows.all_streams(session) if row.id is not None and row.tick is not None]
    jobs: list[TruthScore | ShadowRun] = []
    for row in every:
        assert row.id is not None
        settle(row)
        jobs += [TruthScore(row.id)] if live_scores.owed(row.id) else []
        jobs += [ShadowRun(row.id)] if forecasts.owed(row.id) else []
    idle = [job for job in jobs if dispatch.queue_sizes(job.queue)[:2] == (0, 0)]
    at_it = {(one.actor, one.arguments.get("stream_id")) for one in activity.running()} if idle else set()
    idle = [job for job in idle if (job.actor, job.stream_id) not in at_it]
    for job in idle:
        dispatch.send(job)
    return len(idle)


def settle(stream: Stream) -> None:
    """Bring a stream's shadows in line with its runs, its slot and its clock. The guard's end is its judge's."""
    assert stream.id is not None
    with reading() as session:
        wanted, ending = _wanted(session, stream.id), _ending(session, stream)
    if not wanted and not ending:
        return
    with unit_of_work() as uow:
        for version_id, why in wanted:
            begin(uow, stream.id, version_id, why)
        for row, note in _ending(uow.session, stream):
            close(uow, row, Verdict.MOVED.value if row.why == Why.GUARD else "", note)


def _wanted(session: Session, stream_id: int) -> list[tuple[int, Why]]:
    """Versions that should have begun to shadow and have not."""
    slot = model_versions.slot(session, stream_id)
    if slot is None:
        return []
    ended = training_runs.with_status(session, [Status.CANDIDATE.value], stream_id)
    served = {one.model_version_id for one in promotions.of_stream(session, stream_id)}
    rejected = _rejected(session, stream_id)
    found = [
        (one.version_id, Why.CANDIDATE)
        for one in ended[-policy.MOST_CANDIDATES :]
        if one.version_id is not None and one.version_id not in served | rejected
        and rows.find(session, stream_id, one.version_id, Why.CANDIDATE.value, 0) is None
    ]  # fmt: skip
    guard = guarded(promotions.of_stream(session, stream_id))
    if guard is not None and rows.find(session, stream_id, guard, Why.GUARD.value, slot.moves) is None:
        found.append((guard, Why.GUARD))
    return found


def _rejected(session: Session, stream_id: int) -> set[int]:
    """Versions whose newest decision is a rejection."""
    newest = {one.version_id: one.verdict for one in reversed(decisions.of_stream(session, stream_id))}
    return {version_id for version_id, verdict in newest.items() if verdict == Decided.REJECT}


def guarded(moves: Sequence[Promotion]) -> int | None:
    """The version that guards a stream's last move (newest first): the one before, if that was a promotion."""
    if len(moves) < 2 or moves[0].kind != Kind.PROMOTION or moves[0].model_version_id == moves[1].model_version_id:
        return None
    return moves[1].model_version_id


def _ending(session: Session, stream: Stream) -> list[tuple[Shadow, str]]:
    """Stretches that are over, each with why."""
    assert stream.id is not None
    slot, active = model_versions.slot(session, stream.id), rows.active(session, stream.id)
    serves, moves = (slot.model_version_id, slot.moves) if slot else (None, -1)
    candidates = [one for one in active if one.why == Why.CANDIDATE]
    rejected = _rejected(session, stream.id)
    crowded = set(policy.too_many([one.id or 0 for one in candidates if one.model_version_id not in rejected]))
    found = []
    for one in active:
        if one.why == Why.GUARD:
            if one.cause != moves:
                found.append((one, "another version was put in the place of the one that it watched"))
        elif one.model_version_id == serves:
            found.append((one, "it serves now"))
        elif one.model_version_id in rejected:
            found.append((one, "it was rejected"))
        elif one.id in crowded:
            found.append((one, "a newer candidate took its place"))
        elif stream.tick is not None and stream.tick >= one.until_tick:
            found.append((one, "its days are over"))
    return found
