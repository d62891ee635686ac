"""Which servers the overview lists, in which order, and what each row says. Pure: a snapshot in, rows out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from ml.contracts import Floats, Method
from ml.schema import METRIC_INDEX, METRICS
from webapp import routes
from webapp.charts.interval import FEW, wilson
from webapp.charts.risk_map import AT_RISK
from webapp.charts.sparkline import NOTHING, Sparkline, sparkline
from webapp.core.policies import wording
from webapp.core.views.fleet import FleetSnapshot, RiskView
from webapp.core.views.severity import ORDER, Severity
from webapp.routes import FleetQuery

MANY: Final = 100
"""Servers above which the table shows the ones at risk first, a page at a time."""
PAGE: Final = 15
_FAR: Final = 1e12
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Row:
    """One row, as text and paths. `calm` rows are grey; `baseline` ones were not made by the champion."""

    name: str
    href: str
    profile: str
    severity: str
    what: str
    when: str
    at: str
    around: str
    chance: str
    word: str
    bar: str
    now: str
    width: str
    held: str
    held_title: str
    calm: bool
    breach: bool
    baseline: bool
    history: str
    band: str
    median: str
    limit: bool
    dot: str
    title: str


def shown(snapshot: FleetSnapshot, query: FleetQuery) -> list[RiskView]:
    """The servers that the query selects, in its order."""
    wanted = selection(query, len(snapshot.risks))
    words = query.q.lower().split()
    kept = [
        one
        for one in snapshot.risks
        if (wanted == "all" or (wanted == routes.AT_RISK and one.severity in AT_RISK) or one.severity == wanted)
        and (not query.profile or one.profile == query.profile)
        and all(word in one.name.lower() for word in words)
    ]
    return sorted(kept, key=_KEYS[query.sort], reverse=query.down)


def selection(query: FleetQuery, servers: int) -> str:
    """A severity, "at-risk" or "all": what a URL without a severity means depends on how many there are."""
    known = {one.value for one in Severity} | {routes.AT_RISK, "all"}
    if query.severity in known:
        return query.severity
    return routes.AT_RISK if servers > MANY else "all"


def _urgency(one: RiskView) -> tuple[Any, ...]:
    """Breaches first, then by crossing time, then the calm ones by probability."""
    if one.severity in AT_RISK and one.breach_since_at is not None:
        return (0, one.breach_since_at.timestamp(), 0.0, one.name)
    if one.severity in AT_RISK and one.crossing_at is not None:
        return (1, one.crossing_at.timestamp(), 0.0, one.name)
    return (2 + ORDER.index(one.severity), _FAR, -(one.probability or 0.0), one.name)


def _nearness(one: RiskView) -> float:
    """How near the value is to its threshold: units differ, shares compare."""
    return -1.0 if one.now is None or not one.threshold else one.now / one.threshold


_KEYS: Final[dict[str, Callable[[RiskView], Any]]] = {
    "when": _urgency,
    "risk": lambda one: (ORDER.index(one.severity), _urgency(one)),
    "server": lambda one: one.name,
    "profile": lambda one: (one.profile, _urgency(one)),
    "threshold": lambda one: (one.metric or "~", one.threshold or 0.0, one.name),
    "probability": lambda one: (-(one.probability if one.probability is not None else -1.0), one.name),
    "now": lambda one: (-_nearness(one), one.name),
}


def rows(
    ones: Sequence[RiskView], snapshot: FleetSnapshot, fans: dict[tuple[str, str], Floats], zone: str, stream: str
) -> list[Row]:
    """Rows of the servers on the page."""
    place = {one.name: index for index, one in enumerate(snapshot.risks)}
    origin = snapshot.stream.origin_at
    return [_row(one, snapshot.recent[place[one.name]], fans, origin, zone, stream) for one in ones]


def _row(
    one: RiskView, recent: Floats, fans: dict[tuple[str, str], Floats], origin: datetime | None, zone: str, stream: str
) -> Row:
    risky, breach = one.severity in AT_RISK, one.breach_since_at is not None and one.severity in AT_RISK
    picture = _picture(one, recent, fans, origin)
    held, held_title = _held(one)
    when, at, around = ("", "", "") if origin is None else _times(one, origin, zone)
    return Row(
        name=one.name, href=routes.server(one.name, stream, metric=one.metric), profile=one.profile,
        severity=one.severity.value, what=_what(one, origin, zone), when=when, at=at, around=around,
        chance=_chance(one, breach), word=_word(one) if risky and not breach else "",
        bar="" if breach or one.probability is None or one.severity is Severity.MAINTENANCE
        else f"{100 * one.probability:.0f}%",
        now="" if one.metric is None else wording.metric_value(one.metric, one.now),
        width=_width(one), held=held, held_title=held_title, calm=not risky, breach=breach,
        baseline=one.method not in (Method.CHAMPION, Method.NONE), history=picture.history, band=picture.band,
        median=picture.median, limit=one.threshold is not None, dot=picture.dot if risky and not breach else "",
        title=f"{one.name}, {one.severity.label.lower()}" + (f": {one.reason}" if one.reason else ""),
    )  # fmt: skip


def _picture(one: RiskView, recent: Floats, fans: dict[tuple[str, str], Floats], origin: datetime | None) -> Sparkline:
    if one.metric is None:
        return NOTHING
    crossing = None
    if one.crossing_at is not None and origin is not None:
        crossing = (one.crossing_at - origin).total_seconds() / 300
    return sparkline(recent[:, METRIC_INDEX[one.metric]], fans.get((one.name, one.metric)), one.threshold, crossing)


def _what(one: RiskView, origin: datetime | None, zone: str) -> str:
    """The first threshold to be crossed, or why there is none."""
    if one.severity is Severity.MAINTENANCE and one.maintenance_until_at is not None and origin is not None:
        return f"In maintenance until {wording.clock_time(one.maintenance_until_at, zone, origin)}"
    if one.severity is Severity.HEALTHY and one.metric is None:
        return "Nothing is watched"
    if one.severity is Severity.NO_FORECAST or one.metric is None or one.threshold is None:
        return (one.reason or "no forecast yet").capitalize()
    return f"{wording.label(one.metric)} {wording.limit(one.metric, one.threshold)}"


def _times(one: RiskView, origin: datetime, zone: str) -> tuple[str, str, str]:
    """When, at which time, and its 80 % range."""
    if one.severity in (Severity.MAINTENANCE, Severity.NO_FORECAST) or one.metric is None:
        return "", "", ""
    when = wording.when(one, origin)
    if one.breach_since_at is not None:
        length = origin - one.breach_since_at
        lasted = wording.duration(length.total_seconds() / 60)
        since = wording.clock_time(one.breach_since_at, zone, one.breach_since_at if length < _DAY else origin)
        return when, "", f"since {since}, {lasted}"
    if one.crossing_at is None or one.severity not in AT_RISK:
        return when, "", wording.borrowed_short(one)  # nothing else stands there
    # within 8 h of the time beside it: no day, so that it fits when midnight lies between
    around = wording.span(one.crossing_low_at, one.crossing_high_at, zone, one.crossing_low_at or origin)
    return when, wording.clock_time(one.crossing_at, zone, origin), around


def _chance(one: RiskView, breach: bool) -> str:
    if breach:
        return "now"
    return "paused" if one.severity is Severity.MAINTENANCE else wording.probability(one.probability)


def _word(one: RiskView) -> str:
    """The verb of the probability, short enough for a cell."""
    return wording.likelihood(one.probability).removeprefix("is ").removesuffix(" to")


def _width(one: RiskView) -> str:
    if one.metric is None or one.width80 is None:
        return ""
    metric = METRICS[METRIC_INDEX[one.metric]]
    return wording.value(one.width80, metric.unit, 1 if one.width80 < 10 and metric.decimals else 0)


def _held(one: RiskView) -> tuple[str, str]:
    """Measured coverage of the interval, with its count in the title."""
    if one.metric is None or one.width80 is None:
        return "", ""
    wide = f"The 80\u00a0% interval is {_width(one)} wide on average over the next 8\u00a0h"
    if one.coverage80 is None or not one.coverage_n:
        return "not yet", f"{wide}; no forecast has matured yet, so what it holds is not known."
    share = wilson(round(one.coverage80 * one.coverage_n), one.coverage_n)
    counted = f"{share.held:,} of {share.n:,} matured points, {share.low:.0f} to {share.high:.0f}\u00a0%"
    few = f"{share.held} of {share.n}"
    return few if share.n < FEW else f"held {share.percent:.0f}\u00a0%", f"{wide}; it held {counted}."
