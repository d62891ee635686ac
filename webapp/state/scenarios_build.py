"""From a stream's scenarios and one experiment to everything that the scenarios page shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ml.schema import metric
from ml.streams.fleet import LIBRARY, KindInfo
from webapp.charts.fan import Scope, tone
from webapp.charts.hover import TICK
from webapp.charts.lanes import Crossing, lane_scope, lanes_figure
from webapp.charts.timeline import EMPTY, timeline
from webapp.core.policies import wording
from webapp.core.policies.risks import P_STAR
from webapp.core.policies.wording import SPACE
from webapp.core.views.fleet import FleetSnapshot
from webapp.core.views.scenarios import ExperimentView, ScenarioView
from webapp.core.views.server import MetricView
from webapp.state import scenarios_words as words
from webapp.state.scenarios_form import form_of
from webapp.state.scenarios_view import Experiment, Kind, Run, ScenariosKey, ScenariosPage
from webapp.state.shell import running_clock

_MOST_RUNS = 60
_MOST_TABS = 4


@dataclass(frozen=True)
class Facts:
    """What the page is made of. `measured` is the experiment's metric on its server, for the crossing's range."""

    fleet: FleetSnapshot
    ran: tuple[ScenarioView, ...]
    experiment: ExperimentView | None
    measured: MetricView | None

    @property
    def now(self) -> datetime:
        """Stream time: the origin of the newest forecast."""
        return self.fleet.stream.origin_at or self.fleet.stream.clock.at


def build(key: ScenariosKey, facts: Facts) -> ScenariosPage:
    """The page of `key`."""
    form = form_of(key, facts.fleet, facts.ran)
    at, seen, speed, until = running_clock(facts.fleet.stream)
    first, behind = words.sentence(facts.ran, datetime.fromtimestamp(at / 1000, UTC))  # as the countdown beside it
    zone = wording.zone_named(key.zone)
    one = facts.experiment
    return ScenariosPage(
        sentence=first, behind=form.lever or behind, running=sum(each.status in words.LIVE for each in facts.ran),
        kinds=[_kind(key, facts, info, info.kind == form.kind) for info in LIBRARY.values()],
        experiment=_experiment(key, facts, one) if one else Experiment(),
        bar=timeline(one.scenario, facts.now, zone) if one else EMPTY,
        figure=_figure(key, facts, one) if one else {}, form=form,
        names=[*(f"all {profile} servers" for profile in _profiles(facts)), "all servers",
               *(risk.name for risk in facts.fleet.risks)],
        runs=[_run(key, facts, each) for each in facts.ran[:_MOST_RUNS]], runs_note=_note(facts.ran),
        clock_at=at, clock_seen=seen, clock_speed=speed, clock_until=until, loaded=True,
    )  # fmt: skip


def shown(key: ScenariosKey, ran: Sequence[ScenarioView]) -> ScenarioView | None:
    """The run in the address, else the newest that is alive, else none."""
    wanted = [one for one in ran if one.id == key.selected] or [one for one in ran if one.status in words.LIVE]
    return wanted[0] if wanted else None


def _profiles(facts: Facts) -> list[str]:
    return sorted({risk.profile for risk in facts.fleet.risks})


def _kind(key: ScenariosKey, facts: Facts, info: KindInfo, selected: bool) -> Kind:
    count, verdict, title = words.verdict(facts.ran, info)
    return Kind(
        info.kind.value, info.label, words.SHORT[info.kind], words.SIGNS[info.kind], count, verdict, title,
        key.href(kind=info.kind.value, again=0), selected,
    )  # fmt: skip


def _experiment(key: ScenariosKey, facts: Facts, view: ExperimentView) -> Experiment:
    one = view.scenario
    name, text, first_tone, note, to = _first(key, facts, view)
    warned, warned_note = _forewarned(key, facts, one)
    guard_name, guard, guard_note = words.guard(one, view.guard_now)
    state, _, state_tone = words.state(one)
    label = wording.label(view.metric)
    return Experiment(
        id=one.id, title=one.label, server=view.asset, seed=f"seed {one.seed}", hypothesis=one.hypothesis, state=state,
        why=words.why(one) if one.ended_by else "",
        tone=state_tone.removeprefix("fw-"), live=one.status in words.LIVE, first_name=name, first_text=text,
        first_tone=first_tone, first_note=note, breach_ms=to, forewarned=warned, forewarned_note=warned_note,
        guard_name=guard_name, guard=guard, guard_note=guard_note,
        metric=f"{words.lower(label)}, {metric(view.metric).unit}",
        label=f"{label} of {view.asset} with the injection above and without it below. {name}: {text or note}.",
        has_twin=view.without is not None, assets=_tabs(key, view),
        again=key.href(again=one.id, kind=one.kind, servers=one.assets, profile="", selected=one.id),
    )  # fmt: skip


def _tabs(key: ScenariosKey, view: ExperimentView) -> list[tuple[str, str, bool]]:
    names = view.scenario.assets if len(view.scenario.assets) > 1 else ()
    near = [view.asset, *(name for name in names if name != view.asset)][:_MOST_TABS] if names else []
    order = sorted(near, key=names.index) if near else []
    return [(name, key.href(selected=view.scenario.id, asset=name), name == view.asset) for name in order]


def _first(key: ScenariosKey, facts: Facts, view: ExperimentView) -> tuple[str, str, str, str, float]:
    """The first key figure: the countdown, or the breach that happened, or that none is predicted."""
    one, zone, now = view.scenario, key.zone, facts.now
    if one.breached_at is not None:
        return "True breach", wording.clock_time(one.breached_at, zone, now), "critical", words.breach_verdict(one), 0.0
    if view.threshold is None:
        return "True breach", words.UNWATCHED, "", "this metric has no threshold here", 0.0
    if one.status not in words.LIVE:
        early = one.ended_by is not None
        return "True breach", "none", "", "ended before one came" if early else "the threshold was not crossed", 0.0
    if facts.measured is not None and facts.measured.breach_since_at is not None:
        since = wording.clock_time(facts.measured.breach_since_at, zone, now)
        return "In breach since", since, "critical", "before this experiment could do it", 0.0
    low, at, high = _crossing(facts, view)
    if at is None:
        return "Predicted breach in", f"none in 8{SPACE}h", "", "the forecast stays below it", 0.0
    p = facts.measured.probability if facts.measured else None
    name = "Predicted breach in" if p is None or p >= P_STAR else f"Possible breach, {wording.probability(p)}, in"
    severity = tone(facts.measured.severity) if facts.measured else "critical"
    return name, "", severity, words.breach_note(low, at, high, zone, now), at.timestamp() * 1000


def _crossing(facts: Facts, view: ExperimentView) -> Crossing:
    """When the injected server's metric crosses, as its own page says; else what the scenario holds."""
    if view.scenario.status in words.LIVE and (one := facts.measured) is not None and one.crossing_at is not None:
        return (
            (one.crossing_low_at, one.crossing_at, one.crossing_high_at)
            if tone(one.severity) != "healthy"
            else (None,) * 3
        )
    return None, view.scenario.predicted_at if view.scenario.status in words.LIVE else None, None


