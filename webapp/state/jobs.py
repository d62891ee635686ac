"""What Forewarn itself is doing and what it uses."""

import asyncio

import redis
import reflex as rx

from webapp.core.db import OperationalError
from webapp.core.policies.roles import Role
from webapp.core.services import jobs
from webapp.state import session
from webapp.state.guard import requires
from webapp.state.jobs_build import build
from webapp.state.jobs_view import CycleRow, FailureRow, JobsPage, ProcessRow, QueueRow, ScheduleRow, Total
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
    seen_at: float = 0
    trouble: str = ""
    loaded: bool = False

    @rx.event
    @requires(Role.VIEWER)
    async def open(self) -> None:
        """Show the page."""
        await views.open(self, session.zone(self))


async def keep_fresh(app: rx.App) -> None:
    """Rewrite the page for those who look at it, until cancelled."""
    while True:
        await asyncio.sleep(EVERY_S)
        await views.write(app, "")
