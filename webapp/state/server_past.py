"""What happened to a server: its incidents, and the chart of a time that lies before the usual stretch."""

from datetime import datetime, timedelta
from typing import Final

from webapp import routes
from webapp.charts.fan import Figure, past_figure
from webapp.core.policies import wording
from webapp.core.views.incidents import IncidentState, IncidentView
from webapp.core.views.server import MetricView, PastView, ServerSnapshot
from webapp.state import incidents_words as words
from webapp.state.incidents_build import target
from webapp.state.server_view import Happened, ServerKey, moment

MOST: Final = 3
_BEFORE: Final = 0.25
"""Share of the stretch that lies before the time in the address."""


def stretch(key: ServerKey, snapshot: ServerSnapshot) -> tuple[datetime, datetime] | None:
    """First and last time to show when the address names one, to look at or of a ghost, that the chart up to now does
    not reach."""
    long = timedelta(hours=key.hours)
    first = snapshot.origin_at - long
    at = next((one for one in map(moment, (key.at, key.ghost)) if one is not None and one < first), None)
    if at is None:
        return None
    start = at - long * _BEFORE
    return start, start + long


def figure(key: ServerKey, snapshot: ServerSnapshot, metric: MetricView, past: PastView) -> Figure:
    """The chart of that stretch."""
    return past_figure(metric, past, snapshot.origin_at, wording.zone_named(key.zone))


def said(key: ServerKey, snapshot: ServerSnapshot) -> str:
    """Which stretch of the past is shown: "Tue 14:40 to Wed 14:40"; empty for the usual one."""
    span = stretch(key, snapshot)
    if span is None:
        return ""
    first, last = (wording.clock_time(at, key.zone, snapshot.origin_at) for at in span)
    return f"{first} to {last}"


def happened(key: ServerKey, snapshot: ServerSnapshot) -> list[Happened]:
    """The server's incidents for its card, open ones first."""
    return [_happened(key, one, snapshot.origin_at) for one in snapshot.incidents[:MOST]]


def every(key: ServerKey) -> str:
    """The page with all incidents of this server."""
    return routes.incidents(key.stream, server=key.name)


def _happened(key: ServerKey, one: IncidentView, at: datetime) -> Happened:
    tone = words.tone(one)
    lasted = wording.duration(one.minutes)
    state = {"lost": f"{lasted}, lost", "maintenance": "in maintenance"}.get(tone, lasted)
    if one.state is IncidentState.OPEN and not one.in_maintenance:
        state = words.unseen(one, key.zone, at) if one.silent else f"open, {lasted}"
    began = wording.clock_time(one.start_at, key.zone, at)
    return Happened(one.id, began, words.what(one), state, tone, target(key.stream, one))
