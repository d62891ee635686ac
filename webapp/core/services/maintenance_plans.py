"""Planning maintenance: add, change, cancel, put back. Every change is audited.

A change ends the row that was in force and makes another; both act from the next tick on, under the lock of the
stream's row that its driver takes as well, so no tick is played half by one plan and half by another.
"""

from datetime import timedelta
from math import ceil

from ml.schema import TICK_SECONDS
from webapp.core.clock import now, time_of
from webapp.core.db import Session
from webapp.core.errors import Conflict, FieldError, Invalid, NotFound
from webapp.core.events import Event, EventKind
from webapp.core.models.maintenance import MaintenanceWindow
from webapp.core.models.streams import Stream
from webapp.core.policies import maintenance as policy
from webapp.core.policies import maintenance_requests as requests
from webapp.core.policies import maintenance_words as words
from webapp.core.policies.maintenance_requests import MaintenanceRequest
from webapp.core.repositories import assets as asset_rows
from webapp.core.repositories import maintenance as rows
from webapp.core.services import audit, streams
from webapp.core.services.maintenance import acts_from, planned, present, still_planned
from webapp.core.uow import UnitOfWork, unit_of_work
from webapp.core.views.maintenance import EVERY, Once, Planned, Weekly
from webapp.core.views.streams import Source

SPELLS = (30, 60, 120, 240)
"""Minutes of maintenance that can be begun from a server's page."""


def add(slug: str, asked: MaintenanceRequest, by: str, reason: str = "") -> Planned:
    """Plan a window. Raises Invalid that names the field, Conflict when there are too many."""
    with unit_of_work() as uow:
        stream = streams.find(uow.session, slug, lock=True)
        made = _insert(uow, stream, _checked(uow.session, stream, asked), by)
        _tell(uow, stream, made, by, "add", reason)
        return made


def begin(slug: str, server: str, minutes: int, title: str, by: str) -> Planned:
    """Put a server into maintenance now, at least for so long: it ends with a tick. Raises Invalid."""
    if minutes not in SPELLS:
        raise _invalid("minutes", f"Choose one of {', '.join(map(str, SPELLS))} minutes.")
    if not title.strip():
        raise _invalid("reason", "Say why, for example: replacing a disk.")
    with unit_of_work() as uow:
        stream, _ = streams.server(uow.session, slug, server)
        stream = streams.find(uow.session, slug, lock=True)
        start = present(stream)
        until = now() if Source(stream.source).live else time_of(start)
        end = ceil((until + timedelta(minutes=minutes)).timestamp() / TICK_SECONDS)
        asked = MaintenanceRequest(title, Once(time_of(start), time_of(end)), (server,))
        made = _insert(uow, stream, _checked(uow.session, stream, asked), by)
        _tell(uow, stream, made, by, "add", title)
        return made


def change(slug: str, window_id: int, asked: MaintenanceRequest, by: str, reason: str = "") -> Planned:
    """Replace what is planned; the same again changes nothing. Raises NotFound, Conflict or Invalid."""
    with unit_of_work() as uow:
        stream = streams.find(uow.session, slug, lock=True)
        row = _find(uow.session, stream, window_id)
        before = planned(row)
        checked = _checked(uow.session, stream, asked, before)
        if _same(before, checked):
            return before
        _end(uow.session, stream, row, by, reason or "changed")
        made = _insert(uow, stream, checked, by)
        _tell(uow, stream, made, by, "change", reason, {"before": f"{words.whom(before)}, {words.when(before)}"})
        return made


def cancel(slug: str, window_id: int, by: str, reason: str = "") -> Planned:
    """End a window: one that runs ends now, one that is to come does not begin. Raises NotFound or Conflict."""
    with unit_of_work() as uow:
        stream = streams.find(uow.session, slug, lock=True)
        row = _find(uow.session, stream, window_id)
        before = planned(row)
        _end(uow.session, stream, row, by, reason)
        _tell(uow, stream, before, by, "cancel", reason)
        return before


