"""One's own sessions and password. The password is posted by the browser itself, since it brings a new cookie."""

import asyncio

import reflex as rx

from webapp.core.clock import now
from webapp.core.policies.roles import Role
from webapp.core.services import sessions, users
from webapp.state import session
from webapp.state.feedback import done
from webapp.state.guard import caller, requires
from webapp.state.shell_view import milliseconds
from webapp.state.you_view import SessionRow, problem_of, rows, sentence


class You(rx.State):
    """The page."""

    sentence: str = ""
    rows: list[SessionRow] = []
    seen_at: float = 0
    others: bool = False
    external: bool = False
    has_password: bool = False
    asks_old: bool = False
    wrong: dict[str, str] = {}
    changed: bool = False
    loaded: bool = False

    @rx.event
    @requires(Role.VIEWER)
    async def open(self) -> None:
        """Show one's sessions, and how changing the password went."""
        query = session.query(self)
        field, said = problem_of(query.get("error", ""), query.get("left", ""), query.get("minutes", ""))
        self.wrong = {field: said} if field else {}
        self.changed = query.get("done") == "password"
        await self._show()
        self.loaded = True

    @rx.event
    @requires(Role.VIEWER)
    async def end(self, number: int) -> rx.event.EventSpec | None:
        """Sign one's other browser out."""
        who = await caller(self)
        if isinstance(number, bool) or not isinstance(number, int) or not 0 < number < 2**31:
            return None
        await asyncio.to_thread(sessions.end, number, who)
        if number == who.session_id:
            return None
        await self._show()
        return done("That browser is signed out.")

    @rx.event
    @requires(Role.VIEWER)
    async def end_others(self) -> rx.event.EventSpec:
        """Sign all one's other browsers out."""
        ended = await asyncio.to_thread(sessions.end_others, await caller(self))
        await self._show()
        return done("1 other browser is signed out." if ended == 1 else f"{ended} other browsers are signed out.")

    async def _show(self) -> None:
        own = await asyncio.to_thread(users.own, await caller(self))
        self.rows, self.sentence, self.seen_at = rows(own, session.zone(self)), sentence(own), milliseconds(now())
        self.others = len(self.rows) > 1
        self.external, self.has_password, self.asks_old = own.provider is not None, own.has_password, own.asks_old
