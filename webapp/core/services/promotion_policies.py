"""Who promotes on a stream: a person, or Forewarn by itself when the gate passes. An administrator chooses."""

from webapp.core.clock import now
from webapp.core.db import Session
from webapp.core.errors import Conflict, FieldError, Invalid, NotAllowed
from webapp.core.events import Event, EventKind
from webapp.core.models.preferences import Preference
from webapp.core.models.streams import Stream
from webapp.core.policies.decisions import Promotion
from webapp.core.policies.roles import Role
from webapp.core.repositories import locks, preferences
from webapp.core.services import audit, streams
from webapp.core.uow import unit_of_work
from webapp.core.views.candidates import PolicyView


def of_stream(session: Session, stream: Stream) -> PolicyView:
    """What holds on a stream: a person decides until somebody chose otherwise."""
    row = preferences.by_name(session, _name(stream))
    if row is None:
        return PolicyView(Promotion.PERSON.value, "", None, "")
    return PolicyView(Promotion(row.value).value, row.by, row.at, row.reason)


def must_be_automatic(session: Session, stream: Stream) -> None:
    """Raises Conflict where a person decides by now; holds the choice until the transaction ends."""
    locks.take(session, _name(stream))
    if of_stream(session, stream).promotion != Promotion.AUTOMATIC:
        raise Conflict(f"On {stream.slug} a person decides.")


def change(slug: str, promotion: str, by: str, role: Role, reason: str) -> PolicyView:
    """Choose; nothing is written where it holds already. What waited before stays for a person to decide.

    Raises NotFound, Invalid or NotAllowed.
    """
    chosen = _checked(promotion, reason)
    if not role.covers(Role.ADMIN):
        raise NotAllowed(f"This needs the role {Role.ADMIN}; {by} is {role}.")
    with unit_of_work() as uow:
        stream = streams.find(uow.session, slug)
        locks.take(uow.session, _name(stream))
        before = of_stream(uow.session, stream)
        if before.promotion == chosen:
            return before
        said = reason.strip()[:500]
        row = Preference(name=_name(stream), value=chosen.value, by=by[:64], at=now(), reason=said)
        preferences.put(uow.session, row)
        detail = {"from": before.promotion, "to": chosen.value}
        audit.record(uow, by, "set_promotion", "stream", slug, said, detail)
        uow.emit(Event(EventKind.MODEL_CHANGED, stream.id))
        return PolicyView(chosen.value, row.by, row.at, row.reason)


def _checked(promotion: str, reason: str) -> Promotion:
    errors = []
    if promotion not in set(Promotion):
        errors.append(FieldError("promotion", f"Promotion is by a {Promotion.PERSON}, or {Promotion.AUTOMATIC}."))
    if not reason.strip():
        errors.append(FieldError("reason", "Say why: the reason is kept in the audit."))
    if errors:
        raise Invalid(errors[0].message, tuple(errors))
    return Promotion(promotion)


def _name(stream: Stream) -> str:
    return f"promotion.{stream.id}"
