"""Telling people outside: what is owed is a row, written with the change that it tells of, and sent by a job.

At least once: a sender that dies between sending and noting it leaves a row that is sent again, under the same key,
by which webhooks, PagerDuty and mail programs know the repetition. Never twice for any other reason: one row a target
and event. What a slow or broken target costs is one thread for some seconds.
"""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import redis

from webapp.core import dispatch
from webapp.core.clock import now
from webapp.core.db import Session, reading
from webapp.core.errors import ForewarnError, NotFound
from webapp.core.jobs import NotificationSend
from webapp.core.logging import get_logger
from webapp.core.models.deliveries import Delivery
from webapp.core.policies import deliveries as policy
from webapp.core.policies.deliveries import Notice, Phase, State
from webapp.core.policies.notifications import Kind
from webapp.core.repositories import deliveries as rows
from webapp.core.repositories import notifications as targets
from webapp.core.services import secret_files
from webapp.core.services.channels import SEND_SECONDS, Channel, Later
from webapp.core.uow import UnitOfWork, unit_of_work
from webapp.core.views.notifications import DeliveryView

log = get_logger(__name__)
KEPT: Final = 500
_LEASE: Final = timedelta(seconds=4 * SEND_SECONDS)
_AT_ONCE: Final = 20
_LONGEST_ERROR: Final = 500
PAUSED: Final = "The target was paused before it was sent."


@dataclass(frozen=True, slots=True)
class Claimed:
    """What sending needs of the rows, so that no session stays open."""

    delivery_id: int
    tries: int
    notice: Notice
    kind: Kind
    options: dict[str, str]
    secret: str


def publish(uow: UnitOfWork, notice: Notice) -> int:
    """Owe a notice to every target that hears of its topic, in the transaction of the change; returns to how many."""
    owed = 0
    for target in targets.every(uow.session):
        if target.enabled and notice.topic.value in target.topics and target.id is not None:
            owed += owe(uow, target.id, target.name, notice) is not None
    return owed


def owe(uow: UnitOfWork, target_id: int, name: str, notice: Notice) -> int | None:
    """Owe a notice to one target; None when it was owed before."""
    found = rows.owe(uow.session, {
        "target_id": target_id, "target": name, "event_key": notice.event_key, "notice": notice.stored(),
        "state": State.QUEUED.value, "tries": 0, "created_at": now(),
    })  # fmt: skip
    if found is not None and notice.phase is not Phase.TEST:
        uow.enqueue(NotificationSend(found))
    return found


def send_due() -> int:
    """Send a job for what is owed and due: first tries whose message was lost, and further ones. Returns how many."""
    with reading() as session:
        found = rows.due(session, now(), _AT_ONCE)
    try:
        if not found or dispatch.queue_sizes(NotificationSend.queue)[0]:
            return 0
        for delivery_id in found:
            dispatch.send(NotificationSend(delivery_id))
    except redis.RedisError as error:
        log.warning("the broker took no message; the next run sends it", extra={"error": str(error)})
        return 0
    return len(found)


def send(delivery_id: int) -> None:
    """Try a delivery once, unless it is over, not due or being sent."""
    claimed = _claim(delivery_id)
    if claimed is None:
        return
    error, after, again = "", "", False
    try:
        secret = json.loads(secret_files.kept(claimed.secret, "address and keys of this target"))
        Channel(claimed.kind, claimed.options, secret).send(claimed.notice)
    except Later as found:
        error, after, again = found.message, found.after, True
    except ForewarnError as found:
        error = found.message
    _note(claimed, error, after, again)


def _claim(delivery_id: int) -> Claimed | None:
    with unit_of_work() as uow:
        if not rows.claim(uow.session, delivery_id, now(), now() + _LEASE):
            return None
        row = rows.by_id(uow.session, delivery_id)
        assert row is not None, "it was claimed above"
        notice = policy.restored(row.notice)
        target = None if row.target_id is None else targets.by_id(uow.session, row.target_id)
        if target is None or (not target.enabled and notice.phase is not Phase.TEST):
            why = PAUSED if target else "The target was removed before it was sent."
            _end(uow.session, row, State.DROPPED, why)
            return None
        return Claimed(delivery_id, row.tries, notice, Kind(target.kind), dict(target.options), target.secret)


def _note(claimed: Claimed, error: str, after: str, again: bool) -> None:
    """A test is tried once: somebody waits for what it says."""
    wait = policy.pause(claimed.tries, after) if again and claimed.notice.phase is not Phase.TEST else None
    with unit_of_work() as uow:
        row = rows.by_id(uow.session, claimed.delivery_id)
        if row is None:
            return
        if wait is not None:
            values = {"state": State.QUEUED.value, "next_try_at": now() + wait, "last_error": error[:_LONGEST_ERROR]}
            rows.end(uow.session, claimed.delivery_id, claimed.tries, **values)
        else:
            _end(uow.session, row, State.FAILED if error else State.SENT, error, claimed.tries)
        rows.drop_old(uow.session, KEPT)
    if error:
        log.warning("a notification was not taken", extra={"delivery_id": claimed.delivery_id, "error": error})


def _end(session: Session, row: Delivery, state: State, error: str, tries: int | None = None) -> None:
    assert row.id is not None
    values = {
        "state": state.value,
        "last_error": error[:_LONGEST_ERROR] or None,
        "ended_at": now(),
        "next_try_at": None,
    }
    rows.end(session, row.id, row.tries if tries is None else tries, **values)


def one(delivery_id: int) -> DeliveryView:
    """One delivery. Raises NotFound."""
    with reading() as session:
        row = rows.by_id(session, delivery_id)
        if row is None:
            raise NotFound("This delivery is not kept any more.")
        return view(row)


def view(row: Delivery) -> DeliveryView:
    """A delivery as the pages see it."""
    assert row.id is not None
    return DeliveryView(
        row.id, row.target, row.notice.get("title", ""), row.state, row.tries, row.last_error or "", row.created_at,
        row.next_try_at, row.ended_at, row.notice.get("phase") == Phase.TEST,
    )  # fmt: skip
