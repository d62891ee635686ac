"""Writing and reading the audit. An action whose audit row cannot be written does not happen."""

import json
from collections.abc import Mapping

from webapp.core import clock
from webapp.core.db import reading
from webapp.core.events import Event, EventKind
from webapp.core.logging import correlation_id
from webapp.core.models.audit import AuditEntry
from webapp.core.repositories import audit
from webapp.core.uow import UnitOfWork
from webapp.core.views.audit import AuditView

_DETAIL_LIMIT = 4000


def record(
    uow: UnitOfWork,
    actor: str,
    action: str,
    noun: str,
    subject: str,
    reason: str = "",
    detail: Mapping[str, object] | None = None,
) -> None:
    """Add a row to the transaction of the change itself: both are stored, or neither."""
    entry = AuditEntry(
        at=clock.now(),
        actor=actor,
        action=action,
        noun=noun,
        subject=subject[:128],
        reason=reason[:500],
        detail=_as_json(detail or {}),
        correlation_id=correlation_id.get(),
    )
    audit.add(uow.session, entry)
    uow.emit(Event(EventKind.AUDIT_WRITTEN, subject=str(entry.id)))


def _as_json(detail: Mapping[str, object]) -> str:
    text = json.dumps(detail, default=str, sort_keys=True)
    return text if len(text) <= _DETAIL_LIMIT else json.dumps({"too_long": len(text)})


def entries(limit: int = 200, noun: str | None = None) -> tuple[AuditView, ...]:
    """The latest changes, newest first."""
    with reading() as session:
        return tuple(_view(entry) for entry in audit.newest(session, limit, noun))


def _view(entry: AuditEntry) -> AuditView:
    detail = tuple((str(key), str(value)) for key, value in json.loads(entry.detail).items())
    return AuditView(
        entry.at, entry.actor, entry.action, entry.noun, entry.subject, entry.reason, detail, entry.correlation_id
    )
