"""Jobs that were given up: seen with their errors, run again, or forgotten; each by a person, on record.

The entry is written first and the letter moved after the commit, as every message is sent after its row: nothing moves
without an entry. Moving is one step in the broker, so of two people who ask at once one is told that it is done.
"""

from webapp.core import queues
from webapp.core.db import reading
from webapp.core.errors import Conflict, Invalid, NotFound
from webapp.core.jobs import QUEUES
from webapp.core.policies import jobs as rules
from webapp.core.policies.jobs import Act
from webapp.core.queues import Letter
from webapp.core.repositories import job_failures
from webapp.core.services import audit
from webapp.core.uow import unit_of_work
from webapp.core.views.jobs import LetterView

MOST = 50
"""Dead letters of a queue that are listed."""
_GONE = "This job is not among the dead letters any more: it was requeued or discarded, or its 24 hours are over."
_NOUN = "job"


def letters() -> tuple[LetterView, ...]:
    """The newest dead letters of all queues. Raises `redis.RedisError` while the broker is down."""
    found = sorted((one for queue in QUEUES for one in queues.letters(queue, MOST)), key=lambda one: one.at)[::-1]
    with reading() as session:
        errors = job_failures.last_errors(session, [one.message_id for one in found])
    return tuple(
        LetterView(one.id, one.queue, one.actor, rules.shown(one.arguments), one.at, one.tries,
                   errors.get(one.message_id, "its error is not kept any more"))
        for one in found
    )  # fmt: skip


def requeue(queue: str, letter: str, by: str, reason: str) -> str:
    """Let one run again; returns what it was. Raises Invalid without a reason, NotFound, Conflict."""
    found = _record(queue, letter, by, reason, Act.REQUEUE)
    if not queues.requeue(queue, letter):
        raise Conflict(_GONE)
    return found.actor


def discard(queue: str, letter: str, by: str, reason: str) -> str:
    """Forget one; returns what it was. Raises Invalid without a reason, NotFound, Conflict."""
    found = _record(queue, letter, by, reason, Act.DISCARD)
    if not queues.discard(queue, letter):
        raise Conflict(_GONE)
    return found.actor


def requeue_all(queue: str, by: str, reason: str) -> int:
    """Let all of a queue run again, in the order in which they were given up; returns how many."""
    said = rules.reason(reason)
    ids = queues.letter_ids(_known(queue))
    if not ids:
        raise NotFound(f"The queue {queue} has no dead letters.")
    with unit_of_work() as uow:
        audit.record(uow, by, Act.REQUEUE_ALL.value, _NOUN, queue, said, {"queue": queue, "jobs": len(ids)})
    return sum(queues.requeue(queue, one) for one in ids)


def queue_of(letter: str) -> str:
    """The queue in which a letter lies. Raises NotFound."""
    found = next((queue for queue in QUEUES if queues.letter(queue, letter) is not None), None)
    if found is None:
        raise NotFound(_GONE)
    return found


def _record(queue: str, letter: str, by: str, reason: str, act: Act) -> Letter:
    said, found = rules.reason(reason), queues.letter(_known(queue), letter)
    if found is None:
        raise NotFound(_GONE)
    detail = {"queue": queue, "letter": letter, "arguments": rules.shown(found.arguments)}
    with unit_of_work() as uow:
        audit.record(uow, by, act.value, _NOUN, found.actor, said, detail)
    return found


def _known(queue: str) -> str:
    if queue not in QUEUES:
        raise Invalid(f"There is no queue called {queue[:40]}. There are {', '.join(QUEUES)}.")
    return queue
