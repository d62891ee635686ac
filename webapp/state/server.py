"""One server: what is forecast for it, and the degradations that people try on it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import reflex as rx

from ml.streams.fleet import LIBRARY, InjectionKind
from webapp.charts.ghosts import Frame
from webapp.charts.listing import Line
from webapp.core.errors import Invalid, NotFound
from webapp.core.events import Event
from webapp.core.policies.roles import Role
from webapp.core.policies.scenarios import ScenarioRequest
from webapp.core.services import explanations, inventory, maintenance, maintenance_plans, scenarios, servers
from webapp.realtime import snapshot
from webapp.state import ghosts, session, shell
from webapp.state.feedback import done
from webapp.state.ghosts_view import read, written
from webapp.state.guard import caller, requires
from webapp.state.live import Live
from webapp.state.scenarios_form import number
from webapp.state.server_build import build, chosen
from webapp.state.server_past import stretch
from webapp.state.server_view import (
    Breach,
    Chart,
    Happened,
    Head,
    Neighbour,
    Odd,
    Ran,
    Ribbon,
    ServerKey,
    ServerPage,
    Small,
    Upkeep,
    Why,
)
from webapp.state.skill_words import NOBODY, Standing

TICKS = {6: 288, 24: 288, 72: 864}
"""History to read for a stretch; the small charts always show a day."""


async def make(key: ServerKey) -> ServerPage:
    """The page of one view; a server that does not exist is a page that says so."""
    try:
        found, ran, fleet, quality = await asyncio.gather(
            asyncio.to_thread(servers.server_snapshot, key.stream, key.name, TICKS[key.hours]),
            asyncio.to_thread(scenarios.scenarios, key.stream),
            snapshot.fleet(key.stream),
            snapshot.quality(key.stream),
        )
        metric, span = chosen(key, found).metric, stretch(key, found)
        why, past = await asyncio.gather(
            asyncio.to_thread(explanations.explanation, key.stream, key.name, metric),
            asyncio.to_thread(servers.past, key.stream, key.name, metric, *span) if span else _nothing(),
        )
    except NotFound as error:
        return ServerPage(head=Head(name=key.name), missing=error.message, loaded=True)
    return build(key, found, ran, {risk.name: risk for risk in fleet.risks}, why, quality, past)


async def _nothing() -> None:
    """The address names no time of the past."""


views = Live[ServerKey](lambda: Server, make, lambda key: key.stream, moving=("seen_at",), holds=(ghosts.views,))


class Server(rx.State):
    """The server page. What selects is in its address; `problem` is what was wrong with the form, and `waiting`
    that the server shown is not the one in the address yet."""

    head: Head = Head()
    chart: Chart = Chart()
    figure: dict[str, Any] = {}
    frame: Frame = Frame()
    table: list[Line] = []
    smalls: list[Small] = []
    ribbon: Ribbon = Ribbon()
    odds: list[Odd] = []
    odds_note: str = ""
    odds_tone: str = ""
    breach: Breach = Breach()
    why: Why = Why()
    facts: list[tuple[str, str]] = []
    made_at: float = 0
    seen_at: float = 0
    made_by: str = ""
    skill: Standing = NOBODY
    calibration: str = ""
    neighbours: list[Neighbour] = []
    dependants: int = 0
    ran: list[Ran] = []
    running: int = 0
    incidents: list[Happened] = []
    every_incident: str = ""
    lever: str = ""
    upkeep: Upkeep = Upkeep()
    upkeep_problem: str = ""
    missing: str = ""
    loaded: bool = False
    problem: str = ""
    waiting: bool = False

    @rx.event
    @requires(Role.VIEWER)
    async def open(self) -> AsyncIterator[rx.event.EventSpec | None]:
        """Show the server in the address; a name that it had before leads to the present one."""
        key, asked = await self._addressed()
        name = key.name
        if name != asked:
            yield rx.redirect(key.href(), replace=True)
            return
        self.problem = self.upkeep_problem = ""
        self.waiting = self.head.name != name
        yield
        await views.open(self, key)
        await self._haunt(key)
        self.waiting = False

    @rx.event
    @requires(Role.VIEWER)
    async def keep_ghost(self) -> rx.event.EventSpec:
        """Have the address name the forecast that the handle shows; the chart moves to where it can be seen."""
        key, _ = await self._addressed()
        tick = (await self.get_state(ghosts.Ghosts)).tick
        if not tick:
            return rx.redirect(replace(key, ghost="").href(), replace=True)
        name, frame = written(tick), self.frame
        seen = frame.start <= tick < frame.start + frame.span
        key = replace(key, ghost=name, metric=self.chart.metric, at=key.at if seen else name)
        return rx.redirect(key.href(), replace=True)

    @rx.event
    @requires(Role.VIEWER)
    async def drop_ghost(self) -> rx.event.EventSpec:
        """Show no earlier forecast any more."""
        key, _ = await self._addressed()
        key = replace(key, ghost="")
        await self._haunt(key)
        return rx.redirect(key.href(), replace=True)

    @rx.event
    @requires(Role.OPERATOR)
    async def degrade(self, form: dict[str, Any]) -> rx.event.EventSpec | None:
        """Inject a degradation into this server from the next tick on."""
        who = await caller(self)
        try:
            request = requested(self.head.name, form)
            started = await asyncio.to_thread(scenarios.start, await self._stream(), request, who.name)
        except Invalid as error:
            self.problem = error.message
            return None
        self.problem = ""
        return done(f"{started.label} starts on {self.head.name} at the next tick.")

    @rx.event
    @requires(Role.OPERATOR)
    async def restore(self) -> rx.event.EventSpec:
        """End the scenario that runs here; the server is healthy again at the next tick."""
        who = await caller(self)
        await asyncio.to_thread(scenarios.stop, self.running, who.name, f"restored from the page of {self.head.name}")
        return done(f"{self.head.name} is restored at the next tick.")

    @rx.event
    @requires(Role.OPERATOR)
    async def maintain(self, form: dict[str, Any]) -> rx.event.EventSpec | None:
        """Put this server into maintenance now, for as long as the form says."""
        who, minutes, reason = await caller(self), str(form.get("minutes", "")), str(form.get("reason") or "")
        length = int(minutes) if minutes.isascii() and minutes.isdigit() and len(minutes) < 5 else 0
        try:
            made = await asyncio.to_thread(
                maintenance_plans.begin, await self._stream(), self.head.name, length, reason, who.name
            )
        except Invalid as error:
            self.upkeep_problem = error.message
            return None
        self.upkeep_problem = ""
        return done(f"{self.head.name} is in maintenance: {made.title}.", Server.end_maintenance)

    @rx.event
    @requires(Role.OPERATOR)
    async def end_maintenance(self) -> rx.event.EventSpec:
        """End the window that runs here, which is for this server alone."""
        who, slug = await caller(self), await self._stream()
        running = await asyncio.to_thread(maintenance.running_on, slug, self.head.name)
        await asyncio.to_thread(
            maintenance_plans.cancel, slug, running, who.name, f"ended from the page of {self.head.name}"
        )
        return done(f"Maintenance of {self.head.name} has ended.")

    async def _addressed(self) -> tuple[ServerKey, str]:
        """What the address means, and the name that it gives the server."""
        query = session.query(self)
        asked = unquote(self.router.url.path.rstrip("/").rsplit("/", 1)[-1]).replace("\0", "")
        slug = await shell.chosen(query)
        name = await asyncio.to_thread(inventory.current_name, slug, asked)
        return ServerKey.of(slug, session.zone(self), name, query), asked

    async def _haunt(self, key: ServerKey) -> None:
        """Show the earlier forecast that the address names, and keep it up to date."""
        wanted = ghosts.GhostKey(key.stream, key.zone, key.name, self.chart.metric, read(key.ghost))
        if not self.missing:
            await ghosts.views.open(await self.get_state(ghosts.Ghosts), wanted)

    async def _stream(self) -> str:
        return (await self.get_state(shell.Shell)).slug


def requested(server: str, form: dict[str, Any]) -> ScenarioRequest:
    """A form of the card "Try a degradation here": the library's ramp, but at most half of the duration.

    A share of a short duration would be a ramp of a tick or two, which no forecast can see coming.
    """
    kind, minutes = str(form.get("kind", "")), str(form.get("duration", "")).strip()
    if not minutes.isdecimal() or not 10 <= int(minutes) <= 24 * 60:
        raise Invalid("The duration must be 10 to 1,440 minutes.")
    info = LIBRARY.get(InjectionKind(kind)) if kind in set(InjectionKind) else None
    if info is None:
        raise Invalid("Pick a kind of degradation.")
    ticks = round(int(minutes) / 5)
    ramp = min(info.ramp, ticks // 2)
    return ScenarioRequest(
        kind=kind, assets=(server,), intensity=number(str(form.get("intensity", 80))) / 100, ramp_ticks=ramp,
        hold_ticks=ticks - ramp,
    )  # fmt: skip


async def write(app: rx.App, slug: str, _events: tuple[Event, ...]) -> None:
    """The hub's writer of the server pages."""
    await views.write(app, slug)
    await ghosts.views.write(app, slug)
