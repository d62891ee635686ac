"""API keys: who holds which, making one, ending one.

A secret passes through here once, as the argument of the script that shows it. It is in no variable of the page, so
neither a reload nor a second look at the tab's state brings it back.
"""

import asyncio
import json

import reflex as rx

from webapp.core import clock
from webapp.core.errors import ForewarnError, Invalid, NotFound
from webapp.core.policies import keys as rules
from webapp.core.policies.keys import Scope
from webapp.core.policies.roles import Role
from webapp.core.services import keys
from webapp.state import session
from webapp.state.feedback import done
from webapp.state.guard import caller, requires
from webapp.state.keys_view import KeyRow, consequence, key_rows, summary

_MOST = 4000  # characters of a field that are looked at


class Keys(rx.State):
    """The page. `asked` is the key that the open dialog would revoke."""

    looks: bool = False
    changes: bool = False
    rows: list[KeyRow] = []
    counts: str = ""
    seen_at: int = 0
    problem: str = ""
    wrong: str = ""
    asked: str = ""
    asked_note: str = ""
    loaded: bool = False

    @rx.event
    @requires(Role.VIEWER)
    async def open(self) -> None:
        """Show the keys to operators and above; to others, who may see them."""
        role = (await caller(self)).role
        self.looks, self.changes = role.covers(Role.OPERATOR), role.covers(Role.ADMIN)
        self.problem, self.wrong = "", ""
        await self._list()
        self.loaded = True

    @rx.event
    @requires(Role.ADMIN)
    async def make(self, form: object) -> rx.event.EventSpec | None:
        """Make a key and show its secret, this once."""
        who = await caller(self)
        name, scopes = _text(form, "name"), [scope.value for scope in Scope if _text(form, f"scope_{scope}")]
        try:
            days = rules.days_of(_text(form, "days"))
            secret = await asyncio.to_thread(keys.issue, name, scopes, who.name, days)
        except ForewarnError as error:
            errors = error.errors if isinstance(error, Invalid) else ()
            self.problem, self.wrong = error.message, errors[0].field if errors else "name"
            return None
        self.problem, self.wrong = "", ""
        await self._list()
        path = "/api/v1/streams" if {Scope.READ, Scope.ADMIN} & set(scopes) else "/api/v1/me"
        return rx.call_script(f"showOnce({json.dumps(secret)}, {json.dumps(name)}, {json.dumps(path)})")

    @rx.event
    @requires(Role.ADMIN)
    async def ask(self, name: str) -> rx.event.EventSpec:
        """Ask before a key is revoked."""
        found = next((row for row in self.rows if row.name == name), None)
        if found is None:
            raise NotFound("There is no such API key any more. Open the page again.")
        self.asked, self.asked_note = found.name, consequence(found, clock.now())
        return rx.call_script("showDialog('fw-revoke')")

    @rx.event
    @requires(Role.ADMIN)
    async def revoke(self, form: object) -> rx.event.EventSpec:
        """End the key that was asked about."""
        who, name = await caller(self), self.asked
        reason = rules.checked_reason(_text(form, "reason"))
        await asyncio.to_thread(keys.revoke, name, who.name, reason)
        self.asked, self.asked_note = "", ""
        await self._list()
        return done(f"{name} is revoked.")

    async def _list(self) -> None:
        listed, at = await asyncio.to_thread(keys.listed) if self.looks else (), clock.now()
        self.rows, self.counts = key_rows(listed, session.zone(self), at), summary(listed, at)
        self.seen_at = round(at.timestamp() * 1000)


def _text(form: object, name: str) -> str:
    """A field of a form, which any socket client may have written."""
    value = form.get(name) if isinstance(form, dict) else None
    return value[:_MOST].strip() if isinstance(value, str) else ""
