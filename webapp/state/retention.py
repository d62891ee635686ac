"""Retention: what the store takes, what is kept how long, and what another limit would do before it holds."""

import asyncio
from typing import Any

import reflex as rx

from webapp.core.clock import now
from webapp.core.errors import FieldError, ForewarnError, Invalid, Unavailable
from webapp.core.policies import retention as rules
from webapp.core.policies.retention import Limits
from webapp.core.policies.roles import Role
from webapp.core.services import preferences, retention, storage
from webapp.state import session
from webapp.state.feedback import done
from webapp.state.guard import caller, requires
from webapp.state.live import Live
from webapp.state.retention_build import LABELS, build, consequence
from webapp.state.retention_view import Kept, Part, RetentionPage, Swept

EVERY_S = 2.0


class Watch:
    """What the tabs that look were told last."""

    told: tuple[object, ...] | None = None


async def make(zone: str) -> RetentionPage:
    """The page, seen from a zone."""
    try:
        return build(await asyncio.to_thread(storage.snapshot), zone)
    except Unavailable as error:
        return RetentionPage(trouble=f"The store cannot be looked at: {error.message}", loaded=True)


views = Live[str](lambda: Retention, make, lambda _zone: "", moving=("counted_at", "seen_at"))


class Retention(rx.State):
    """The page. `asked` says that the preview is of what the button applies."""

    sentence: str = ""
    behind: str = ""
    counted_at: float = 0
    seen_at: float = 0
    warning: str = ""
    free: str = ""
    parts: list[Part] = []
    kept: list[Kept] = []
    swept: list[Swept] = []
    sweeping: bool = False
    form: dict[str, str] = {}
    form_key: str = ""
    trouble: str = ""
    loaded: bool = False
    may_change: bool = False
    problems: dict[str, str] = {}
    preview: list[str] = []
    asked: bool = False
    _wanted: dict[str, int | None] = {}
    _reason: str = ""

    @rx.event
    @requires(Role.VIEWER)
    async def open(self) -> None:
        """Show the page."""
        self.may_change = (await caller(self)).role.covers(Role.ADMIN)
        self._forget()
        Watch.told = None  # what this tab is shown may be as it was before when the next look comes
        await views.open(self, session.zone(self))

    @rx.event
    @requires(Role.VIEWER)
    async def edit(self, _text: str) -> None:
        """A field of the form changed: the preview is of something else."""
        self._forget()

    @rx.event
    @requires(Role.ADMIN)
    async def try_out(self, form: dict[str, Any]) -> None:
        """Say what the form's limits would do at the next sweep; nothing is changed yet."""
        self._forget()
        try:
            wanted, self._reason = rules.read(form), rules.reason(form.get("reason"))
            told = await asyncio.to_thread(storage.preview, wanted)
        except Invalid as error:
            self.problems = {one.field: one.message for one in error.errors or (FieldError("reason", error.message),)}
            return
        self._wanted = {name: getattr(wanted, name) for name in rules.NAMES}
        self.preview, self.asked = consequence(told, session.zone(self), now()), True

    @rx.event
    @requires(Role.ADMIN)
    async def apply(self) -> rx.event.EventSpec | None:
        """Let exactly what was previewed hold from the next sweep on."""
        who = await caller(self)
        if not self.asked:
            return None
        wanted, reason = Limits(**self._wanted), self._reason  # type: ignore[arg-type]
        room = await asyncio.to_thread(storage.room)
        changed = await asyncio.to_thread(preferences.change, wanted, room, who.name, reason)
        self._forget()
        await views.open(self, session.zone(self))
        return done("These limits hold from the next sweep on." if changed else "They hold already.")

    @rx.event
    @requires(Role.ADMIN)
    async def reset_limit(self, name: str) -> rx.event.EventSpec | None:
        """Back to the installation's setting."""
        who = await caller(self)
        if name not in LABELS:
            return None
        reason = "back to the installation's setting, on the page Retention"
        await asyncio.to_thread(preferences.reset, [name], who.name, reason)
        self._forget()
        await views.open(self, session.zone(self))
        return done(f"{LABELS[name]}: the installation's setting holds again.")

    @rx.event
    @requires(Role.ADMIN)
    async def sweep_now(self) -> rx.event.EventSpec:
        """Do not wait for the next sweep."""
        who = await caller(self)
        await asyncio.to_thread(retention.ask, who.name, "asked for on the page Retention")
        await views.open(self, session.zone(self))
        return done("A sweep begins as soon as a worker is free.")

    def _forget(self) -> None:
        self.problems, self.preview, self.asked = {}, [], False
        self._wanted, self._reason = {}, ""


async def keep_fresh(app: rx.App) -> None:
    """Rewrite the page for those who look at it, when there is something to tell, until cancelled."""
    while True:
        await asyncio.sleep(EVERY_S)
        if views.watched(app) and await news():
            await views.write(app, "")


async def news() -> bool:
    """Whether a sweep, a limit or the size changed, or the database does not answer."""
    try:
        stands = await asyncio.to_thread(storage.stamp)
    except ForewarnError:
        Watch.told = None
        return True
    told, Watch.told = Watch.told, stands
    return told != stands
