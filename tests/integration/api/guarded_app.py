"""A small console to attack: one state of each kind that Forewarn uses, behind the real guard.

The handlers write down that they ran in a file, so that a test sees what a client cannot.
"""

import os
from pathlib import Path

import reflex as rx

from webapp.api.app import create_api
from webapp.core.policies.roles import Role
from webapp.state import guard, sockets

RAN = Path(os.environ["GUARDED_RAN"])


def ran(name: str) -> None:
    """Write down that a handler ran."""
    with RAN.open("a") as file:
        file.write(name + "\n")


class Board(rx.State):
    """What people see and do."""

    secret: str = ""
    stored: str = rx.LocalStorage("")

    @rx.event
    @guard.requires(Role.VIEWER)
    async def look(self) -> None:
        ran("look")
        self.secret = f"for {(await guard.caller(self)).name}"

    @rx.event
    @guard.requires(Role.OPERATOR)
    async def degrade(self, server: str) -> None:
        ran(f"degrade {server}")

    @rx.event(background=True)
    @guard.requires(Role.OPERATOR)
    async def degrade_later(self) -> None:
        ran("degrade_later")

    @rx.event
    @guard.requires(Role.VIEWER)
    async def escalate(self):
        ran("escalate")
        return Board.degrade("chained")

    @rx.event
    async def unmarked(self) -> None:
        ran("unmarked")


class Wall(rx.SharedState):
    """What browsers with the same view share."""

    numbers: str = ""

    @rx.event
    @guard.requires(Role.VIEWER)
    async def join(self) -> None:
        linked = await self._link_to("wall")
        linked.numbers = "private to people who signed in"


app = rx.App(api_transformer=create_api(), backend_exception_handler=guard.explain)
app.add_page(rx.text(Board.secret), route="/", on_load=[Board.look])
app.add_page(rx.text("hello"), route="/sign-in")
guard.install(app)
app.register_lifespan_task(sockets.watch)
