"""From one snapshot of a server to everything that its page shows. Pure but for the wall clock."""

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np

from ml.schema import CONTEXT, HIGH80, LEAD_BUCKETS, LOW80, TICKS_PER_HOUR
from webapp import routes
from webapp.charts import ghosts, interval
from webapp.charts.fan import Figure, Scope, fan_figure, tone
from webapp.charts.listing import listing
from webapp.charts.small_multiples import small_fan
from webapp.core.clock import now
from webapp.core.policies import wording
from webapp.core.policies.scenarios import NO_REASON
from webapp.core.policies.wording import SPACE
from webapp.core.views.explanations import Explanation
from webapp.core.views.fleet import RiskView
from webapp.core.views.quality import Quality
from webapp.core.views.scenarios import EndedBy, ScenarioStatus, ScenarioView
from webapp.core.views.server import MetricView, PastView, ServerSnapshot
from webapp.core.views.severity import Severity
from webapp.core.views.streams import StreamView
from webapp.state import server_past, skill_words
from webapp.state import server_words as words
from webapp.state.server_upkeep import upkeep
from webapp.state.server_view import Chart, Head, Neighbour, Odd, Ran, Ribbon, ServerKey, ServerPage, Small
from webapp.state.server_why import why
from webapp.state.shell import milliseconds, running_clock

LIVE = (ScenarioStatus.QUEUED, ScenarioStatus.RUNNING)
_MOST_RAN = 6
MEASURED = "What was measured then; the violet handle lays a forecast of that time over it"
_MOST_NEIGHBOURS = 8
RETIRED = "retired"
"""What stands in the place of a position for a server that is in no list."""
REAL = "Scenarios run on simulated fleets only; this stream watches real servers."


def build(
    key: ServerKey,
    snapshot: ServerSnapshot,
    ran: tuple[ScenarioView, ...],
    risks: dict[str, RiskView],
    explained: Explanation,
    quality: Quality,
    past: PastView | None = None,
) -> ServerPage:
    """The page of `key`. `ran` are the stream's scenarios, `risks` its servers by name, `explained` what the model
    looked at for the metric that is shown, `quality` what was measured of it on the whole stream, `past` the stretch
    that the address names when the usual chart does not reach it."""
    metric, scope, risk = chosen(key, snapshot), scope_of(key, snapshot), snapshot.risk
    stands, figure = words.standing(snapshot, quality, key.zone), _figure(key, snapshot, metric, past)
    mine, near = [one for one in ran if risk.name in one.assets], snapshot.dependants[:_MOST_NEIGHBOURS]
    return ServerPage(
        head=_head(key, snapshot), chart=_chart(key, snapshot, metric),
        figure=figure, frame=ghosts.frame(figure, milliseconds(snapshot.origin_at)),
        table=list(listing(metric, scope)) if key.table else [],
        smalls=[_small(key, snapshot, one, one is metric) for one in snapshot.metrics],
        ribbon=Ribbon(MEASURED) if past else _ribbon(metric), odds=_odds(key, snapshot, metric),
        odds_note=_odds_note(metric),
        odds_tone=tone(metric.severity), breach=words.breach(metric, key.zone, snapshot.origin_at),
        why=why(metric, explained, key.zone, snapshot.origin_at),
        facts=_facts(key, snapshot, metric, skill_words.brief(quality) if stands.text else ""),
        made_at=milliseconds(risk.made_at), seen_at=milliseconds(now()), made_by=words.made_by(risk, snapshot.stream),
        skill=stands, calibration=routes.calibration(key.stream),
        neighbours=[_neighbour(key, snapshot, one.name, risks.get(one.name)) for one in near],
        dependants=len(snapshot.dependants),
        ran=[_ran(key, snapshot, one) for one in mine[:_MOST_RAN]],
        running=next((one.id for one in mine if one.status in LIVE), 0),
        incidents=server_past.happened(key, snapshot), every_incident=server_past.every(key),
        lever=lever(snapshot.stream), upkeep=upkeep(key, snapshot), loaded=True,
    )  # fmt: skip


def _figure(key: ServerKey, snapshot: ServerSnapshot, metric: MetricView, past: PastView | None) -> Figure:
    if key.table:
        return {}
    if past is not None:
        return server_past.figure(key, snapshot, metric, past)
    scope = scope_of(key, snapshot)
    drawn = (snapshot.injections, snapshot.incidents, snapshot.maintenance)
    return fan_figure(metric, scope, snapshot.risk.method, *drawn)


