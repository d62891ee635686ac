"""A stream's models: evidence, decision, rollback, who promotes; kept up to date while it is looked at.

Each action is bound to what its person saw: a decision to an evidence, a rollback to a hash.
"""

import asyncio
from dataclasses import fields
from typing import Any

import reflex as rx

from webapp.core.clock import now
from webapp.core.errors import Conflict, Invalid, NotFound, Unavailable
from webapp.core.events import Event
from webapp.core.policies.roles import Role
from webapp.core.services import candidates, decisions, promotion_policies, promotions
from webapp.state import models_history, session
from webapp.state.feedback import done
from webapp.state.guard import caller, requires
from webapp.state.live import Live
from webapp.state.models_build import build
from webapp.state.models_view import Fact, Happened, Mark, ModelsKey, ModelsPage, Picked, Stretch, VersionItem
from webapp.state.shell import chosen


async def make(key: ModelsKey) -> ModelsPage:
    """The page of one view."""
    try:
        return build(key, await asyncio.to_thread(candidates.overview, key.stream))
    except NotFound as error:
        return ModelsPage(phase="missing", trouble=error.message)
    except Unavailable as error:
        return ModelsPage(phase="failed", trouble=f"Models cannot be read: {error.message}")


views = Live[ModelsKey](lambda: Models, make, lambda key: key.stream)


class Models(rx.State):
    """The page; its vars are the fields of `ModelsPage`, and the answer to "who was champion at"."""

    phase: str = ""
    title: str = ""
    behind: str = ""
    trouble: str = ""
    stream: str = ""
    champion: str = ""
    champion_said: str = ""
    champion_facts: list[Fact] = []
    versions: list[VersionItem] = []
    picked: Picked = Picked()
    band: list[Stretch] = []
    marks: list[Mark] = []
    happened: list[Happened] = []
    back_to: list[tuple[str, str]] = []
    may_roll_back: bool = False
    automatic: bool = False
    policy: str = ""
    answer: str = ""

    @rx.event
    @requires(Role.VIEWER)
    async def open(self) -> None:
        """Show the stream and the version in the address."""
        if await chosen(session.query(self)) != self.stream:
            self.answer = ""
        await self._show()

    @rx.event
    @requires(Role.VIEWER)
    async def ask(self, at: str) -> None:
        """Who was champion at a time."""
        zone = session.zone(self)
        moment = models_history.parsed(at, zone)
        if moment is None:
            self.answer = ""
            return
        slug = await chosen(session.query(self))
        try:
            found = await asyncio.to_thread(promotions.champion_at, slug, moment)
        except NotFound as error:
            self.answer = error.message
            return
        self.answer = models_history.answer(found, moment, zone, now())

    @rx.event
    @requires(Role.APPROVER)
    async def approve(self, form: dict[str, Any]) -> rx.event.EventSpec:
        """Let the candidate serve whose evidence was on the screen."""
        who = await caller(self)
        evidence = await self._evidence(form)
        made = await asyncio.to_thread(decisions.approve, evidence, who.name, who.role, _text(form, "reason"))
        await self._show()
        return done(f"{made.name} serves from the next tick on.")

    @rx.event
    @requires(Role.APPROVER)
    async def reject(self, form: dict[str, Any]) -> rx.event.EventSpec:
        """Decide that the candidate does not serve."""
        who = await caller(self)
        evidence = await self._evidence(form)
        made = await asyncio.to_thread(decisions.reject, evidence, who.name, who.role, _text(form, "reason"))
        await self._show()
        return done(f"{made.name} is rejected.")

    @rx.event
    @requires(Role.APPROVER)
    async def roll_back(self, form: dict[str, Any]) -> rx.event.EventSpec:
        """Let a version that served before serve again."""
        who = await caller(self)
        slug = await chosen(session.query(self))
        to, reason = _text(form, "to"), _text(form, "reason")
        served = await asyncio.to_thread(promotions.rollback, slug, to, who.name, reason)
        await self._show()
        return done(f"{served.name} serves from the next tick on.")

    @rx.event
    @requires(Role.ADMIN)
    async def set_policy(self, form: dict[str, Any]) -> rx.event.EventSpec:
        """Choose who promotes on this stream."""
        who = await caller(self)
        slug = await chosen(session.query(self))
        wanted, reason = _text(form, "promotion"), _text(form, "reason")
        held = await asyncio.to_thread(promotion_policies.change, slug, wanted, who.name, who.role, reason)
        await self._show()
        automatic = held.promotion == "automatic"
        return done("From the next candidate on, the gate promotes." if automatic else "A person decides from now on.")

    async def _evidence(self, form: dict[str, Any]) -> int:
        """The evidence that the form was about: of this stream, and a number that a row can have."""
        text = _text(form, "evidence")
        if not (text.isascii() and text.isdigit() and 0 < len(text) < 10):
            raise Invalid("This action names no evidence. Load the page again.")
        slug = await chosen(session.query(self))
        found = await asyncio.to_thread(candidates.pack, slug, int(text))
        if found.evidence.id != self.picked.evidence:
            raise Conflict("Another candidate is on the screen by now. Read its evidence, then decide.")
        return found.evidence.id

    async def _show(self) -> None:
        who = await caller(self)
        query = session.query(self)
        key = ModelsKey.of(await chosen(query), session.zone(self), who.name, who.role, query)
        await views.open(self, key)


def _text(form: dict[str, Any], name: str) -> str:
    return str(form.get(name, "")).strip()[:500]


assert {one.name for one in fields(ModelsPage)} <= set(Models.vars), "each field of the view is a var of the state"


async def write(app: rx.App, slug: str, _events: tuple[Event, ...]) -> None:
    """The hub's writer of the page."""
    await views.write(app, slug)
