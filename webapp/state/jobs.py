"""What Forewarn itself is doing and what it uses, the jobs that were given up, and its recurring duties."""

import asyncio
from typing import Any

import redis
import reflex as rx

from webapp.core.db import OperationalError
from webapp.core.errors import Unavailable
from webapp.core.policies.roles import Role
from webapp.core.services import jobs
from webapp.state import session
from webapp.state.feedback import done
from webapp.state.guard import caller, requires
from webapp.state.jobs_asked import carry_out, question
from webapp.state.jobs_build import build
from webapp.state.jobs_view import (
    Asked,
    CycleRow,
    FailureRow,
    JobsPage,
    LetterRow,
    ProcessRow,
    QueueRow,
    RunningRow,
    ScheduleRow,
    Total,
)
from webapp.state.live import Live

EVERY_S = 2.0
"""Processes report every 2 s, and no event tells of it."""


async def make(zone: str) -> JobsPage:
    """The page, seen from a zone."""
    try:
        snapshot = await asyncio.to_thread(jobs.snapshot)
    except redis.RedisError:
        return JobsPage(trouble="The broker does not answer, so nothing is known of processes and queues.", loaded=True)
    except OperationalError:
        return JobsPage(
            trouble="The database does not answer, so nothing is known of cycles and failures.", loaded=True
        )
    return build(snapshot, zone)


views = Live[str](lambda: Jobs, make, lambda _zone: "", moving=("seen_at",))


class Jobs(rx.State):
    """The jobs page."""

    sentence: str = ""
    behind: str = ""
    totals: list[Total] = []
    processes: list[ProcessRow] = []
    queues: list[QueueRow] = []
    cycles: list[CycleRow] = []
    cycles_note: str = ""
    failures: list[FailureRow] = []
    schedules: list[ScheduleRow] = []
    letters: list[LetterRow] = []
    letters_note: str = ""
    crowded: list[str] = []
    running: list[RunningRow] = []
    asked: Asked = Asked()
    seen_at: float = 0
    trouble: str = ""
    loaded: bool = False

    @rx.event
    @requires(Role.VIEWER)
    async def open(self) -> None:
        """Show the page."""
        await views.open(self, session.zone(self))

    @rx.event
    @requires(Role.OPERATOR)
    async def ask(self, act: str, queue: str, subject: str) -> rx.event.EventSpec:
        """Ask before a job is requeued or discarded, or a duty runs."""
        self.asked = question(act, queue, subject, self.letters)
        return rx.call_script("showDialog('fw-jobs-ask')")

    @rx.event
    @requires(Role.OPERATOR)
    async def confirm(self, form: dict[str, Any]) -> rx.event.EventSpec:
        """Do what was asked about, for the reason in the form."""
        who, reason = await caller(self), str(form.get("reason") or "")
        try:
            said = await asyncio.to_thread(carry_out, self.asked, who.name, reason)
        except redis.RedisError as error:
            raise Unavailable("The broker does not answer, so nothing was moved. Try again in a moment.") from error
        self.asked = Asked()
        await views.open(self, session.zone(self))
        return done(said)


async def keep_fresh(app: rx.App) -> None:
    """Rewrite the page for those who look at it, until cancelled."""
    while True:
        await asyncio.sleep(EVERY_S)
        await views.write(app, "")