def chosen(key: ServerKey, snapshot: ServerSnapshot) -> MetricView:
    """The metric in the address, else the one that the risk names, else the first."""
    wanted = key.metric or snapshot.risk.metric
    return next((one for one in snapshot.metrics if one.metric == wanted), snapshot.metrics[0])


def scope_of(key: ServerKey, snapshot: ServerSnapshot) -> Scope:
    """The time axis. While the forecast is fresh, now is its origin; a stale one lies behind the stream's clock."""
    at = snapshot.origin_at
    if snapshot.retired is not None:
        last = f"last seen {wording.clock_time(at, key.zone, now())}"
        return Scope(at, at, key.hours, wording.zone_named(key.zone), ended=last)
    if snapshot.stream.stale_since is not None and not snapshot.stream.clock.paused:
        shown, _, _, _ = running_clock(snapshot.stream)
        at = max(at, datetime.fromtimestamp(shown / 1000, at.tzinfo))
    return Scope(snapshot.origin_at, at, key.hours, wording.zone_named(key.zone))


def lever(stream: StreamView) -> str:
    """Why a scenario cannot start; empty when it can."""
    if stream.source != "simulated":
        return REAL
    if not stream.injection_allowed:
        return f"Injection was stopped by {stream.injection_stopped_by}: {stream.injection_reason or NO_REASON}."
    return ""


def _head(key: ServerKey, snapshot: ServerSnapshot) -> Head:
    risk = snapshot.risk
    named = next((one for one in snapshot.metrics if one.metric == risk.metric), None)
    first, behind = words.sentence(named, risk, key.zone, snapshot.origin_at, snapshot.retired)
    around = [
        routes.server(one, key.stream, metric=key.metric) if one else "" for one in (snapshot.previous, snapshot.next)
    ]
    return Head(
        name=risk.name, severity=risk.severity.value, about=words.about(snapshot), sentence=first, behind=behind,
        position=f"{snapshot.position:,} of {snapshot.total:,}" if snapshot.position else RETIRED,
        previous=around[0], next=around[1],
    )  # fmt: skip


def _chart(key: ServerKey, snapshot: ServerSnapshot, metric: MetricView) -> Chart:
    return Chart(
        metric=metric.metric, title=metric.label,
        qualifier=", ".join(filter(None, (_qualifier(metric), server_past.said(key, snapshot)))),
        label=words.chart_label(metric, snapshot.risk.name, key.zone, snapshot.origin_at), hours=key.hours,
        table=key.table, ahead=f"{8 / (8 + key.hours):.4f}", method=snapshot.risk.method,
        stale="" if snapshot.retired else words.stale(
            snapshot.stream, _head(key, snapshot).sentence, key.zone, snapshot.origin_at
        ),
        hours6=key.href(hours=6), hours24=key.href(hours=24), hours72=key.href(hours=72),
        as_chart=key.href(table=False), as_table=key.href(table=True, at=""),
        past=server_past.said(key, snapshot), back=key.href(at=""),
    )  # fmt: skip


def _qualifier(metric: MetricView) -> str:
    said = f"{metric.unit}, 5{SPACE}min points"
    return f"{said}, {words.UNWATCHED}" if metric.threshold is None else said


def _small(key: ServerKey, snapshot: ServerSnapshot, metric: MetricView, selected: bool) -> Small:
    number = "" if metric.now is None else wording.number(metric.now, metric.decimals)
    return Small(
        metric=metric.metric, title=metric.label, number=number, unit=metric.unit if number else "",
        note=words.metric_note(metric, key.zone, snapshot.origin_at), severity=metric.severity.value,
        tone=tone(metric.severity), label=words.chart_label(metric, snapshot.risk.name, key.zone, snapshot.origin_at),
        href=key.href(metric=metric.metric), selected=selected,
        fan=small_fan(metric, snapshot.origin_at, snapshot.maintenance),
    )  # fmt: skip


