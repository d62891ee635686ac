"""Which version serves a stream: moving the slot, rolling back, and who was champion when.

One statement moves a slot, and only from where the caller saw it. No file moves: what served before can serve again at
the next tick. A version whose files are not what was registered is never put there.
"""

from datetime import datetime

from webapp.core.clock import now
from webapp.core.db import Session, reading
from webapp.core.errors import Conflict, FieldError, Invalid, NotFound
from webapp.core.events import Event, EventKind
from webapp.core.jobs import ModelWarm
from webapp.core.models.model_versions import ModelVersion
from webapp.core.models.promotions import Promotion
from webapp.core.models.streams import Stream
from webapp.core.policies import promotions as policy
from webapp.core.policies.promotions import Kind
from webapp.core.repositories import model_versions, promotions
from webapp.core.services import announcements, audit, champions, streams
from webapp.core.uow import UnitOfWork, unit_of_work
from webapp.core.views.promotions import Served


def rollback(slug: str, to: str | None, by: str, reason: str) -> Served:
    """Let a version that served before serve again, from the next tick on; the last other one when `to` is None.

    Raises NotFound, Invalid (which version? why?), Unavailable (its files are not what was registered) or Conflict
    (somebody else moved the slot just now).
    """
    _because(reason)
    with reading() as session:
        stream = streams.find(session, slug)
        seen, version = _target(session, stream, to)
    champions.verified(version.path, version.sha256)  # reads every byte: without a session, it may take a moment
    with unit_of_work() as uow:
        stream = streams.find(uow.session, slug, lock=True)
        move(uow, stream, seen, version, Kind.ROLLBACK, by, reason)
        return _history(uow.session, stream)[0]


def _because(reason: str) -> None:
    if not reason.strip():
        message = "Say why: the reason is kept in the audit."
        raise Invalid(message, (FieldError("reason", message),))


def _target(session: Session, stream: Stream, to: str | None) -> tuple[int, ModelVersion]:
    """How often the slot was moved, and the version to go to."""
    assert stream.id is not None
    slot, served = model_versions.slot(session, stream.id), promotions.of_stream(session, stream.id)
    if slot is None or not served:
        raise Conflict(f"Nothing has served {stream.slug} yet.")
    ids = [one.model_version_id for one in served]
    chosen = policy.before(ids) if to is None else _named(session, ids, to)
    if chosen is None:
        raise Conflict(f"No other version has served {stream.slug}: there is nothing to roll back to.")
    if chosen == slot.model_version_id:
        raise Conflict(f"{to} serves {stream.slug} already.")
    version = model_versions.by_id(session, chosen)
    assert version is not None, "a version is never removed"
    return slot.moves, version


def _named(session: Session, ids: list[int], to: str) -> int:
    versions = [one for one in (model_versions.by_id(session, one) for one in dict.fromkeys(ids)) if one is not None]
    found = policy.meant(to, [(one.model, one.version, one.sha256) for one in versions])
    if not found:
        known = ", ".join(f"{one.model} {one.version}" for one in versions)
        raise NotFound(f"No version {to} has served this stream. These have: {known}.")
    if len(found) > 1:
        hashes = " or ".join(versions[place].sha256[: policy.SHORT] for place in found)
        raise Invalid(f"{to} names {len(found)} versions: say {hashes}.", (FieldError("to", "names more than one"),))
    chosen = versions[found[0]].id
    assert chosen is not None
    return chosen


def move(uow: UnitOfWork, stream: Stream, seen: int, version: ModelVersion, kind: Kind, by: str, reason: str) -> None:
    assert stream.id is not None and version.id is not None
    before = model_versions.champion(uow.session, stream.id)
    at = now()
    if not promotions.move(uow.session, stream.id, seen, version.id, at, by):
        raise Conflict("Somebody else moved this stream's champion just now. Look at who serves, then decide again.")
    uow.session.add(
        Promotion(
            stream_id=stream.id, move=seen + 1, model_version_id=version.id, kind=kind.value, tick=stream.tick, at=at,
            by=by[:64], reason=reason.strip()[:500],
        )
    )  # fmt: skip
    was = "" if before is None else f"{before.model} {before.version}"
    detail = {"from": was, "to": f"{version.model} {version.version}", "sha256": version.sha256}
    audit.record(uow, by, kind.value, "stream", stream.slug, reason, detail)
    announcements.moved(uow, kind, stream.slug, seen + 1, f"{version.model} {version.version}", by, reason, at)
    uow.enqueue(ModelWarm(stream.id))
    uow.emit(Event(EventKind.MODEL_CHANGED, stream.id, str(version.id)))


def earlier(stream_id: int, champion: ModelVersion) -> tuple[ModelVersion, ...]:
    """The versions that served a stream before, the newest first, without its champion."""
    with reading() as session:
        ids = dict.fromkeys(one.model_version_id for one in promotions.of_stream(session, stream_id))
        found = [model_versions.by_id(session, one) for one in ids if one != champion.id]
        return tuple(one for one in found if one is not None)


def note_trouble(stream_id: int, trouble: str | None) -> None:
    """Keep why a champion cannot serve, until it can again; nothing when that is written already."""
    with unit_of_work() as uow:
        slot = model_versions.slot(uow.session, stream_id)
        if slot is not None and slot.trouble != trouble:
            slot.trouble = trouble
            uow.session.add(slot)
            uow.emit(Event(EventKind.MODEL_CHANGED, stream_id))


def warm(stream_id: int) -> None:
    """Load a stream's champion into this process; a broken one is told by the next tick."""
    with reading() as session:
        version = model_versions.champion(session, stream_id)
    if version is not None:
        champions.forecaster(version.path, version.sha256)


def history(slug: str) -> tuple[Served, ...]:
    """Who served a stream, newest first. Raises NotFound."""
    with reading() as session:
        return _history(session, streams.find(session, slug))


def champion_at(slug: str, moment: datetime) -> Served:
    """Who was champion at a moment of wall time. Raises NotFound before anybody was."""
    found = next((one for one in history(slug) if one.since_at <= moment), None)
    if found is None:
        raise NotFound(f"Nobody served {slug} at {moment:%Y-%m-%d %H:%M} UTC: it began later.")
    return found


def _history(session: Session, stream: Stream) -> tuple[Served, ...]:
    assert stream.id is not None
    made: list[Served] = []
    until: datetime | None = None
    for one in promotions.of_stream(session, stream.id):
        version = model_versions.by_id(session, one.model_version_id)
        assert version is not None, "a version is never removed"
        made.append(
            Served(
                one.move, version.model, version.version, version.sha256, one.kind, one.at, until, one.by, one.reason
            )
        )
        until = one.at
    return tuple(made)
