"""What is said of one server: the sentence at the top, a line per metric, who made the numbers."""

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np

from ml.contracts import Method
from ml.schema import MEDIAN, MIN_HISTORY, TICK_SECONDS, Profile
from webapp.core.policies import wording
from webapp.core.policies.risks import P_WATCH
from webapp.core.policies.wording import SPACE, Zone
from webapp.core.views.fleet import RiskView
from webapp.core.views.inventory import Retirement
from webapp.core.views.quality import Quality
from webapp.core.views.server import MetricView, ServerSnapshot
from webapp.core.views.severity import Severity
from webapp.core.views.streams import StreamView
from webapp.state import skill_words
from webapp.state.server_view import Breach
from webapp.state.skill_words import NOBODY, Standing

UNWATCHED = "not watched"
RISKY = (Severity.CRITICAL, Severity.WARNING, Severity.WATCH)


def sentence(
    metric: MetricView | None, risk: RiskView, zone: Zone, now: datetime, retired: Retirement | None = None
) -> tuple[str, str]:
    """The server in one sentence, and what stands behind it; `metric` is the one that the risk names."""
    if (instead := _instead(risk, retired, zone, now)) is not None:
        return instead
    if risk.metric is None:
        return "Nothing is watched here.", "Its metrics have no threshold: see Settings, Thresholds."
    if metric is None or risk.threshold is None:
        return f"No threshold is forecast to be crossed within 8{SPACE}h.", ""
    limit = wording.limit(risk.metric, risk.threshold)
    if risk.breach_since_at is not None:
        since = wording.clock_time(risk.breach_since_at, zone, now)
        lasted = wording.duration((now - risk.breach_since_at).total_seconds() / 60)
        return f"{metric.label} has been {limit} since {since}.", f"In breach for {lasted}; {_value(metric)} now."
    return _forecast(metric, risk, zone, now)


def _instead(risk: RiskView, retired: Retirement | None, zone: Zone, now: datetime) -> tuple[str, str] | None:
    """What is said of a server whose forecast is not the news."""
    if retired is not None:
        at = wording.clock_time(retired.at, zone, now)
        return f"Retired {at} by {retired.by}.", f"Its history ends here. Why: {retired.reason.rstrip('.')}."
    if risk.severity is Severity.NO_FORECAST:
        return "There is no forecast.", f"{(risk.reason or 'its reason is unknown').capitalize()}."
    if risk.severity is Severity.MAINTENANCE and risk.maintenance_until_at is not None:
        until = wording.clock_time(risk.maintenance_until_at, zone, now)
        return f"In maintenance until {until}.", "Forecasts go on; severities are held back until then."
    return None


def _forecast(metric: MetricView, risk: RiskView, zone: Zone, now: datetime) -> tuple[str, str]:
    p = risk.probability or 0.0
    if p < P_WATCH or risk.crossing_at is None or risk.metric is None or risk.threshold is None:
        likeliest = f"The likeliest is {lower(metric.label)} {wording.limit(metric.metric, risk.threshold or 0)}"
        return (
            f"No threshold is forecast to be crossed within 8{SPACE}h.",
            f"{likeliest}, probability {wording.probability(metric.probability)}.",
        )
    level = wording.limit(risk.metric, risk.threshold).removeprefix(f"over{SPACE}")
    away = wording.duration((risk.crossing_at - now).total_seconds() / 60)
    at = wording.clock_time(risk.crossing_at, zone, now)
    first = f"{metric.label} {wording.likelihood(p)} cross {level} in {away}, at {at}."
    span = wording.span(risk.crossing_low_at, risk.crossing_high_at, zone, now)
    return first, f"Probability {wording.probability(p)}" + (f", 80{SPACE}% range {span}." if span else ".")


def metric_note(metric: MetricView, zone: Zone, now: datetime) -> str:
    """The line under a small chart's name: "over 90 % in 42 min", "clear, probability 4 %"."""
    if metric.fan is None:
        return "no forecast" if metric.now is not None else "not measured here"
    if metric.threshold is None:
        return UNWATCHED
    limit = wording.limit(metric.metric, metric.threshold)
    if metric.breach_since_at is not None:
        return f"{limit} since {wording.clock_time(metric.breach_since_at, zone, now)}"
    if metric.severity in RISKY and metric.crossing_at is not None:
        return f"{limit} in {wording.duration((metric.crossing_at - now).total_seconds() / 60)}"
    return f"clear, probability {wording.probability(metric.probability)}"


