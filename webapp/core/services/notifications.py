"""Notification targets: add, list, choose events, pause, remove, test. Every change is audited, no secret is."""

import json
from collections.abc import Mapping, Sequence
from secrets import token_hex

from webapp.core.clock import now
from webapp.core.db import Session, reading
from webapp.core.errors import Conflict, FieldError, Invalid, NotFound
from webapp.core.models.notifications import NotificationTarget
from webapp.core.outside.guard import Refused
from webapp.core.policies import notifications as policy
from webapp.core.policies.deliveries import Notice, Phase
from webapp.core.policies.notifications import Checked, Topic
from webapp.core.repositories import deliveries as delivery_rows
from webapp.core.repositories import locks, schema
from webapp.core.repositories import notifications as rows
from webapp.core.services import audit, channels, deliveries, secret_files
from webapp.core.uow import unit_of_work
from webapp.core.views.notifications import DeliveryView, TargetView

NOUN = "notification_target"


def add(form: Mapping[str, object], by: str) -> TargetView:
    """Store a target. Raises Invalid naming each wrong field, Conflict for a name that is taken."""
    asked = policy.check(form)
    if url := asked.secret.get("url"):
        _reachable(url)
    secret = secret_files.keep("notification", json.dumps(dict(asked.secret)))
    try:
        with unit_of_work() as uow:
            locks.take(uow.session, "notification targets")
            if rows.by_name(uow.session, asked.name) is not None:
                message = f"There is a target {asked.name} already. Name another, or remove it first."
                raise Conflict(message)
            if len(rows.every(uow.session)) >= policy.MOST_TARGETS:
                raise Conflict(f"There are {policy.MOST_TARGETS} targets already, as many as are told.")
            row = _row(asked, secret, by)
            uow.session.add(row)
            audit.record(uow, by, "add", NOUN, asked.name, "", {"kind": asked.kind, "topics": list(asked.topics)})
    except BaseException:
        secret_files.drop(secret)
        raise
    return _view(row, None, 0)


def _reachable(url: str) -> None:
    """An address that the guard refuses is said at its field."""
    try:
        channels.where(url)
    except Refused as error:
        raise Invalid(error.message, (FieldError("url", error.message),)) from error


def _row(asked: Checked, secret: str, by: str) -> NotificationTarget:
    return NotificationTarget(
        name=asked.name, kind=asked.kind.value, topics=[one.value for one in asked.topics], shown=asked.shown,
        options=dict(asked.options), secret=secret, created_by=by[:64], created_at=now(),
    )  # fmt: skip


def set_topics(name: str, words: Sequence[object], by: str) -> None:
    """Choose what a target hears of. Raises NotFound, or Invalid when nothing is left."""
    topics = [one.value for one in policy.topics_of(words)]
    with unit_of_work() as uow:
        row = _find(uow.session, name)
        if row.topics == topics:
            return
        before, row.topics = row.topics, topics
        uow.session.add(row)
        audit.record(uow, by, "set_topics", NOUN, name, "", {"before": before, "after": topics})


def set_enabled(name: str, enabled: bool, by: str, reason: str = "") -> None:
    """Pause a target, or let it hear again; what happened while it was paused is not told later. Raises NotFound."""
    with unit_of_work() as uow:
        row = _find(uow.session, name)
        if row.enabled == enabled:
            return
        row.enabled = enabled
        uow.session.add(row)
        audit.record(uow, by, "resume" if enabled else "pause", NOUN, name, reason)


def remove(name: str, by: str, reason: str = "") -> None:
    """Forget a target with its secrets; what waits for it is dropped, what was sent stays on record."""
    with unit_of_work() as uow:
        row = _find(uow.session, name)
        assert row.id is not None
        delivery_rows.drop(uow.session, row.id, now(), "The target was removed before it was sent.")
        rows.remove(uow.session, row.id)
        audit.record(uow, by, "remove", NOUN, name, reason, {"kind": row.kind})
    secret_files.drop(row.secret)


def test(name: str, by: str) -> DeliveryView:
    """Send a target something harmless, now, and say how that went. Raises NotFound."""
    with unit_of_work() as uow:
        row = _find(uow.session, name)
        assert row.id is not None
        notice = Notice(
            Topic(row.topics[0]), Phase.TEST, f"test:{token_hex(4)}", now(), "Forewarn", "Forewarn can reach you here.",
            f"{by} sent this to test the target {name}. Nothing is wrong and there is nothing to do.",
        )  # fmt: skip
        delivery_id = deliveries.owe(uow, row.id, row.name, notice)
        assert delivery_id is not None, "no two tests are alike"
        audit.record(uow, by, "test", NOUN, name)
    deliveries.send(delivery_id)
    return deliveries.one(delivery_id)


def listed() -> tuple[TargetView, ...]:
    """All targets, by name."""
    with reading() as session:
        return _views(session)


def snapshot(most: int) -> tuple[tuple[TargetView, ...], tuple[DeliveryView, ...]]:
    """All targets, and the newest deliveries. Raises Unavailable while the database does not answer."""
    with schema.answering(), reading() as session:
        return _views(session), tuple(deliveries.view(row) for row in delivery_rows.latest(session, most))


def _views(session: Session) -> tuple[TargetView, ...]:
    made = []
    for row in rows.every(session):
        assert row.id is not None
        last = delivery_rows.newest_of(session, row.id)
        view = None if last is None else deliveries.view(last)
        made.append(_view(row, view, delivery_rows.owed_to(session, row.id)))
    return tuple(made)


def _view(row: NotificationTarget, last: DeliveryView | None, owed: int) -> TargetView:
    return TargetView(row.name, row.kind, tuple(row.topics), row.enabled, row.shown, row.created_by, last, owed)


def _find(session: Session, name: str) -> NotificationTarget:
    row = rows.by_name(session, name, lock=True)
    if row is None:
        raise NotFound(f"There is no notification target {name[:60]}. See: forewarn notify list")
    return row
