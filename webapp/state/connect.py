"""Connecting one's own servers: test a Prometheus server, see what it would bring, connect exactly that.

The Authorization header is kept in a variable that never leaves this process; the page does not get it back.
"""

import asyncio
from typing import Any

import reflex as rx

from webapp import routes
from webapp.core.errors import ForewarnError
from webapp.core.policies.prometheus import DEFAULT
from webapp.core.policies.roles import Role
from webapp.core.services import prometheus
from webapp.state import session
from webapp.state.connect_view import PreviewRow, SourceRow, found_words, preview_rows, source_rows
from webapp.state.feedback import done
from webapp.state.guard import caller, requires


class Connect(rx.State):
    """The page. `tested` says that the preview is of what the button connects."""

    allowed: bool = False
    sources: list[SourceRow] = []
    preview: list[PreviewRow] = []
    found: str = ""
    notes: list[str] = []
    problem: str = ""
    busy: bool = False
    tested: bool = False
    loaded: bool = False
    mapping: str = DEFAULT
    _tried: dict[str, str] = {}

    @rx.event
    @requires(Role.VIEWER)
    async def open(self) -> None:
        """Show the sources; to an administrator, since their addresses say where things are."""
        self.allowed = (await caller(self)).role.covers(Role.ADMIN)
        await self._list()
        self.loaded = True

    @rx.event(background=True)
    @requires(Role.ADMIN)
    async def try_out(self, form: dict[str, Any]) -> None:
        """Ask the server of the form once. In the background: a slow one holds up nothing else of the tab."""
        asked = {name: str(form.get(name) or "").strip() for name in ("name", "url", "header", "mapping")}
        async with self:
            if self.busy:
                return
            self.busy, self.tested, self.problem = True, False, ""
            self.preview, self.found, self.notes, self._tried = [], "", [], {}
        problem, found = "", None
        try:
            mapping = asked["mapping"] or DEFAULT
            found = await asyncio.to_thread(prometheus.preview, asked["url"], asked["header"] or None, mapping)
        except ForewarnError as error:
            problem = " ".join([error.message, *(one.message for one in getattr(error, "errors", ()))][:3])
        finally:
            async with self:
                self.busy, self.problem = False, problem
                if found is not None:
                    self.preview, self.found, self.notes = preview_rows(found), found_words(found), list(found.notes)
                    self.tested, self._tried = bool(found.servers), asked

    @rx.event
    @requires(Role.ADMIN)
    async def connect(self) -> list[rx.event.EventSpec] | None:
        """Connect what was tested; its history is read in the background."""
        who, tried = await caller(self), self._tried
        if not self.tested:
            return None
        try:
            made = await asyncio.to_thread(
                prometheus.add, tried["name"], tried["url"], who.name, tried["header"] or None,
                tried["mapping"] or DEFAULT,
            )  # fmt: skip
        except ForewarnError as error:
            self.problem = error.message
            return None
        self.tested, self._tried = False, {}
        await self._list()
        return [
            done(f"{made.name} is connected; eight days of history are being read."),
            rx.redirect(routes.url(routes.FLEET, stream=made.stream)),
        ]

    @rx.event
    @requires(Role.ADMIN)
    async def remove(self, name: str) -> rx.event.EventSpec:
        """Stop reading a source; what it brought stays."""
        who = await caller(self)
        await asyncio.to_thread(prometheus.remove, name, who.name, "removed on the page Connect")
        await self._list()
        return done(f"{name} is read no more. Its stream keeps what it brought.")

    @rx.event
    @requires(Role.ADMIN)
    async def pause(self, name: str) -> rx.event.EventSpec:
        """Read a source no further for now."""
        who = await caller(self)
        await asyncio.to_thread(prometheus.set_enabled, name, False, who.name, "paused on the page Connect")
        await self._list()
        return done(f"{name} is paused: nothing new of its servers arrives.", Connect.resume(name))

    @rx.event
    @requires(Role.ADMIN)
    async def resume(self, name: str) -> rx.event.EventSpec:
        """Read a paused source on, from where it was."""
        who = await caller(self)
        await asyncio.to_thread(prometheus.set_enabled, name, True, who.name, "resumed on the page Connect")
        await self._list()
        return done(f"{name} is read on, from where it was.")

    async def _list(self) -> None:
        listed = await asyncio.to_thread(prometheus.listed) if self.allowed else ()
        self.sources = source_rows(listed, session.zone(self))
