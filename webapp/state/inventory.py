"""The inventory: every server of a stream, and what is done to one. What selects is in the address.

`problem` says what was wrong with the form called `wrong`; it stands beside that form until the next try.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import reflex as rx

from webapp.core.errors import Conflict, Invalid, NotFound
from webapp.core.events import Event
from webapp.core.policies.roles import Role
from webapp.core.services import dependencies, inventory, merges, profiles
from webapp.state import session, shell
from webapp.state.feedback import done
from webapp.state.fleet_choices import Choice
from webapp.state.guard import caller, requires
from webapp.state.inventory_build import build, changes
from webapp.state.inventory_view import (
    ChangeRow,
    EdgeRow,
    InventoryKey,
    InventoryPage,
    InventoryRow,
    Panel,
    RuleRow,
)
from webapp.state.live import Live

_LONGEST_TEXT = 2_000_000
_SHORT = 600


async def make(key: InventoryKey) -> InventoryPage:
    """The page of one view."""
    try:
        found = await asyncio.to_thread(inventory.inventory, key.stream)
    except NotFound as error:
        return InventoryPage(missing=error.message, loaded=True)
    return build(key, found)


views = Live[InventoryKey](lambda: Inventory, make, lambda key: key.stream, moving=("seen_at",))


def text_of(form: dict[str, Any], name: str, most: int = _SHORT) -> str:
    """A field of a form; whatever is no text is none."""
    value = form.get(name)
    return value.strip()[:most] if isinstance(value, str) else ""


class Inventory(rx.State):
    """The page."""

    slug: str = ""
    view: str = "servers"
    sentence: str = ""
    behind: str = ""
    tabs: list[Choice] = []
    settable: bool = False
    locked: str = ""
    filters: list[Choice] = []
    rows: list[InventoryRow] = []
    range_text: str = ""
    pages: list[Choice] = []
    q: str = ""
    every: str = ""
    one: Panel = Panel()
    names: list[str] = []
    rules: list[RuleRow] = []
    rules_text: str = ""
    edges: list[EdgeRow] = []
    graph_text: str = ""
    circles: str = ""
    seen_at: float = 0
    missing: str = ""
    loaded: bool = False
    problem: str = ""
    wrong: str = ""
    preview: list[ChangeRow] = []
    preview_said: str = ""
    tried: bool = False
    _tried: tuple[str, str, str] = ("", "", "")

    @rx.event
    @requires(Role.VIEWER)
    async def open(self) -> None:
        """Show what the address selects."""
        self._forget()
        await views.open(self, await self._key())

    @rx.event
    @requires(Role.VIEWER)
    async def find(self, form: dict[str, Any]) -> rx.event.EventSpec:
        """Search by name, former name or profile: the address holds it."""
        return rx.redirect((await self._key()).href(q=text_of(form, "q", 60), page=1))

    @rx.event
    @requires(Role.VIEWER)
    async def download(self) -> rx.event.EventSpec:
        """The dependencies as a CSV file."""
        text = await asyncio.to_thread(dependencies.written, self.slug, csv=True)
        return rx.download(data=text, filename=f"{self.slug}-dependencies.csv")

    @rx.event
    @requires(Role.OPERATOR)
    async def set_profile(self, form: dict[str, Any]) -> rx.event.EventSpec | None:
        """Say what the open server does, or leave that to the rules."""
        name, wanted, reason = self.one.name, text_of(form, "profile"), text_of(form, "reason")
        return await self._do(
            "profile", lambda who: profiles.set_by_hand(self.slug, name, wanted, who, reason),
            lambda held: f"{name} is forecast as {held} from the next cycle on.",
        )  # fmt: skip

    @rx.event
    @requires(Role.OPERATOR)
    async def set_needs(self, form: dict[str, Any]) -> rx.event.EventSpec | None:
        """Say what the open server depends on, a name a line."""
        name, reason = self.one.name, text_of(form, "reason")
        needs = [line.strip() for line in text_of(form, "needs", 20_000).splitlines() if line.strip()]
        return await self._do(
            "needs", lambda who: dependencies.set_needs(self.slug, name, needs, who, reason),
            lambda held: f"{name} depends on {', '.join(held[:3]) or 'no other server'}"
            + (f" and {len(held) - 3} more." if len(held) > 3 else "."),
        )  # fmt: skip

    @rx.event
    @requires(Role.OPERATOR)
    async def retire(self, form: dict[str, Any]) -> rx.event.EventSpec | None:
        """Forecast and count the open server no more."""
        name, reason = self.one.name, text_of(form, "reason")
        return await self._do(
            "retire", lambda who: inventory.retire(self.slug, name, who, reason),
            lambda _: f"{name} is retired. Its history stays.",
        )  # fmt: skip

    @rx.event
    @requires(Role.OPERATOR)
    async def restore(self, form: dict[str, Any]) -> rx.event.EventSpec | None:
        """Forecast the open server again."""
        name, reason = self.one.name, text_of(form, "reason")
        return await self._do(
            "restore", lambda who: inventory.restore(self.slug, name, who, reason),
            lambda _: f"{name} is forecast again from the next cycle on.",
        )  # fmt: skip

    @rx.event
    @requires(Role.ADMIN)
    async def rename(self, form: dict[str, Any]) -> list[rx.event.EventSpec] | None:
        """Give the open server another name; the address follows."""
        name, wanted, reason = self.one.name, text_of(form, "name"), text_of(form, "reason")
        said = await self._do(
            "rename", lambda who: inventory.rename(self.slug, name, wanted, who, reason),
            lambda held: f"{name} is called {held} now. Whoever sends the old name still means it.",
        )  # fmt: skip
        return None if said is None else [said, rx.redirect((await self._key()).href(server=wanted))]

    @rx.event
    @requires(Role.ADMIN)
    async def merge(self, form: dict[str, Any]) -> list[rx.event.EventSpec] | None:
        """Make the open server another name of a second one, which is opened."""
        name, into, reason = self.one.name, text_of(form, "into"), text_of(form, "reason")
        said = await self._do(
            "merge", lambda who: merges.merge(self.slug, name, into, who, reason),
            lambda ticks: f"{name} is {into} now; {ticks:,} of its observations fill gaps.",
        )  # fmt: skip
        return None if said is None else [said, rx.redirect((await self._key()).href(server=into))]

    @rx.event
    @requires(Role.ADMIN)
    async def separate(self, form: dict[str, Any]) -> rx.event.EventSpec | None:
        """Make two servers of one again."""
        name, reason = text_of(form, "name"), text_of(form, "reason")
        return await self._do(
            "separate", lambda who: merges.separate(self.slug, name, who, reason),
            lambda ticks: f"{name} stands for itself again; {ticks:,} copied observations were taken back.",
        )  # fmt: skip

    @rx.event
    @requires(Role.OPERATOR)
    async def try_rules(self, form: dict[str, Any]) -> None:
        """Show what other rules would change; nothing is stored."""
        text = text_of(form, "rules", _LONGEST_TEXT)
        self._forget()
        try:
            found = await asyncio.to_thread(profiles.preview, self.slug, text)
        except (Invalid, NotFound) as error:
            self.problem, self.wrong = error.message, "rules"
            return
        self.preview, self.preview_said = changes(found)
        self.tried, self._tried = True, (text, text_of(form, "reason"), self.rules_text)

    @rx.event
    @requires(Role.OPERATOR)
    async def apply_rules(self) -> rx.event.EventSpec | None:
        """Put exactly what was tried into force."""
        if not self.tried:
            return None
        text, reason, before = self._tried
        return await self._do(
            "rules", lambda who: profiles.set_rules(self.slug, text, before, who, reason),
            lambda changed: f"The rules are in force; {changed:,} servers have another profile from the next cycle on.",
        )  # fmt: skip

    @rx.event
    @requires(Role.OPERATOR)
    async def set_graph(self, form: dict[str, Any]) -> rx.event.EventSpec | None:
        """Put a whole graph in the place of the one there is."""
        text, reason = text_of(form, "graph", _LONGEST_TEXT), text_of(form, "reason")
        return await self._do(
            "graph", lambda who: dependencies.set_graph(self.slug, text, who, reason),
            lambda moved: f"{moved[0]:,} dependencies came, {moved[1]:,} went.",
        )  # fmt: skip

    async def _do(
        self, form: str, change: Callable[[str], Any], said: Callable[[Any], str]
    ) -> rx.event.EventSpec | None:
        """One change, what is said of it, and the page as it is then; or what was wrong, beside its form."""
        who = await caller(self)
        self.problem = self.wrong = ""
        try:
            result = await asyncio.to_thread(change, who.name)
        except (Invalid, Conflict, NotFound) as error:
            self.problem, self.wrong = error.message, form
            return None
        self._forget()
        await views.open(self, await self._key())
        return done(said(result))

    def _forget(self) -> None:
        """What was said of an earlier try."""
        self.problem = self.wrong = self.preview_said = ""
        self.preview, self.tried, self._tried = [], False, ("", "", "")

    async def _key(self) -> InventoryKey:
        query = session.query(self)
        return InventoryKey.of(await shell.chosen(query), session.zone(self), query)


async def write(app: rx.App, slug: str, _events: tuple[Event, ...]) -> None:
    """The hub's writer of the inventory pages."""
    await views.write(app, slug)
