"""What people decided of the retention: it wins over the installation's settings from the next sweep on."""

from collections.abc import Mapping, Sequence

from webapp.core.clock import now
from webapp.core.db import Session, reading
from webapp.core.models.preferences import Preference
from webapp.core.policies import retention as rules
from webapp.core.policies.retention import Limits, Room
from webapp.core.repositories import locks, preferences
from webapp.core.services import audit
from webapp.core.settings import settings
from webapp.core.uow import UnitOfWork, unit_of_work

_PREFIX = "retention."


def installation() -> Limits:
    """What the environment decides."""
    return Limits(settings().disk_cap_mb, settings().fan_hours)


def limits() -> Limits:
    """What holds now."""
    with reading() as session:
        return rules.in_force(installation(), {name: row.value for name, row in decided(session).items()})


def decided(session: Session) -> dict[str, Preference]:
    """The decisions, by the limit that they are about."""
    every = preferences.every(session)
    return {row.name.removeprefix(_PREFIX): row for row in every if row.name.startswith(_PREFIX)}


def change(wanted: Limits, room: Room, by: str, reason: str) -> bool:
    """Decide the limits that differ from those in force; False, and no entry, when none does. Raises Invalid."""
    rules.check(wanted, room)
    said = rules.reason(reason)
    with unit_of_work() as uow:
        before = _locked(uow)
        changes = {
            name: (getattr(before, name), getattr(wanted, name))
            for name in rules.NAMES
            if getattr(before, name) != getattr(wanted, name)
        }
        for name, (_, value) in changes.items():
            row = Preference(name=_PREFIX + name, value=value, by=by[:64], at=now(), reason=said)
            preferences.put(uow.session, row)
        _record(uow, by, "change", said, changes)
        return bool(changes)


def reset(names: Sequence[str], by: str, reason: str) -> bool:
    """Let the installation decide these limits again; False, and no entry, where it does already."""
    said = rules.reason(reason)
    with unit_of_work() as uow:
        before, own = _locked(uow), decided(uow.session)
        gone = [name for name in rules.NAMES if name in names and name in own]
        preferences.forget(uow.session, [_PREFIX + name for name in gone])
        after = installation()
        _record(uow, by, "reset", said, {name: (getattr(before, name), getattr(after, name)) for name in gone})
        return bool(gone)


def _locked(uow: UnitOfWork) -> Limits:
    locks.take(uow.session, "retention limits")
    return rules.in_force(installation(), {name: row.value for name, row in decided(uow.session).items()})


def _record(uow: UnitOfWork, by: str, action: str, reason: str, changes: Mapping[str, tuple[object, object]]) -> None:
    if changes:
        detail = {name: f"{_said(old)} to {_said(new)}" for name, (old, new) in changes.items()}
        audit.record(uow, by, action, "retention", "limits", reason, detail)


def _said(value: object) -> str:
    return "as long as the cap allows" if value is None else str(value)