def chart_label(metric: MetricView, server: str, zone: Zone, now: datetime) -> str:
    """What a chart shows, for people who do not see it."""
    if metric.fan is None:
        return f"{metric.label} of {server}: {_value(metric)} now, no forecast."
    end = metric.fan[-1]
    ahead = (
        f"in 8{SPACE}h {wording.value(float(end[3]), metric.unit, metric.decimals)}, 80{SPACE}% range "
        f"{wording.number(float(end[1]), metric.decimals)} to {wording.number(float(end[5]), metric.decimals)}"
    )
    note = metric_note(metric, zone, now) + crossing_range(metric, zone, now)
    return f"{metric.label} of {server}: {_value(metric)} now, {ahead}; {note}."


def crossing_range(metric: MetricView, zone: Zone, now: datetime) -> str:
    """ ", at 15:15, with 80 % between 15:00 and 15:40" of a crossing that is to come; "" without one."""
    if metric.severity not in RISKY or metric.breach_since_at is not None or metric.crossing_at is None:
        return ""
    span = wording.span(metric.crossing_low_at, metric.crossing_high_at, zone, now).replace(" to ", " and ")
    at = f", at {wording.clock_time(metric.crossing_at, zone, now)}"
    return f"{at}, with 80{SPACE}% between {span}" if span else at


def made_by(risk: RiskView, stream: StreamView) -> str:
    """Who made a server's numbers: the champion by name and version, or a baseline by its own name."""
    if risk.method == Method.CHAMPION:
        return f"{stream.model} {stream.version}".strip()
    if risk.method == Method.PERSISTENCE:
        return f"persistence, {risk.history} of {MIN_HISTORY} observations"
    return "nobody"


def standing(snapshot: ServerSnapshot, quality: Quality, zone: Zone) -> Standing:
    """The champion's skill, on this server and its profile where they are measured; nothing is said of a baseline."""
    if snapshot.risk.method != Method.CHAMPION:
        return NOBODY
    stands = skill_words.standing(quality, zone)
    if quality.skill is None:
        return stands
    parts = [] if snapshot.skill is None else [f"{skill_words.figure(snapshot.skill.value)} on this server"]
    alike = next((one.whole.skill for one in quality.profiles if one.name == snapshot.risk.profile), None)
    if alike is not None:
        parts.append(f"{skill_words.figure(alike.value)} on {snapshot.risk.profile} servers")
    parts.append(f"{skill_words.figure(quality.skill.value)} on all")
    return replace(stands, text=f"skill {', '.join(parts)}")


def breach(metric: MetricView, zone: Zone, now: datetime) -> Breach:
    """Since when a metric is in breach, and when its median is back below the threshold."""
    if metric.breach_since_at is None or metric.threshold is None:
        return Breach()
    since = wording.clock_time(metric.breach_since_at, zone, now)
    lasted = wording.duration((now - metric.breach_since_at).total_seconds() / 60)
    return Breach(f"In breach since {since}", f"For {lasted}; {_end(metric, metric.threshold, zone, now)}.")


def _end(metric: MetricView, threshold: float, zone: Zone, now: datetime) -> str:
    if metric.fan is None:
        return "no forecast of its end"
    below = np.flatnonzero(metric.fan[:, MEDIAN] <= threshold)
    if not len(below):
        return f"median over it for 8{SPACE}h more"
    at = now + timedelta(seconds=(int(below[0]) + 1) * TICK_SECONDS)
    return f"median back below it at {wording.clock_time(at, zone, now)}"


def about(snapshot: ServerSnapshot) -> str:
    """Profile and neighbours: "database, depends on ppstore001, serves ppweb001 to ppweb004"."""
    profile = snapshot.risk.profile
    parts = ["profile unknown" if profile == Profile.UNKNOWN else profile]
    if snapshot.depends_on:
        parts.append(f"depends on {listed(snapshot.depends_on)}")
    if snapshot.dependants:
        parts.append(f"serves {listed(sorted(one.name for one in snapshot.dependants))}")
    return ", ".join(parts)


def listed(names: tuple[str, ...] | list[str], most: int = 3) -> str:
    """Some names and how many more: "ppweb001, ppweb002 and 4 more"."""
    if len(names) <= most:
        return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
    return f"{', '.join(names[: most - 1])} and {len(names) - most + 1} more"


def stale(stream: StreamView, said: str, zone: Zone, origin: datetime) -> str:
    """What a forecast that is older than two ticks said, and why it may be wrong by now; empty while it is fresh."""
    if stream.stale_since is None:
        return ""
    seen = wording.clock_time(origin, zone, origin)
    return f"It said: {lower(said)} Its data end at {seen}; this may have changed."


def _value(metric: MetricView) -> str:
    return wording.value(metric.now, metric.unit, metric.decimals) or "nothing observed"


def lower(label: str) -> str:
    """A label inside a sentence; abbreviations keep their capitals."""
    return label if label[:2].isupper() else label[:1].lower() + label[1:]
