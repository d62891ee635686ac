"""Failed jobs, kept for the jobs page."""

from webapp.core.clock import now
from webapp.core.models.job_failures import JobFailure
from webapp.core.uow import unit_of_work

_LONGEST = 2000


def record(message_id: str, actor: str, queue: str, attempts: int, error: str, final: bool) -> None:
    """Store one failed attempt."""
    with unit_of_work() as uow:
        row = JobFailure(
            message_id=message_id, actor=actor, queue=queue, attempts=attempts, error=error[:_LONGEST], final=final,
            at=now(),
        )  # fmt: skip
        uow.session.add(row)
