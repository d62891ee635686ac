"""Unit of work: commit first, then tell.

Jobs and events are collected inside and sent only after the commit; when the commit fails
nothing is sent, when the process dies between the two the reconcile duty sends again.
"""

from collections.abc import Callable, Iterator
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
        self._last: list[Callable[[], None]] = []

    def last(self, write: Callable[[], None]) -> None:
        """Write this right before the commit, after all else: for a row that every transaction wants to lock.

        Taken last and for a moment only, its lock can be part of no deadlock and holds nobody up.
        """
        self._last.append(write)

    def close(self) -> None:
        """Write what was kept for the end; an error here undoes the whole."""
        for write in self._last:
            write()

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
        uow.close()
        session.commit()
    uow.tell()
