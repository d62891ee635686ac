"""From runs, facts and a schedule to everything that the page Training shows. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from webapp import routes
from webapp.charts.curve import curve
from webapp.core.policies import schedules, wording, zones
from webapp.core.policies.schedules import Facts
from webapp.core.policies.training_runs import LEASE, Mode, Recipe, Status
from webapp.core.policies.wording import SPACE
from webapp.core.views.schedules import DueView, ScheduleRunView, TrainingSchedule
from webapp.core.views.training_runs import TrainingView
from webapp.state import training_words as words
from webapp.state.shell_view import milliseconds
from webapp.state.training_view import NO_RUN, HistoryRow, RunCard, RunRow, ScheduleCard, TrainingKey, TrainingPage

FORM: Final = {
    "mode": Mode.FINE_TUNE.value, "days": "30", "simulated_servers": "0", "minutes": "10", "seed": "1",
}  # fmt: skip
"""What the form of a training begins with."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the page is made of."""

    runs: Sequence[TrainingView]
    facts: Facts
    schedule: TrainingSchedule
    champion: str
    at: datetime


def build(found: Found, key: TrainingKey) -> TrainingPage:
    """The page of one view."""
    chosen = next((one for one in found.runs if one.id == key.run), next(iter(found.runs), None))
    missing = f"There is no run {key.run} of {key.stream}." if key.run and (not chosen or chosen.id != key.run) else ""
    first, behind = _sentence(found, key)
    plan = _schedule(found.schedule, key, found.at)
    return TrainingPage(
        sentence=first, behind=behind, trouble=missing,
        run=NO_RUN if chosen is None else _card(chosen, found, key),
        rows=[_row(one, key, found.at, chosen) for one in found.runs],
        stored=_stored(found.facts), blocked=_blocked(found.facts), schedule=plan,
        schedule_key=" ".join(plan.form.values()), seen_at=milliseconds(found.at), loaded=True,
    )  # fmt: skip


def _sentence(found: Found, key: TrainingKey) -> tuple[str, str]:
    if not found.runs:
        return "Nothing was trained here yet.", f"{_begin(found)} {_next(found.schedule)}"
    newest = found.runs[0]
    if newest.cancelling and not Status(newest.status).over:
        return f"Run {newest.id} is being cancelled; its checkpoint stays.", _next(found.schedule)
    if newest.status == Status.QUEUED:
        return f"Run {newest.id} waits for the training worker.", f"{words.recipe(newest.recipe)}."
    if newest.status == Status.RUNNING:
        return _progress(newest), f"It starts from {newest.start}; its candidate serves nobody until it is approved."
    ended = wording.clock_time(newest.ended_at or found.at, key.zone, found.at)
    came = f"became the candidate {newest.candidate}" if newest.candidate else words.status(newest)[0]
    if newest.status == Status.CANCELLED:
        came = "was cancelled"
    return f"Nothing trains now. Run {newest.id} {came} at {ended}.", _next(found.schedule)


def _progress(one: TrainingView) -> str:
    if words.fitted(one):
        return f"Run {one.id} is trained; what is left takes a moment more."
    left = "" if one.minutes_left is None else f", {wording.duration(one.minutes_left)} left of this network"
    return f"Run {one.id} trains a candidate: {_percent(one)}{left}."


def _percent(one: TrainingView) -> str:
    return f"{round(100 * words.done(one))}{SPACE}%"


def _begin(found: Found) -> str:
    start = f"{found.champion}, which serves now" if found.champion else "no model: nothing serves this stream yet"
    return f"A training starts from {start}. Its candidate serves nobody until somebody approves it."


def _next(plan: TrainingSchedule) -> str:
    if not plan.enabled:
        return "The schedule is off."
    return f"By schedule a training starts {plan.words}."


def _row(one: TrainingView, key: TrainingKey, at: datetime, chosen: TrainingView | None) -> RunRow:
    word, sign, tone = words.status(one)
    return RunRow(
        id=one.id, href=routes.training(key.stream, one.id), status=word, sign=sign, tone=tone,
        when=wording.clock_time(one.queued_at, key.zone, at), took=words.took(one, at) or "not begun",
        versions=f"{_number(one.start)} \u2192 {_number(one.candidate)}" if one.candidate else _number(one.start),
        data=words.data(one, key.zone), by=one.by, reason=one.note or one.reason,
        current=chosen is not None and chosen.id == one.id,
    )  # fmt: skip


def _number(version: str | None) -> str:
    return (version or "").rpartition(" ")[2]