def _forewarned(key: ScenariosKey, facts: Facts, one: ScenarioView) -> tuple[str, str]:
    if one.forewarned_at is None:
        return "not yet" if one.status in words.LIVE else "never", "no forecast has reached 60\u00a0%"
    after = wording.duration((one.forewarned_at - one.start_at).total_seconds() / 60)
    return after, f"after the injection, at {wording.clock_time(one.forewarned_at, key.zone, facts.now)}"


def _figure(key: ScenariosKey, facts: Facts, view: ExperimentView) -> dict[str, object]:
    origin = view.with_injection.start_at + TICK * (len(view.with_injection.history) - 1)
    scope = lane_scope(view.scenario, origin, Scope(origin, origin, 24, wording.zone_named(key.zone)))
    severity = tone(facts.measured.severity) if facts.measured else "healthy"
    return lanes_figure(
        view, scope, _crossing(facts, view), severity if view.scenario.status in words.LIVE else "healthy"
    )


def _run(key: ScenariosKey, facts: Facts, one: ScenarioView) -> Run:
    state, sign, state_tone = words.state(one)

    def clock(at: datetime | None) -> str:
        return "" if at is None else wording.clock_time(at, key.zone, facts.now)

    return Run(
        one.id, clock(one.start_at), one.label, words.on(one), one.hypothesis, clock(one.predicted_at),
        clock(one.breached_at), words.lead(one), state, words.why(one), sign, state_tone,
        key.href(selected=one.id, asset=""),
        key.href(again=one.id, kind=one.kind, servers=one.assets, profile=""), one.id == key.selected,
    )  # fmt: skip


def _note(ran: Sequence[ScenarioView]) -> str:
    """How the breaches of predictable kinds were forewarned, with the count."""
    judged = words.judged(ran)
    if not judged:
        return "on simulated incidents"
    warned = sum(words.lead(one) != "none" for one in judged)
    return f"{warned} of {len(judged)} breaches forewarned, on simulated incidents"