def put_back(slug: str, window_id: int, by: str, instead_of: int = 0) -> Planned:
    """Plan an ended window again as it was, from now on; `instead_of` is the one that had replaced it."""
    with unit_of_work() as uow:
        stream = streams.find(uow.session, slug, lock=True)
        row = rows.by_id(uow.session, window_id)
        if row is None or row.stream_id != stream.id or row.until_tick is None:
            raise NotFound(f"{slug} has no cancelled maintenance window {window_id}.")
        if instead_of:
            _end(uow.session, stream, _find(uow.session, stream, instead_of), by, "undone")
        old = planned(row)
        made = _insert(uow, stream, MaintenanceRequest(old.title, old.when, old.servers, old.profile, old.zone), by)
        if policy.is_over(made, present(stream)):
            raise Conflict(f"{old.title} would be over already; plan another window.")
        _tell(uow, stream, made, by, "restore", "undone")
        return made


def _checked(
    session: Session, stream: Stream, asked: MaintenanceRequest, before: Planned | None = None
) -> MaintenanceRequest:
    was = before.when if before is not None else None
    checked = requests.check(asked, streams.zone_of(stream), time_of(present(stream)), was)
    assert stream.id is not None
    known = asset_rows.known(session, stream.id)
    unknown = [name for name in checked.servers if name not in known]
    if unknown:
        raise _invalid("servers", f"{unknown[0][:60]} is not a server of {stream.slug}.")
    profiles = {EVERY, *(one.profile for one in known.values())}
    if checked.profile is not None and checked.profile not in profiles:
        raise _invalid("profile", f"{stream.slug} has no servers with the profile {checked.profile[:60]}.")
    return checked


def _invalid(field: str, message: str) -> Invalid:
    return Invalid(message, (FieldError(field, message),))


def _insert(uow: UnitOfWork, stream: Stream, asked: MaintenanceRequest, by: str) -> Planned:
    assert stream.id is not None
    if len(still_planned(uow.session, stream)) >= requests.MOST:
        raise Conflict(f"{stream.slug} has {requests.MOST} maintenance windows planned, as many as it may. Cancel one.")
    row = MaintenanceWindow(
        stream_id=stream.id, title=asked.title, profile=asked.profile, servers=list(asked.servers), zone=asked.zone,
        from_tick=acts_from(stream), created_by=by[:64], created_at=now(),
    )  # fmt: skip
    if isinstance(asked.when, Weekly):
        row.days, row.start_minute, row.minutes = list(asked.when.days), asked.when.start_minute, asked.when.minutes
        row.first_day, row.last_day = asked.when.first, asked.when.last
    else:
        row.start_at, row.end_at = asked.when.start_at, asked.when.end_at
    uow.session.add(row)
    uow.session.flush()
    return planned(row)


def _same(before: Planned, asked: MaintenanceRequest) -> bool:
    kept = before.title, before.when, before.servers, before.profile, before.zone
    return kept == (asked.title, asked.when, asked.servers, asked.profile, asked.zone)


def _find(session: Session, stream: Stream, window_id: int) -> MaintenanceWindow:
    row = rows.by_id(session, window_id)
    if row is None or row.stream_id != stream.id:
        raise NotFound(f"{stream.slug} has no maintenance window {window_id}.")
    if policy.is_over(planned(row), present(stream)):
        raise Conflict(f"{row.title} is over or cancelled already; nothing is left to change.")
    return row


def _end(session: Session, stream: Stream, row: MaintenanceWindow, by: str, reason: str) -> None:
    assert row.id is not None
    ended = {"ended_by": by[:64], "ended_at": now(), "end_reason": reason[:500]}
    if not rows.end(session, row.id, {"until_tick": max(acts_from(stream), row.from_tick), **ended}):
        raise Conflict(f"{row.title} is cancelled already.")


def _tell(
    uow: UnitOfWork,
    stream: Stream,
    one: Planned,
    by: str,
    action: str,
    reason: str,
    more: dict[str, object] | None = None,
) -> None:
    detail = {"stream": stream.slug, "window": one.id, "for": words.whom(one), "when": words.when(one), **(more or {})}
    audit.record(uow, by, action, "maintenance", one.title, reason, detail)
    uow.emit(Event(EventKind.MAINTENANCE_CHANGED, stream.id, str(one.id)))
