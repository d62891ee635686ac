"""The page of drift: what moved, since when, what it costs, what follows; an approver sets the rule."""

import asyncio
from typing import Any

import reflex as rx

from webapp.core.clock import now
from webapp.core.errors import Conflict, FieldError, Invalid, NotFound
from webapp.core.events import Event
from webapp.core.policies import drift_reports as policy
from webapp.core.policies.roles import Role
from webapp.core.services import drift_pages, drift_retraining
from webapp.realtime import snapshot
from webapp.state import session
from webapp.state.drift_view import Decision, DriftKey, DriftPage, Episode, Line, Need, Picked, Rule, build
from webapp.state.drift_view import chosen as chosen_cell
from webapp.state.feedback import done
from webapp.state.guard import caller, requires
from webapp.state.live import Live
from webapp.state.shell import chosen, milliseconds


async def make(key: DriftKey) -> DriftPage:
    """The page of one view."""
    stream = next((one for one in await snapshot.all_streams() if one.slug == key.stream), None)
    try:
        found = await asyncio.to_thread(drift_pages.snapshot, key.stream)
        found = await asyncio.to_thread(drift_pages.snapshot, key.stream, *chosen_cell(found, key))
    except NotFound as error:
        return DriftPage(missing=error.message, loaded=True)
    if stream is None:
        return DriftPage(missing="This stream has just been made; look again in a moment.", loaded=True)
    return build(key, found, stream, milliseconds(now()))


views = Live[DriftKey](lambda: Drift, make, lambda key: key.stream, moving=("seen_at",))


class Drift(rx.State):
    """The page; its vars are the fields of `DriftPage`, and what the forms need."""

    sentence: str = ""
    behind: str = ""
    going_on: bool = False
    stale: str = ""
    lines: list[Line] = []
    waiting: str = ""
    picked: Picked = Picked()
    episodes: list[Episode] = []
    decisions: list[Decision] = []
    rule: Rule = Rule()
    needs: list[Need] = []
    reference: str = ""
    seen_at: float = 0
    missing: str = ""
    loaded: bool = False
    may_change: bool = False
    form: int = 0
    problems: dict[str, str] = {}
    again_problem: str = ""

    @rx.event
    @requires(Role.VIEWER)
    async def open(self) -> None:
        """Show the stream and the cell in the address."""
        self.may_change = (await caller(self)).role.covers(Role.APPROVER)
        await views.open(self, await self._key())

    @rx.event
    @requires(Role.APPROVER)
    async def save(self, form: dict[str, Any]) -> rx.event.EventSpec | None:
        """Set when drift starts a training."""
        who, key = await caller(self), await self._key()
        self.problems = {}
        try:
            made = await asyncio.to_thread(
                drift_retraining.change, key.stream, _rule(form), who.name, _text(form, "reason")
            )
        except Invalid as error:
            self.problems = {one.field: one.message for one in error.errors}
            return None
        except Conflict as error:
            self.problems = {"reason": error.message}
            return None
        self.form += 1
        await views.open(self, key)
        return done("Drift starts trainings again." if made.enabled else "Drift starts no training.")

    @rx.event
    @requires(Role.APPROVER)
    async def restart(self, form: dict[str, Any]) -> rx.event.EventSpec | None:
        """Take what is now as what is usual."""
        who, key = await caller(self), await self._key()
        self.again_problem = ""
        try:
            await asyncio.to_thread(drift_retraining.restart, key.stream, who.name, _text(form, "why"))
        except (Invalid, Conflict) as error:
            self.again_problem = error.message
            return None
        self.form += 1
        await views.open(self, key)
        return done("The reference begins anew with the next hour.")

    async def _key(self) -> DriftKey:
        query = session.query(self)
        return DriftKey.of(await chosen(query), session.zone(self), query)


def _text(form: object, name: str) -> str:
    said = form.get(name) if isinstance(form, dict) else None
    return said if isinstance(said, str) else ""


def _rule(form: object) -> policy.Rule:
    """The rule that a form holds. Raises Invalid that names the field."""
    hours = {name: _whole(form, name) for name in ("open_hours", "new_hours", "pause_hours")}
    return policy.Rule(_text(form, "enabled") != "off", **hours, minutes=_whole(form, "minutes"))


def _whole(form: object, name: str) -> int:
    text = _text(form, name).strip()
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        message = "Write a whole number."
        raise Invalid(message, (FieldError(name, message),))
    return int(text)


async def write(app: rx.App, slug: str, _events: tuple[Event, ...]) -> None:
    """The hub's writer of the page."""
    await views.write(app, slug)
