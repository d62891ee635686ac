"""Planned maintenance: what comes, for whom, in whose time; planning, changing and cancelling it."""

import asyncio
from typing import Any

import reflex as rx

from webapp.core.errors import FieldError, ForewarnError, Invalid, NotFound
from webapp.core.events import Event
from webapp.core.policies import maintenance_words as words
from webapp.core.policies.roles import Role
from webapp.core.services import maintenance, maintenance_plans, streams
from webapp.state import maintenance_form as forms
from webapp.state import session, shell
from webapp.state.feedback import done
from webapp.state.guard import caller, requires
from webapp.state.live import Live
from webapp.state.maintenance_build import build
from webapp.state.maintenance_view import NOTHING, Fortnight, MaintenanceKey, MaintenancePage, SimulatedRow, WindowRow


async def make(key: MaintenanceKey) -> MaintenancePage:
    """The page of one view."""
    try:
        return build(key, await asyncio.to_thread(maintenance.overview, key.stream))
    except NotFound as error:
        return MaintenancePage(trouble=error.message, loaded=True)


views = Live[MaintenanceKey](lambda: Maintenance, make, lambda key: key.stream)


class Maintenance(rx.State):
    """The page. `form` is what its form begins with and `turn` which form that is; `kind`, `who` and `days` decide
    what it asks; `problems` are the sentences at its fields."""

    sentence: str = ""
    behind: str = ""
    zone: str = ""
    zone_own: str = ""
    zone_note: str = ""
    calendar: Fortnight = NOTHING
    rows: list[WindowRow] = []
    simulated: list[SimulatedRow] = []
    simulated_note: str = ""
    groups: list[tuple[str, str]] = []
    plain: str = ""
    trouble: str = ""
    loaded: bool = False
    form: dict[str, str] = forms.BLANK
    turn: int = 0
    editing: int = 0
    kind: str = forms.WEEKLY
    who: str = forms.NAMED
    days: list[str] = []
    preview: list[str] = []
    hint: str = ""
    problems: dict[str, str] = {}
    zone_problem: str = ""
    _draft: dict[str, str] = {}

    @rx.event
    @requires(Role.VIEWER)
    async def open(self) -> None:
        """Show what the address selects."""
        key = await self._key()
        await views.open(self, key)
        await self._begin(key)

    @rx.event
    @requires(Role.VIEWER)
    async def edit(self, name: str, text: str) -> None:
        """A field of the form changed: say when that would be."""
        if name in forms.FIELDS:
            self._draft = {**self._draft, name: str(text)[: forms.LONGEST]}
            self.who = self._draft.get("who", forms.NAMED)
            await self._say()

    @rx.event
    @requires(Role.VIEWER)
    async def ask(self, kind: str) -> None:
        """Each week, or once."""
        if kind in (forms.WEEKLY, forms.ONCE):
            self.kind, self._draft = kind, {**self._draft, "kind": kind}
            await self._say()

    @rx.event
    @requires(Role.VIEWER)
    async def toggle(self, day: str) -> None:
        """One day of the week more or less."""
        self.days = forms.toggled(self.days, day)
        self._draft = {**self._draft, "days": " ".join(self.days)}
        await self._say()

    @rx.event
    @requires(Role.OPERATOR)
    async def save(self, form: dict[str, Any]) -> list[rx.event.EventSpec] | None:
        """Plan what the form says, or change the window that is in it."""
        who, key = await caller(self), await self._key()
        was = self.editing
        try:
            asked = forms.request_of({**self._draft, **forms.texts(form)})
            if was:
                made = await asyncio.to_thread(maintenance_plans.change, key.stream, was, asked, who.name)
            else:
                made = await asyncio.to_thread(maintenance_plans.add, key.stream, asked, who.name)
        except ForewarnError as error:
            self.problems = _by_field(error)
            return None
        undo = Maintenance.put_back(was, made.id) if was and made.id != was else Maintenance.cancel(made.id)
        said = f"{made.title}, {words.whom(made)}, {words.when(made)}."
        await self._begin(MaintenanceKey(key.stream, key.zone))
        return [done(f"{'Changed' if was else 'Planned'}: {said}", undo), rx.redirect(key.href())]

    @rx.event
    @requires(Role.OPERATOR)
    async def cancel(self, window: int) -> rx.event.EventSpec:
        """End a window; one that runs ends now."""
        who, key = await caller(self), await self._key()
        ended = await asyncio.to_thread(
            maintenance_plans.cancel, key.stream, forms.number(window), who.name, "cancelled on the page Maintenance"
        )
        return done(f"{ended.title} is cancelled.", Maintenance.put_back(ended.id, 0))

    @rx.event
    @requires(Role.OPERATOR)
    async def put_back(self, window: int, instead_of: int) -> rx.event.EventSpec:
        """Undo: plan an ended window again, instead of the one that replaced it."""
        who, key = await caller(self), await self._key()
        made = await asyncio.to_thread(
            maintenance_plans.put_back, key.stream, forms.number(window), who.name, forms.number(instead_of)
        )
        return done(f"{made.title} is planned again: {words.when(made)}.")

    @rx.event
    @requires(Role.OPERATOR)
    async def set_zone(self, form: dict[str, Any]) -> rx.event.EventSpec | None:
        """Plan in another zone from now on."""
        who, key = await caller(self), await self._key()
        try:
            view = await asyncio.to_thread(streams.set_zone, key.stream, str(form.get("zone") or "").strip(), who.name)
        except Invalid as error:
            self.zone_problem = error.message
            return None
        self.zone_problem = ""
        await self._say()
        return done(f"Maintenance of {key.stream} is planned in {view.zone}. Windows that are planned keep their zone.")

    async def _begin(self, key: MaintenanceKey) -> None:
        """A form of its own for each window, and an empty one after each change."""
        view = await asyncio.to_thread(maintenance.overview, key.stream) if not self.trouble else None
        one = next((each for each in view.planned if each.id == key.edit), None) if view else None
        self.form = forms.form_of(one, view, key) if view else forms.BLANK
        self.editing, self.turn = one.id if one else 0, self.turn + 1
        self.kind, self.who, self.days = self.form["kind"], self.form["who"], self.form["days"].split()
        self._draft, self.problems, self.zone_problem = dict(self.form), {}, ""
        await self._say()

    async def _say(self) -> None:
        """The next occurrences of the draft, or what is missing still."""
        key = await self._key()
        if self.trouble:
            return
        view = await asyncio.to_thread(maintenance.overview, key.stream)
        self.preview, self.hint = forms.preview(self._draft, view, key.zone, self.editing)

    async def _key(self) -> MaintenanceKey:
        query = session.query(self)
        return MaintenanceKey.of(await shell.chosen(query), session.zone(self), query)


def _by_field(error: ForewarnError) -> dict[str, str]:
    """The sentences of an error, at their fields; what concerns no field stands at the button."""
    wrong = getattr(error, "errors", ()) or (FieldError("all", error.message),)
    return {one.field: one.message for one in wrong}


async def write(app: rx.App, slug: str, _events: tuple[Event, ...]) -> None:
    """The hub's writer of the maintenance pages."""
    await views.write(app, slug)
