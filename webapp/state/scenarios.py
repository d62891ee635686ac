"""Scenarios: start, push, stop, restore; what runs, and how it turned out."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import reflex as rx

from ml.streams.fleet import LIBRARY, InjectionKind
from webapp.charts.timeline import EMPTY, Timeline, effect_path
from webapp.core.errors import FieldError, Invalid, NotFound
from webapp.core.events import Event
from webapp.core.policies.roles import Role
from webapp.core.policies.scenarios import ScenarioRequest
from webapp.core.services import experiments, scenarios, servers
from webapp.realtime import snapshot
from webapp.state import scenarios_words as words
from webapp.state import session, shell
from webapp.state.feedback import done
from webapp.state.guard import caller, requires
from webapp.state.live import Live
from webapp.state.scenarios_build import Facts, build, shown
from webapp.state.scenarios_form import FIELDS, draft_of, number, request_of
from webapp.state.scenarios_view import PROFILES, Experiment, Form, Kind, Run, ScenariosKey, ScenariosPage


async def make(key: ScenariosKey) -> ScenariosPage:
    """The page of one view."""
    try:
        fleet, ran = await asyncio.gather(
            snapshot.fleet(key.stream), asyncio.to_thread(scenarios.scenarios, key.stream)
        )
    except NotFound as error:
        return ScenariosPage(trouble=error.message, loaded=True)
    one = shown(key, ran)
    if one is None:
        return build(key, Facts(fleet, ran, None, None))
    experiment = await asyncio.to_thread(experiments.experiment, key.stream, one.id, key.asset or None)
    measured = None
    if one.status in words.LIVE:
        page = await asyncio.to_thread(servers.server_snapshot, key.stream, experiment.asset)
        measured = next(each for each in page.metrics if each.metric == experiment.metric)
    return build(key, Facts(fleet, ran, experiment, measured))


views = Live[ScenariosKey](lambda: Scenarios, make, lambda key: key.stream, moving=("clock_at", "clock_seen"))


class Scenarios(rx.State):
    """The scenarios page. `draft` is what the form holds while it is edited; `problems` what is wrong with it."""

    sentence: str = ""
    behind: str = ""
    running: int = 0
    kinds: list[Kind] = []
    experiment: Experiment = Experiment()
    bar: Timeline = EMPTY
    figure: dict[str, Any] = {}
    form: Form = Form()
    names: list[str] = []
    runs: list[Run] = []
    runs_note: str = ""
    clock_at: float = 0
    clock_seen: float = 0
    clock_speed: float = 0
    clock_until: float = 0
    trouble: str = ""
    loaded: bool = False
    problems: dict[str, str] = {}
    effect: str = ""
    effect_words: str = ""
    _draft: dict[str, str] = {}

    @rx.event
    @requires(Role.VIEWER)
    async def open(self) -> AsyncIterator[None]:
        """Show what the address selects."""
        query = session.query(self)
        before = self.form.key
        await views.open(self, ScenariosKey.of(await shell.chosen(query), session.zone(self), query))
        self.problems = {}
        if self.form.key != before:
            self._draft = draft_of(self.form)
        self._picture()
        yield

    @rx.event
    @requires(Role.VIEWER)
    async def edit(self, name: str, text: str) -> None:
        """A field of the form changed: draw what it would do."""
        if name in FIELDS:
            self._draft = {**self._draft, name: text[:500]}
            self._picture()

    @rx.event
    @requires(Role.VIEWER)
    async def slide(self, value: float) -> None:
        """The slider was moved. A handler of its own, since a debounce holds back every call of its handler."""
        self._draft = {**self._draft, "intensity": str(round(value))}
        self._picture()

    @rx.event
    @requires(Role.VIEWER)
    async def pick_kind(self, kind: str) -> rx.event.EventSpec | None:
        """Another kind of degradation: the address holds it."""
        key = await self._key()
        return rx.redirect(key.href(kind=kind, again=0)) if kind in set(InjectionKind) else None

    @rx.event
    @requires(Role.VIEWER)
    async def add(self, text: str) -> list[rx.event.EventSpec] | None:
        """A server or "all web servers" was picked or typed."""
        name, key = text.strip(), await self._key()
        if name not in self.names:
            return None
        emptied = rx.call_script("document.getElementById('fw-add').value = ''")
        if name.startswith("all "):
            profile = name.removeprefix("all ").removesuffix("servers").strip() or "all"
            return [emptied, rx.redirect(key.href(profile=profile if profile in PROFILES else "", servers=()))]
        return [emptied, rx.redirect(key.href(servers=(*key.servers, name), profile=""))]

    @rx.event
    @requires(Role.VIEWER)
    async def leave_add(self, text: str) -> None:
        """The field of servers was left: what does not exist is said there."""
        wrong = bool(text.strip()) and text.strip() not in self.names
        rest = {name: sentence for name, sentence in self.problems.items() if name != "assets"}
        self.problems = {**rest, "assets": f"There is no server called {text.strip()[:60]}."} if wrong else rest

    @rx.event
    @requires(Role.OPERATOR)
    async def start(self, form: dict[str, Any]) -> list[rx.event.EventSpec] | None:
        """Inject what the form says, from the next tick on."""
        who, key = await caller(self), await self._key()
        try:
            asked = request_of(form, key, self.form.kind)
            started = await asyncio.to_thread(scenarios.start, key.stream, asked, who.name)
        except Invalid as error:
            self.problems = _by_field(error)
            return None
        self.problems = {}
        shown_now = key.href(selected=started.id, asset="", again=0)
        return [done(f"{started.label} starts on {words.on(started)} at the next tick."), rx.redirect(shown_now)]

    @rx.event
    @requires(Role.OPERATOR)
    async def push(self) -> list[rx.event.EventSpec]:
        """Make the servers of the running experiment fail within the hour."""
        who, key = await caller(self), await self._key()
        every = await asyncio.to_thread(scenarios.scenarios, key.stream)
        one = next((each for each in every if each.id == self.experiment.id), None)
        if one is None:
            raise NotFound("This experiment is not here any more.")
        label = LIBRARY[InjectionKind.CRITICAL].label
        asked = ScenarioRequest(
            kind=InjectionKind.CRITICAL.value, assets=one.assets, hypothesis=f"{label}, pushed while {one.label} ran."
        )
        started = await asyncio.to_thread(scenarios.start, key.stream, asked, who.name)
        return [
            done(f"{words.on(started)} will fail within the hour."),
            rx.redirect(key.href(selected=started.id, asset="")),
        ]

    @rx.event
    @requires(Role.OPERATOR)
    async def restore(self) -> rx.event.EventSpec:
        """End the experiment; its servers are healthy at the next tick."""
        who = await caller(self)
        ended = await asyncio.to_thread(
            scenarios.stop, self.experiment.id, who.name, "restored from the scenarios page"
        )
        if not ended.began:
            return done(f"{ended.label} on {words.on(ended)} was cancelled before it began.")
        return done(f"Cancelled. Healthy again at the next tick: {words.on(ended)}.")

    @rx.event
    @requires(Role.OPERATOR)
    async def stop_everything(self) -> rx.event.EventSpec:
        """End every experiment of the stream."""
        who, key = await caller(self), await self._key()
        count = await asyncio.to_thread(scenarios.stop_all, key.stream, who.name, "stopped from the scenarios page")
        return done(f"{count} experiment{'s were' if count != 1 else ' was'} cancelled; every server is restored.")

    async def _key(self) -> ScenariosKey:
        query = session.query(self)
        return ScenariosKey.of((await self.get_state(shell.Shell)).slug, session.zone(self), query)

    def _picture(self) -> None:
        """The shape of the effect and its sentence, from the draft as far as it can be read."""
        info, form = LIBRARY[InjectionKind(self.form.kind or "memory_leak")], self.form
        percent, *lengths = (number(self._draft.get(name, "")) for name in FIELDS)
        ramp, hold, recover = (round(one / 5) for one in lengths)
        self.effect = effect_path(ramp, hold, recover, min(percent, 100) / 100)
        self.effect_words = words.effect(info, ramp, hold, percent, form.metric_limit, form.metric_default)


def _by_field(error: Invalid) -> dict[str, str]:
    """The sentences of an error, at their fields."""
    wrong = error.errors or (FieldError("assets", error.message),)
    return {one.field: one.message for one in wrong}


async def write(app: rx.App, slug: str, _events: tuple[Event, ...]) -> None:
    """The hub's writer of the scenarios pages."""
    await views.write(app, slug)
