"""The frame around every page: which stream, its clock, the safety lever, who is signed in."""

import asyncio
from typing import Any

import reflex as rx

from webapp.core.errors import Conflict
from webapp.core.events import Event
from webapp.core.policies.roles import Role
from webapp.core.services import scenarios, streams
from webapp.realtime import snapshot
from webapp.state import session
from webapp.state.feedback import done
from webapp.state.guard import caller, requires
from webapp.state.live import Live
from webapp.state.shell_view import StreamItem, make, milliseconds, running_clock
from webapp.state.skill_words import NOBODY, Standing

__all__ = ["Shell", "StreamItem", "chosen", "milliseconds", "running_clock", "write"]

views = Live[tuple[str, str]](lambda: Shell, make, lambda _key: "", moving=("clock_at", "clock_seen"), page=False)


class Shell(rx.State):
    """The frame. Its defaults say nothing of anybody: they go to whoever opens the socket."""

    slug: str = ""
    kind: str = ""
    known: bool = False
    streams: list[StreamItem] = []
    clock_at: float = 0
    clock_seen: float = 0
    clock_speed: float = 0
    clock_until: float = 0
    clock_label: str = ""
    clock_short: str = ""
    zone: str = ""
    planned_in: str = ""
    speed: str = ""
    live: bool = False
    paused: bool = False
    health: str = ""
    health_tone: str = ""
    champion: str = ""
    skill: Standing = NOBODY
    made_at: float = 0
    simulated: bool = True
    injection_allowed: bool = True
    injection_note: str = ""
    running: int = 0
    incidents: int = 0
    candidates: int = 0
    trouble: str = ""
    trouble_tone: str = ""
    injection_by: str = ""
    injection_why: str = ""
    person: str = ""
    initials: str = ""
    role: str = ""

    @rx.event
    @requires(Role.VIEWER)
    async def open(self) -> None:
        """Fill the frame for the stream in the address, else the first one; every page loads this first."""
        who = await caller(self)
        self.person, self.role, self.initials = who.name, who.role.value, session.initials(who.name)
        await views.open(self, (await chosen(session.query(self)), session.zone(self)))

    @rx.event
    @requires(Role.OPERATOR)
    async def set_speed(self, speed: str) -> rx.event.EventSpec:
        """Let the stream's clock run at another speed."""
        who, before, wanted = await caller(self), self.speed, streams.read_speed(speed)
        await asyncio.to_thread(streams.set_speed, self.slug, wanted, who.name)
        pace = f"{wanted:g}×" if wanted else "full speed"
        return done(f"{self.slug} runs at {pace}.", Shell.set_speed(before))

    @rx.event
    @requires(Role.OPERATOR)
    async def pause(self) -> rx.event.EventSpec:
        """Stop the stream's clock."""
        who = await caller(self)
        await asyncio.to_thread(streams.pause, self.slug, who.name)
        return done(f"The clock of {self.slug} is paused.", Shell.resume)

    @rx.event
    @requires(Role.OPERATOR)
    async def resume(self) -> rx.event.EventSpec:
        """Let the stream's clock run on."""
        who = await caller(self)
        await asyncio.to_thread(streams.resume, self.slug, who.name)
        return done(f"The clock of {self.slug} runs on.", Shell.pause)

    @rx.event
    @requires(Role.OPERATOR)
    async def stop_injection(self) -> rx.event.EventSpec:
        """Pull the safety lever: one click, no question."""
        who = await caller(self)
        try:
            stopped = await asyncio.to_thread(scenarios.stop_injection, self.slug, who.name)
        except Conflict as error:
            return done(error.message)  # somebody was faster: what was asked for holds
        ended = f" {stopped} scenario{'s were' if stopped != 1 else ' was'} ended." if stopped else ""
        why = ("Say why", rx.call_script("document.getElementById('fw-why').showModal()"))
        return done(f"Injection is stopped on {self.slug}.{ended}", then=why)

    @rx.event
    @requires(Role.OPERATOR)
    async def explain_stop(self, form: dict[str, Any]) -> rx.event.EventSpec:
        """Add the reason for which one pulled the lever."""
        who = await caller(self)
        await asyncio.to_thread(scenarios.explain_stop, self.slug, who.name, said(form))
        return done("The reason is kept with the stop.")

    @rx.event
    @requires(Role.OPERATOR)
    async def allow_injection(self, form: dict[str, Any]) -> rx.event.EventSpec:
        """Release the safety lever, with the reason that the form asked for."""
        who = await caller(self)
        await asyncio.to_thread(scenarios.allow_injection, self.slug, who.name, said(form))
        return done("Injection is allowed again.")


def said(form: dict[str, Any]) -> str:
    """The reason in a form, which any client of the socket may have made."""
    reason = form.get("reason", "")
    return reason[:2000] if isinstance(reason, str) else ""


async def chosen(query: dict[str, str]) -> str:
    """The stream that an address means: the one it names, else the first that has servers."""
    every = await snapshot.all_streams()
    if query.get("stream") in {one.slug for one in every}:
        return query["stream"]
    first = next((one for one in every if one.servers), next(iter(every), None))
    return query.get("stream") or (first.slug if first else "")


async def write(app: rx.App, slug: str, _events: tuple[Event, ...]) -> None:
    """The hub's writer of the frame: it lists every stream, so any change concerns every tab."""
    await views.write(app, slug)
