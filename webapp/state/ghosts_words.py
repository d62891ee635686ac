"""What is said of an earlier forecast: whose and when, how well it held, and why it is not of the time asked for."""

from ml.schema import METRIC_INDEX, METRICS, TICK_SECONDS
from webapp.charts import interval
from webapp.core.clock import time_of
from webapp.core.policies import wording
from webapp.core.policies.ghosts import Score
from webapp.core.policies.wording import SPACE, Zone
from webapp.core.views.ghosts import GhostView, Instead


def title(view: GhostView, zone: Zone) -> str:
    """ "forecast of 09:35 by fleet-tft 1.0.0, 3 h 20 min ago"; empty where none is shown."""
    if view.origin is None:
        return ""
    ago = wording.duration((view.newest - view.origin) * TICK_SECONDS / 60)
    return f"forecast of {_clock(view, view.origin, zone)} by {view.by}, {ago} ago"


def held(score: Score | None) -> str:
    """ "80 % interval held 37 of 41 points, 90 %, 77 to 96 %"."""
    if score is None:
        return ""
    if not score.matured:
        return "Nothing was measured in its 8 hours yet"
    share = interval.wilson(score.held, score.matured)
    _, _, rest = interval.words(share).partition(", ")
    return f"80{SPACE}% interval held {score.held} of {score.matured} points, {rest}"


def error(view: GhostView, score: Score | None) -> str:
    """How far its median was off on average, beside the value that stood at its origin."""
    if score is None or score.error is None:
        return ""
    metric = METRICS[METRIC_INDEX[view.metric]]
    unit = "points" if metric.unit == "%" else metric.unit
    said = f"Its median was off by {wording.value(score.error, unit, metric.decimals)} on average"
    if score.persistence is None:
        return f"{said}."
    return f"{said}, its last value by {wording.number(score.persistence, metric.decimals)}."


def why(view: GhostView, zone: Zone) -> str:
    """Why this forecast, or none, is shown; empty when it is the one asked for."""
    if view.instead is Instead.NOTHING:
        return "No earlier forecast of this server is stored: the newest is the only one."
    asked = _clock(view, view.asked, zone)
    if view.fan is None:
        return f"{wording.label(view.metric)} was not forecast then."
    first = "" if view.kept.first is None else _clock(view, view.kept.first, zone)
    return {
        Instead.FIRST: f"This server was first forecast at {first}: nothing earlier can be shown.",
        Instead.DROPPED: f"Forecasts before {first} are not kept any more (Settings, Retention): this is the oldest.",
        Instead.THINNED: f"Of that time one forecast an hour is kept: this is the nearest to {asked}.",
        Instead.SKIPPED: f"The forecast of {asked} was skipped for a newer one: this is the nearest.",
        Instead.MISSED: f"No forecast of this server was made at {asked}: this is the nearest.",
    }.get(view.instead, "")


def aloud(view: GhostView, score: Score | None, zone: Zone) -> str:
    """What the handle says: the forecast and how it held, or that there is none."""
    if view.origin is None:
        return "no earlier forecast"
    return f"{title(view, zone)}; {held(score) or why(view, zone)}"


def _clock(view: GhostView, tick: int, zone: Zone) -> str:
    return wording.clock_time(time_of(tick), zone, time_of(view.newest))
