"""Breaches that happened: the open ones first, kept up to date by the hub."""

import asyncio
from dataclasses import fields
from typing import Any

import reflex as rx

from webapp.core.errors import NotFound, Unavailable
from webapp.core.events import Event
from webapp.core.policies.roles import Role
from webapp.core.services import incidents
from webapp.state import session
from webapp.state.fleet_choices import Choice
from webapp.state.guard import requires
from webapp.state.incidents_build import build
from webapp.state.incidents_view import FILTERS, PAGE, IncidentKey, IncidentPage, IncidentRow
from webapp.state.live import Live
from webapp.state.shell import chosen


async def make(key: IncidentKey) -> IncidentPage:
    """The page of one view."""
    try:
        first = (key.page - 1) * PAGE
        return build(key, await asyncio.to_thread(incidents.snapshot, key.stream, key.wanted, first, PAGE))
    except NotFound:
        return IncidentPage()
    except Unavailable as error:
        return IncidentPage(phase="failed", trouble=f"Incidents cannot be read: {error.message}")


views = Live[IncidentKey](lambda: Incidents, make, lambda key: key.stream, keepable=True)


class Incidents(rx.State):
    """The page; its vars are the fields of `IncidentPage`."""

    phase: str = ""
    title: str = ""
    behind: str = ""
    news: str = ""
    rows: list[IncidentRow] = []
    scopes: list[Choice] = []
    metrics: list[tuple[str, str]] = []
    profiles: list[tuple[str, str]] = []
    server: str = ""
    metric: str = ""
    profile: str = ""
    since: str = ""
    until: str = ""
    every: str = ""
    csv: str = ""
    range_text: str = ""
    pages: list[Choice] = []
    simulated: bool = False
    trouble: str = ""

    @rx.event
    @requires(Role.VIEWER)
    async def open(self) -> None:
        """Show what the address selects."""
        await views.open(self, await self._key())

    @rx.event
    @requires(Role.VIEWER)
    async def pick(self, name: str, value: str) -> rx.event.EventSpec | None:
        """Another value of one filter: the address holds it."""
        return rx.redirect((await self._key()).href(**{name: value.strip()[:128]})) if name in FILTERS else None

    @rx.event
    @requires(Role.VIEWER)
    async def find(self, form: dict[str, Any]) -> rx.event.EventSpec:
        """Enter in the field of names."""
        return rx.redirect((await self._key()).href(server=str(form.get("server", "")).strip()[:128]))

    async def _key(self) -> IncidentKey:
        query = session.query(self)
        return IncidentKey.of(await chosen(query), session.zone(self), query)


assert {one.name for one in fields(IncidentPage)} <= set(Incidents.vars), "each field of the view is a var of the state"


async def write(app: rx.App, slug: str, _events: tuple[Event, ...]) -> None:
    """The hub's writer of the pages of incidents."""
    await views.write(app, slug)
