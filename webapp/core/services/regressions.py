"""Automatic rollback: a promotion is watched on live truth beside its guard, and taken back when it serves worse.

The slot moves by the same compare-and-set as by a person's hand, from the very move that was watched: so once, and
never over somebody's decision. On or off for each stream is a preference; without one it is on.
"""

from webapp.core.clock import now
from webapp.core.db import Session, reading
from webapp.core.errors import Conflict, FieldError, Invalid, Unavailable
from webapp.core.events import Event, EventKind
from webapp.core.logging import get_logger
from webapp.core.models.model_versions import ModelVersion
from webapp.core.models.preferences import Preference
from webapp.core.models.shadows import Shadow
from webapp.core.models.streams import Stream
from webapp.core.policies import regressions as policy
from webapp.core.policies import retention as rules
from webapp.core.policies.promotions import Kind
from webapp.core.policies.regressions import POLICY, Step, Verdict
from webapp.core.policies.shadows import Why
from webapp.core.repositories import model_versions, preferences, promotions
from webapp.core.repositories import shadows as rows
from webapp.core.repositories import streams as stream_rows
from webapp.core.services import audit, champions, live_scores, shadows, streams
from webapp.core.services import promotions as moves
from webapp.core.uow import unit_of_work
from webapp.core.views.live_scores import Compared

log = get_logger(__name__)
OFF = "automatic rollback is off"
BARRED = "that version was rolled back from automatically before: only a person puts it back"


def judge(stream_id: int) -> Verdict | None:
    """Look at the promotion that is watched; None when none is. Raises nothing that another look would not heal."""
    with reading() as session:
        stream, row = stream_rows.by_id(session, stream_id), _watching(session, stream_id)
        if stream is None or row is None:
            return None
        seen = _seen(session, stream_id, row)
        hindered = _hindered(session, stream_id, row)
    if policy.regressed(seen) and seen is not None and not hindered:
        return _roll_back(stream_id, row, seen)
    if stream.tick is not None and stream.tick >= row.until_tick:
        return _keep(row, seen, hindered if policy.regressed(seen) else "")
    return Verdict.WATCHING


def _watching(session: Session, stream_id: int) -> Shadow | None:
    """The guard of the move that the slot stands at."""
    slot = model_versions.slot(session, stream_id)
    guards = [one for one in rows.active(session, stream_id) if one.why == Why.GUARD]
    return next((one for one in guards if slot is not None and one.cause == slot.moves), None)


def _seen(session: Session, stream_id: int, row: Shadow) -> Compared | None:
    slot = model_versions.slot(session, stream_id)
    assert slot is not None, "a guard watches a slot"
    return live_scores.watched(session, stream_id, slot.model_version_id, row.model_version_id, row.since_tick)


def _hindered(session: Session, stream_id: int, row: Shadow) -> str:
    """Why the policy may not move the slot back, "" when it may."""
    if not automatic(session, stream_id):
        return OFF
    moves = reversed(promotions.of_stream(session, stream_id))
    steps = [Step(one.model_version_id, one.kind, one.by) for one in moves]
    return BARRED if row.model_version_id in policy.barred(steps) else ""


def _roll_back(stream_id: int, row: Shadow, seen: Compared) -> Verdict:
    with reading() as session:
        guard = model_versions.by_id(session, row.model_version_id)
        champion = model_versions.champion(session, stream_id)
    assert guard is not None and champion is not None
    try:
        champions.verified(guard.path, guard.sha256)
        _move_back(stream_id, row, seen, (champion, guard))
    except (Unavailable, Conflict) as error:
        log.warning("a worse champion was not rolled back", extra={"stream_id": stream_id, "error": error.message})
        return Verdict.WATCHING
    return Verdict.ROLLED_BACK


def _move_back(stream_id: int, row: Shadow, seen: Compared, versions: tuple[ModelVersion, ModelVersion]) -> None:
    champion, guard = versions
    why = policy.reason(f"{champion.model} {champion.version}", f"{guard.model} {guard.version}", seen)
    with unit_of_work() as uow:
        stream = stream_rows.by_id(uow.session, stream_id, lock=True)
        watching = _watching(uow.session, stream_id)
        if stream is None or watching is None or watching.id != row.id:
            raise Conflict("Somebody else moved this stream's champion meanwhile.")
        if hindered := _hindered(uow.session, stream_id, watching):  # decided while the files were read
            raise Conflict(f"It is not to be rolled back: {hindered}.")
        moves.move(uow, stream, row.cause, guard, Kind.ROLLBACK, POLICY, why)
        shadows.close(uow, watching, Verdict.ROLLED_BACK.value, why, policy.evidence(seen))


def _keep(row: Shadow, seen: Compared | None, hindered: str) -> Verdict:
    """The days of the watch are over."""
    with unit_of_work() as uow:
        current = _watching(uow.session, row.stream_id)
        if current is not None and current.id == row.id:
            shadows.close(uow, current, Verdict.KEPT.value, hindered, policy.evidence(seen))
    return Verdict.KEPT


def _name(stream_id: int) -> str:
    return f"rollback.automatic.{stream_id}"


def automatic(session: Session, stream_id: int) -> bool:
    """Whether the policy may roll a stream back."""
    row = next((one for one in preferences.every(session) if one.name == _name(stream_id)), None)
    return row is None or row.value is not False


def set_automatic(slug: str, wanted: bool, by: str, reason: str) -> bool:
    """Let the policy roll a stream back, or not; False, and no entry, where that holds already.

    Raises NotFound, or Invalid without a reason.
    """
    said = rules.reason(reason)
    if not isinstance(wanted, bool):
        raise Invalid("Say on or off.", (FieldError("on", "is neither on nor off"),))
    with unit_of_work() as uow:
        stream: Stream = streams.find(uow.session, slug, lock=True)
        assert stream.id is not None
        if automatic(uow.session, stream.id) is wanted:
            return False
        preferences.put(uow.session, Preference(name=_name(stream.id), value=wanted, by=by[:64], at=now(), reason=said))
        word = "on" if wanted else "off"
        audit.record(uow, by, "set automatic rollback", "stream", slug, said, {"automatic rollback": word})
        uow.emit(Event(EventKind.MODEL_CHANGED, stream.id))
        return True
