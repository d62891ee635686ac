"""What somebody may do on the jobs page: the question beforehand, the act, and what is said afterwards."""

from collections.abc import Callable, Mapping
from typing import Final

from webapp.core.errors import Invalid, NotFound
from webapp.core.policies.jobs import Act
from webapp.core.services import dead_letters, duties
from webapp.state.jobs_view import Asked, LetterRow

_NOTE: Final[Mapping[Act, str]] = {
    Act.REQUEUE: "It waits in its queue again, with all its tries. A job looks at the rows before it acts, so one that "
    "is no longer needed does nothing.",
    Act.REQUEUE_ALL: "All of them wait in the queue again, the oldest first, each with all its tries.",
    Act.DISCARD: "It is forgotten. What the rows still owe is sent anew by the recurring duties.",
    Act.RUN: "The scheduler runs it within a second or two, unless it runs already; its rhythm stays.",
}


def question(act: str, queue: str, subject: str, letters: list[LetterRow]) -> Asked:
    """What the dialog says. Raises Invalid for an act that there is not, NotFound for a job that is not listed."""
    if act not in set(Act):
        raise Invalid("Pick what is to be done from the page.")
    what = Act(act)
    name = _named(what, queue, subject, letters)
    title = {
        Act.REQUEUE: f"Requeue {name}?",
        Act.REQUEUE_ALL: f"Requeue all dead letters of {name}?",
        Act.DISCARD: f"Discard {name}?",
        Act.RUN: f"Run {name} now?",
    }[what]
    button = {Act.REQUEUE: "Requeue", Act.REQUEUE_ALL: "Requeue all", Act.DISCARD: "Discard", Act.RUN: "Run now"}[what]
    return Asked(what.value, queue, subject, title, _NOTE[what], button, what is Act.DISCARD)


def _named(act: Act, queue: str, subject: str, letters: list[LetterRow]) -> str:
    if act is Act.RUN:
        return subject[:60]
    if act is Act.REQUEUE_ALL:
        return queue[:40]
    found = next((one for one in letters if (one.queue, one.id) == (queue, subject)), None)
    if found is None:
        raise NotFound("This job is not among the dead letters any more.")
    return found.actor


def carry_out(asked: Asked, by: str, reason: str) -> str:
    """Do what was asked about; returns what is said of it. Raises Invalid, NotFound, Conflict."""
    if asked.act not in set(Act):
        raise Invalid("Nothing was asked for. Press the button in the row again.")
    acts: dict[Act, Callable[[], str]] = {
        Act.REQUEUE: lambda: f"{dead_letters.requeue(asked.queue, asked.subject, by, reason)} runs again.",
        Act.DISCARD: lambda: f"{dead_letters.discard(asked.queue, asked.subject, by, reason)} is discarded.",
        Act.REQUEUE_ALL: lambda: _requeued(dead_letters.requeue_all(asked.queue, by, reason)),
        Act.RUN: lambda: _asked_for(asked.subject, by, reason),
    }
    return acts[Act(asked.act)]()


def _requeued(count: int) -> str:
    return "One job runs again." if count == 1 else f"{count:,} jobs run again."


def _asked_for(duty: str, by: str, reason: str) -> str:
    duties.run_now(duty, by, reason)
    return f"{duty[:1].upper()}{duty[1:]} is asked for: the scheduler runs it in a moment."
