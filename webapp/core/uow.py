"""Unit of work: commit first, then tell.

Jobs and events are collected inside and sent only after the commit; when the commit fails
nothing is sent, when the process dies between the two the reconcile duty sends again.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import redis
from sqlmodel import Session

from webapp.core import dispatch
from webapp.core.db import engine
from webapp.core.events import Event
from webapp.core.jobs import Job
from webapp.core.logging import get_logger

log = get_logger(__name__)


class UnitOfWork:
    """One transaction and what is to be told once it holds."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._jobs: list[Job] = []
        self._events: list[Event] = []

    def enqueue(self, job: Job) -> None:
        """Send `job` after the commit."""
        self._jobs.append(job)

    def emit(self, event: Event) -> None:
        """Tell `event` after the commit."""
        self._events.append(event)

    def tell(self) -> None:
        """Send what was collected; a broker that is down is logged, since the rows are the truth."""
        try:
            for job in self._jobs:
                dispatch.send(job)
            for event in self._events:
                dispatch.emit(event)
        except redis.RedisError as error:
            log.warning("the broker took no message; reconcile will send it again", extra={"error": str(error)})


@contextmanager
def unit_of_work() -> Iterator[UnitOfWork]:
    """Commit on leaving, roll back on an error, then send the messages."""
    with Session(engine(), expire_on_commit=False) as session:
        uow = UnitOfWork(session)
        yield uow
        session.commit()
    uow.tell()