def _ribbon(metric: MetricView) -> Ribbon:
    leads = [f"{first // TICKS_PER_HOUR} to {last // TICKS_PER_HOUR}{SPACE}h" for first, last in LEAD_BUCKETS]
    counts = metric.coverage or ((0, 0),) * len(leads)
    held, matured = (sum(one[n] for one in counts) for n in (0, 1))
    narrow = [last - first <= TICKS_PER_HOUR for first, last in LEAD_BUCKETS]
    cells = [interval.ribbon_cell(*one) for one in zip(*zip(*counts, strict=True), leads, narrow, strict=True)]
    skills = metric.skills or (None,) * len(leads)
    cells = [
        one if skill is None else replace(one, title=f"{one.title}; skill {skill_words.at_length(skill)}")
        for one, skill in zip(cells, skills, strict=True)
    ]
    text = f"Points the 80{SPACE}% interval held, by lead time: {held:,} of {matured:,} (target 77 to 83{SPACE}%)"
    if not matured:
        return Ribbon("No matured forecast yet: points are scored when their time comes", "", cells)
    skill = "" if metric.skill is None else f". Skill against yesterday's curve {skill_words.at_length(metric.skill)}"
    return Ribbon(text, f"{metric.label} of this server. {text}{skill}.", cells)


def _odds(key: ServerKey, snapshot: ServerSnapshot, metric: MetricView) -> list[Odd]:
    if metric.fan is None or metric.threshold is None:
        return []
    chances = zip((1, 2, 4, 8), (metric.by_1h, metric.by_2h, metric.by_4h, metric.by_8h), strict=True)
    return [
        Odd(
            f"by {wording.clock_time(snapshot.origin_at + timedelta(hours=hours), key.zone, snapshot.origin_at)}",
            wording.probability(p).replace("under ", "<\u2009").replace("over ", ">\u2009"), f"{100 * (p or 0):.1f}%",
        )
        for hours, p in chances
    ]  # fmt: skip


def _odds_note(metric: MetricView) -> str:
    if metric.threshold is None:
        return words.UNWATCHED
    limit = wording.limit(metric.metric, metric.threshold)
    return limit if metric.breach_since_at is not None else f"{limit} for 10{SPACE}min"


def _facts(key: ServerKey, snapshot: ServerSnapshot, metric: MetricView, skill: str) -> list[tuple[str, str]]:
    """What a person needs to judge the numbers: who, from what, how wide, how good."""
    risk = snapshot.risk
    facts = [("Made by", words.made_by(risk, snapshot.stream))]
    if risk.origin_at is not None:
        facts.append(("From data up to", wording.clock_time(risk.origin_at, key.zone, snapshot.origin_at)))
    facts.append(("History", f"{min(risk.history, CONTEXT)} of {CONTEXT} observations"))
    if leans := wording.borrowed(risk):
        facts.append(("Leans on", leans))
    if metric.fan is not None:
        width = float(np.mean(metric.fan[:, HIGH80] - metric.fan[:, LOW80]))
        unit = "points" if metric.unit == "%" else metric.unit
        facts.append((f"80{SPACE}% interval", f"{wording.value(width, unit, metric.decimals)} wide on average"))
    held, matured = (sum(one[n] for one in metric.coverage) for n in (0, 1))
    held_words = interval.words(interval.wilson(held, matured)) if matured else "no matured forecast yet"
    facts.append(("It held", held_words))
    if not skill:
        return facts
    own = "not compared with yesterday yet" if metric.skill is None else skill_words.at_length(metric.skill)
    return [*facts, (f"Skill, {words.lower(metric.label)} here", own), ("Skill", skill)]


def _neighbour(key: ServerKey, snapshot: ServerSnapshot, name: str, risk: RiskView | None) -> Neighbour:
    severity = risk.severity if risk else Severity.NO_FORECAST
    note = "clear"
    if risk is None or severity is Severity.NO_FORECAST:
        note = (risk.reason if risk else None) or "no forecast"
    elif risk.metric is not None and severity in words.RISKY:
        note = f"{words.lower(wording.label(risk.metric))} {wording.when(risk, snapshot.origin_at)}"
    return Neighbour(name, severity.value, note, routes.server(name, key.stream))


def _ran(key: ServerKey, snapshot: ServerSnapshot, one: ScenarioView) -> Ran:
    started = wording.clock_time(one.start_at, key.zone, snapshot.origin_at)
    return Ran(
        one.id, one.label, started, state_words(one), one.status in LIVE, routes.scenarios(key.stream, selected=one.id)
    )


def state_words(one: ScenarioView) -> str:
    """Where a scenario stands: "running", "from next tick", "cancelled by anna"."""
    if one.status is ScenarioStatus.QUEUED:
        return "from next tick"
    if one.status is ScenarioStatus.STOPPED:
        return "stopped by its guard" if one.ended_by is EndedBy.GUARD else "stopped by the lever"
    if one.status is ScenarioStatus.CANCELLED:
        return f"cancelled by {one.stopped_by}" if one.began else "cancelled before it began"
    return one.status.value
