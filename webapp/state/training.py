"""Trainings of a stream's model: asked for, watched, cancelled, taken up again; and when they start by themselves."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import reflex as rx

from webapp.core.clock import now
from webapp.core.db import OperationalError
from webapp.core.errors import FieldError, ForewarnError, Invalid, NotFound
from webapp.core.events import Event, EventKind
from webapp.core.policies import schedules as plans
from webapp.core.policies import training_runs as recipes
from webapp.core.policies.roles import Role
from webapp.core.services import schedules, streams, training_runs
from webapp.state import session
from webapp.state.feedback import done
from webapp.state.guard import caller, requires
from webapp.state.live import Live
from webapp.state.shell import chosen, said
from webapp.state.training_build import FORM, Found, build, coming
from webapp.state.training_view import NO_RUN, NO_SCHEDULE, RunCard, RunRow, ScheduleCard, TrainingKey, TrainingPage

EVERY_S: Final = 2.0
"""While something trains: its worker is heard each two seconds, and no event tells of that."""
KINDS: Final = frozenset({EventKind.TRAINING_CHANGED, EventKind.MODEL_CHANGED, EventKind.STREAM_CHANGED})
_LIMIT: Final = 50


async def make(key: TrainingKey) -> TrainingPage:
    """The page of one view."""
    try:
        return build(await asyncio.to_thread(_find, key.stream), key)
    except NotFound as error:
        return TrainingPage(trouble=error.message, loaded=True)


def _find(slug: str) -> Found:
    stream, runs = streams.stream(slug), training_runs.listed(slug, _LIMIT)
    champion = f"{stream.model} {stream.version}" if stream.version else ""
    return Found(runs, schedules.facts(slug), schedules.schedule(slug), champion, now())


views = Live[TrainingKey](lambda: Training, make, lambda key: key.stream, moving=("seen_at",))


class Training(rx.State):
    """The page; its first vars are the fields of `TrainingPage`. `problems` stand at the fields of the form, `wrong` at
    those of the schedule; `preview` is when what is typed there would start."""

    sentence: str = ""
    behind: str = ""
    run: RunCard = NO_RUN
    rows: list[RunRow] = []
    stored: str = ""
    blocked: str = ""
    schedule: ScheduleCard = NO_SCHEDULE
    schedule_key: str = ""
    seen_at: float = 0
    trouble: str = ""
    loaded: bool = False
    form: dict[str, str] = FORM
    turn: int = 0
    problems: dict[str, str] = {}
    wrong: dict[str, str] = {}
    preview: str = ""
    times: list[list[str]] = []
    _draft: dict[str, str] = {}

    @rx.event
    @requires(Role.VIEWER)
    async def open(self) -> None:
        """Show the run that the address selects, else the newest."""
        self._forget()
        await views.open(self, await self._key())

    @rx.event
    @requires(Role.VIEWER)
    async def edit_schedule(self, name: str, text: str) -> None:
        """A time is being typed: say what it means and when that would be."""
        if name not in ("cron", "zone"):
            return
        self._draft = {**self._draft, name: text[:200].strip()}
        typed = {**self.schedule.form, **self._draft}
        try:
            words, zone, times = await asyncio.to_thread(
                schedules.preview, typed.get("cron", ""), typed.get("zone", "")
            )
        except Invalid as error:
            self.preview, self.times, self.wrong = "", [], {**_by_field(error)}
            return
        self.preview, self.times, self.wrong = words, coming(times, zone), {}

    @rx.event
    @requires(Role.OPERATOR)
    async def request(self, form: dict[str, Any]) -> list[rx.event.EventSpec] | None:
        """Queue the training that the form asks for."""
        who, key = await caller(self), await self._key()
        self.form = {name: _text(form, name) or usual for name, usual in FORM.items()}
        try:
            recipe, why = recipes.read(form), plans.reason(form.get("reason"))
            made = await asyncio.to_thread(training_runs.request, key.stream, recipe, who.name, why)
        except ForewarnError as error:
            self.problems = _every(error, form)
            return None
        self.form, self.problems, self.turn = FORM, {}, self.turn + 1
        await views.open(self, TrainingKey(key.stream, key.zone, 0))
        return [done(f"Run {made.id} is queued: it starts from {made.start}."), rx.redirect(_plain(key))]

    @rx.event
    @requires(Role.OPERATOR)
    async def cancel(self, form: dict[str, Any]) -> rx.event.EventSpec:
        """End a run; its checkpoint stays."""
        who = await caller(self)
        one = await asyncio.to_thread(training_runs.cancel, _number(form), who.name, said(form))
        ends = "is cancelled" if one.ended_at else "ends between two batches, within seconds"
        return done(f"Run {one.id} {ends}. Its checkpoint stays.")

    @rx.event
    @requires(Role.OPERATOR)
    async def resume(self, run: int) -> rx.event.EventSpec:
        """Let a run that stopped go on from its checkpoint."""
        who = await caller(self)
        why = "taken up again on the page Training"
        one = await asyncio.to_thread(training_runs.again, run if 0 < run < 2**31 else 0, who.name, why)
        return done(f"Run {one.id} is queued again; it goes on from its checkpoint.")

    @rx.event
    @requires(Role.OPERATOR)
    async def run_now(self, form: dict[str, Any]) -> list[rx.event.EventSpec]:
        """Start what the schedule starts, without waiting for its time."""
        who, key = await caller(self), await self._key()
        made = await asyncio.to_thread(schedules.run_now, key.stream, who.name, said(form))
        return [done(f"Run {made.id} is queued: it starts from {made.start}."), rx.redirect(_plain(key))]

    @rx.event
    @requires(Role.APPROVER)
    async def save_schedule(self, form: dict[str, Any]) -> rx.event.EventSpec | None:
        """Let the plan in the form hold from now on."""
        who, key = await caller(self), await self._key()
        try:
            plan = plans.read({**form, "seed": self.schedule.form.get("seed", "1")})
            made = await asyncio.to_thread(
                schedules.change, key.stream, plan, who.name, plans.reason(form.get("reason"))
            )
        except Invalid as error:
            self.wrong = _by_field(error)
            return None
        self._forget()
        await views.open(self, key)
        return done(f"From now on: {made.words}." if made.enabled else "The schedule is off.")

    def _forget(self) -> None:
        self.problems, self.wrong, self.preview, self.times, self._draft = {}, {}, "", [], {}

    async def _key(self) -> TrainingKey:
        query = session.query(self)
        return TrainingKey.of(await chosen(query), session.zone(self), query)


def _plain(key: TrainingKey) -> str:
    return f"/training?stream={key.stream}"


def _number(form: Mapping[str, Any]) -> int:
    """The run that a form names; 0, which there is not, for anything else."""
    text = _text(form, "run")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _text(form: Mapping[str, Any], name: str) -> str:
    value = form.get(name)
    return value[:200] if isinstance(value, str) else ""


def _by_field(error: ForewarnError) -> dict[str, str]:
    """The sentences of an error, at their fields; what concerns no field stands at the button."""
    wrong = getattr(error, "errors", ()) or (FieldError("all", error.message),)
    return {one.field: one.message for one in wrong}


def _every(error: ForewarnError, form: Mapping[str, Any]) -> dict[str, str]:
    """The same, with the reason that is missing beside whatever else is wrong."""
    found = _by_field(error)
    try:
        plans.reason(form.get("reason"))
    except Invalid as unsaid:
        found = {**found, **_by_field(unsaid)}
    return found


async def write(app: rx.App, slug: str, _events: tuple[Event, ...]) -> None:
    """The hub's writer of the training pages."""
    await views.write(app, slug)


async def keep_fresh(app: rx.App) -> None:
    """Say when the workers were heard, to those who look, until cancelled."""
    while True:
        await asyncio.sleep(EVERY_S)
        if views.watched(app):
            for slug in await _at_work():
                await views.write(app, slug)


async def _at_work() -> frozenset[str]:
    try:
        return await asyncio.to_thread(training_runs.at_work)
    except OperationalError:
        return frozenset()  # the frame says that the database does not answer