def _card(one: TrainingView, found: Found, key: TrainingKey) -> RunCard:
    state = Status(one.status)
    word, sign, tone = words.status(one)
    again = {Status.FAILED: "Try again", Status.CANCELLED: "Resume"}.get(state, "")
    running = state is Status.RUNNING
    return RunCard(
        id=one.id, title=f"Run {one.id}", status=word, sign=sign, tone=tone, phase=_phase(one, found.at),
        note=_note(one), alive=not state.over, running=running, cancelling=one.cancelling and not state.over,
        again=again, width=f"{100 * words.done(one):.1f}%", figures=_figures(one, found.at) if running else [],
        heard_at=milliseconds(one.seen_at) if running else 0, curve=curve(one.curve, words.epochs(one), words.NETWORKS),
        facts=words.facts(one, key.zone, found.at), candidate=one.candidate or "",
        evidence=routes.candidate(key.stream, one.candidate_id) if one.candidate_id else "",
    )  # fmt: skip


def _phase(one: TrainingView, at: datetime) -> str:
    if one.status == Status.QUEUED:
        return "Waits for the training worker"
    if one.status != Status.RUNNING:
        return ""
    if one.seen_at is not None and at - one.seen_at > LEASE:
        return "Its worker fell silent; another takes it over within seconds, from the last checkpoint"
    return one.phase or "Begins"


def _note(one: TrainingView) -> str:
    if one.status == Status.CANCELLED and one.started_at is None:
        return "Cancelled before it began."
    said = one.note or ""
    return f"{said[:1].upper()}{said[1:]}{'' if said.endswith('.') else '.'}" if said else ""


def _figures(one: TrainingView, at: datetime) -> list[list[str]]:
    left = "not known yet" if one.minutes_left is None else wording.duration(one.minutes_left)
    left = "nothing" if words.fitted(one) else left
    speed = "not known yet" if one.steps_per_s is None else f"{one.steps_per_s:.1f}{SPACE}steps/s"
    return [
        ["Done", _percent(one)], ["Left, this network", left], ["Throughput", speed],
        ["Trains for", words.took(one, at)], ["Tries", str(one.attempts)],
    ]  # fmt: skip


def _stored(found: Facts) -> str:
    servers = f"{found.servers:,} server{'' if found.servers == 1 else 's'}"
    return f"{schedules.length(found.stored)} of {servers} are stored"


def _blocked(found: Facts) -> str:
    """What keeps any training from starting; few servers do not, since the form can add simulated ones."""
    if found.busy:
        return f"One training at a time: {found.busy}."
    return "" if found.champion else "Nothing serves this stream yet: there is no model to start from."


def _schedule(plan: TrainingSchedule, key: TrainingKey, at: datetime) -> ScheduleCard:
    recipe = Recipe(**plan.recipe)  # type: ignore[arg-type]
    form = {
        "cron": plan.cron, "zone": plan.zone_own, "enabled": "on" if plan.enabled else "", "mode": recipe.mode,
        "days": str(recipe.days), "simulated_servers": str(recipe.simulated_servers), "minutes": f"{recipe.minutes:g}",
        "seed": str(recipe.seed),
    }  # fmt: skip
    return ScheduleCard(
        sentence=f"{plan.words[:1].upper()}{plan.words[1:]}" if plan.enabled else "Off: nothing starts by itself",
        zone=plan.zone, coming=coming(plan.coming, plan.zone),
        note=_clock(plan), last=plan.last_outcome, enabled=plan.enabled, recipe=words.recipe(plan.recipe),
        by=_decided(plan, key, at), form=form, history=[_past(one, key, plan.zone, at) for one in plan.history],
    )  # fmt: skip


def coming(times: Sequence[DueView], zone: str) -> list[list[str]]:
    """The next times as clocks in their zone show them, and what daylight saving does to them."""
    here = zones.zone_named(zone)
    return [[f"{one.at.astimezone(here):%a %d %b %H:%M}", one.note] for one in times]


def _clock(plan: TrainingSchedule) -> str:
    if not plan.clock_set:
        return ""
    return "By the clock on the wall, not by the stream's own, which can run faster."


def _decided(plan: TrainingSchedule, key: TrainingKey, at: datetime) -> str:
    if plan.changed_at is None:
        return "the default; nobody has decided otherwise"
    return f"decided by {plan.changed_by}, {wording.clock_time(plan.changed_at, key.zone, at)}"


def _past(one: ScheduleRunView, key: TrainingKey, zone: str, at: datetime) -> HistoryRow:
    started = one.outcome == schedules.Outcome.STARTED
    asked = "" if one.due_at is not None else f"at once, by {one.by}: "
    return HistoryRow(
        when=wording.clock_time(one.due_at or one.at, zone, at), outcome=one.outcome,
        sign="check" if started else "minus", tone="fw-pass" if started else "fw-second",
        run="" if one.run_id is None else f"run {one.run_id}",
        href="" if one.run_id is None else routes.training(key.stream, one.run_id),
        why=f"{asked}{one.reason or 'on time'}",
    )  # fmt: skip
