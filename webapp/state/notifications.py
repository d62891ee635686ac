"""Notifications: who outside hears of what, a test that says how it went, the last messages.

What a form holds of secrets passes through once and is kept in no variable.
"""

import asyncio
from typing import Any

import reflex as rx

from webapp.core.clock import now
from webapp.core.errors import Conflict, FieldError, Invalid, NotFound, Unavailable
from webapp.core.policies.deliveries import State
from webapp.core.policies.notifications import FIELDS, Kind, Topic
from webapp.core.policies.roles import Role
from webapp.core.services import notifications
from webapp.state import session
from webapp.state.feedback import done
from webapp.state.guard import caller, requires, toast
from webapp.state.live import Live
from webapp.state.notifications_build import build
from webapp.state.notifications_view import DeliveryRow, NotificationsPage, TargetRow

EVERY_S = 2.0
_SHOWN = 30


async def make(key: tuple[bool, str]) -> NotificationsPage:
    """The page, for administrators or others, seen from a zone."""
    try:
        found = await asyncio.to_thread(notifications.snapshot, _SHOWN)
    except Unavailable as error:
        return NotificationsPage(trouble=f"The targets cannot be read: {error.message}", loaded=True)
    return build(*found, *key, now())


views = Live[tuple[bool, str]](lambda: Notifications, make, lambda _key: "")


class Notifications(rx.State):
    """The page. `kind` is what the form adds; `testing` the target that is being tested."""

    sentence: str = ""
    behind: str = ""
    targets: list[TargetRow] = []
    deliveries: list[DeliveryRow] = []
    trouble: str = ""
    loaded: bool = False
    may_change: bool = False
    kind: str = Kind.SLACK.value
    added: int = 0
    problems: dict[str, str] = {}
    testing: str = ""

    @rx.event
    @requires(Role.VIEWER)
    async def open(self) -> None:
        """Show the page."""
        self.may_change = (await caller(self)).role.covers(Role.ADMIN)
        self.problems, self.testing = {}, ""
        await self._show()

    @rx.event
    @requires(Role.VIEWER)
    async def pick_kind(self, kind: str) -> None:
        """Another kind of target: its fields."""
        if kind in set(Kind):
            self.kind, self.problems = kind, {}

    @rx.event
    @requires(Role.ADMIN)
    async def add(self, form: dict[str, Any]) -> rx.event.EventSpec | None:
        """Store what the form says."""
        who = await caller(self)
        fields = {name: form.get(name) for name in ("name", *FIELDS[Kind(self.kind)])}
        topics = [topic.value for topic in Topic if form.get(f"topic_{topic}")]
        try:
            made = await asyncio.to_thread(
                notifications.add, {**fields, "kind": self.kind, "topics": topics}, who.name
            )  # fmt: skip
        except (Invalid, Conflict) as error:
            wrong = getattr(error, "errors", ()) or (FieldError("name", error.message),)
            self.problems = {one.field: one.message for one in wrong}
            return None
        self.problems, self.added = {}, self.added + 1
        await self._show()
        return done(f"{made.name} is added. Send it a test.")

    @rx.event(background=True)
    @requires(Role.ADMIN)
    async def test(self, name: str) -> rx.event.EventSpec | None:
        """Send something harmless now. In the background: a slow target holds up nothing else of the tab."""
        async with self:
            if self.testing:
                return None
            who, self.testing = await caller(self), str(name)[:48]
        try:
            sent = await asyncio.to_thread(notifications.test, str(name), who.name)
        except NotFound as error:
            return toast(error.message)
        finally:
            async with self:
                self.testing = ""
                await self._show()
        if sent.state == State.SENT:
            return done(f"{sent.target} took the test.")
        return toast(f"{sent.target}: {sent.error}")

    @rx.event
    @requires(Role.ADMIN)
    async def set_enabled(self, name: str, enabled: bool) -> rx.event.EventSpec:
        """Pause a target, or let it hear again."""
        who = await caller(self)
        reason = "on the page Notifications"
        await asyncio.to_thread(notifications.set_enabled, str(name), enabled is True, who.name, reason)
        await self._show()
        return done(f"{name} hears again." if enabled else f"{name} is paused: it hears of nothing.")

    @rx.event
    @requires(Role.ADMIN)
    async def set_topic(self, name: str, topic: str, on: bool) -> rx.event.EventSpec | None:
        """Let a target hear of a topic, or no more."""
        who = await caller(self)
        row = next((one for one in self.targets if one.name == name), None)
        if row is None or topic not in set(Topic):
            return None
        heard = {*row.topics, topic} if on is True else {*row.topics} - {topic}
        words = [one.value for one in Topic if one.value in heard]
        await asyncio.to_thread(notifications.set_topics, name, words, who.name)
        await self._show()
        return None

    @rx.event
    @requires(Role.ADMIN)
    async def remove(self, name: str) -> rx.event.EventSpec:
        """Forget a target with its secrets."""
        who = await caller(self)
        await asyncio.to_thread(notifications.remove, str(name), who.name, "removed on the page Notifications")
        await self._show()
        return done(f"{name} is removed, and its secrets with it.")

    async def _show(self) -> None:
        await views.open(self, (self.may_change, session.zone(self)))


async def keep_fresh(app: rx.App) -> None:
    """Rewrite the page for those who look at it, until cancelled; a tab is sent what differs from what it shows."""
    while True:
        await asyncio.sleep(EVERY_S)
        if views.watched(app):
            await views.write(app, "")
