"""From what is planned on a stream to everything that the maintenance page shows. Pure."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Final

from webapp.charts.maintenance import fortnight
from webapp.charts.risk_map import in_order
from webapp.core.clock import time_of
from webapp.core.policies import maintenance, wording, zones
from webapp.core.policies import maintenance_words as words
from webapp.core.policies.maintenance import tick_at
from webapp.core.views.maintenance import EVERY, Lane, MaintenanceView, Planned
from webapp.state.maintenance_view import MaintenanceKey, MaintenancePage, SimulatedRow, WindowRow

_MOST_SIMULATED: Final = 40
NAMED: Final = "named"
"""The choice of servers by name in the form."""


def build(key: MaintenanceKey, view: MaintenanceView) -> MaintenancePage:
    """The page of a view."""
    tick = tick_at(view.at)
    planned = sorted(view.planned, key=lambda one: maintenance.following(one, tick) or (1 << 40, 0))
    timed = [lane for lane in view.lanes if lane.timetable]
    sentence, behind = _sentence(view, planned, key.zone)
    return MaintenancePage(
        sentence=sentence, behind=behind, zone=view.zone, zone_own=view.own_zone or "",
        zone_note=_zone_note(view, key.zone), calendar=fortnight(view, key.zone),
        rows=[_row(key, one, view.at) for one in planned],
        simulated=[_simulated(key, lane, view.at) for lane in timed[:_MOST_SIMULATED]],
        simulated_note=_simulated_note(len(timed)), groups=_groups(view), plain=key.href(), loaded=True,
    )  # fmt: skip


def _sentence(view: MaintenanceView, planned: list[Planned], zone: str) -> tuple[str, str]:
    tick = tick_at(view.at)
    busy = sum(one is not None for one in maintenance.until(view.lanes, view.planned, tick))
    first = (
        f"{busy:,} server{' is' if busy == 1 else 's are'} in maintenance now."
        if busy
        else "No server is in maintenance now."
    )
    coming = next((one for one in planned if not words.running(one, view.at)), None)
    if coming is None:
        return first, "Nothing further is planned." if planned else "People have planned nothing yet."
    return first, f"Next is {coming.title}, {words.whom(coming)}, {words.next_start(coming, view.at, zone)}."


def _row(key: MaintenanceKey, one: Planned, at: datetime) -> WindowRow:
    coming = maintenance.following(one, tick_at(at))
    made = "" if one.at is None else f", {one.at.astimezone(zones.zone_named(key.zone)):%d %b}"
    return WindowRow(
        id=one.id, title=one.title, whom=words.whom(one), when=words.when(one),
        next=words.next_start(one, at, key.zone), note=words.note(one, coming) if coming else "",
        by=f"{one.by}{made}", running=words.running(one, at), editing=key.edit == one.id, href=key.href(one.id),
    )  # fmt: skip


def _simulated(key: MaintenanceKey, lane: Lane, at: datetime) -> SimulatedRow:
    tick = tick_at(at)
    start, end = map(time_of, maintenance.timetable(lane, tick, tick + 2016)[0])
    here = zones.zone_named(key.zone)
    said = f"{start.astimezone(here):%A}s {start.astimezone(here):%H:%M} to {end.astimezone(here):%H:%M} here"
    running = start <= at < end
    coming = (
        f"now, until {wording.clock_time(end, key.zone, at)}" if running else wording.clock_time(start, key.zone, at)
    )
    return SimulatedRow(lane.name, said, coming)


def _simulated_note(count: int) -> str:
    if not count:
        return ""
    more = f"; {_MOST_SIMULATED} of them are listed" if count > _MOST_SIMULATED else ""
    return f"{count:,} servers, each once a week, fixed in UTC{more}"


def _groups(view: MaintenanceView) -> list[tuple[str, str]]:
    counts = Counter(lane.profile for lane in view.lanes)
    profiles = [(one, f"All {one} servers ({counts[one]:,})") for one in in_order(list(counts))]
    return [(NAMED, "Servers by name"), (EVERY, f"All servers ({len(view.lanes):,})"), *profiles]


def _zone_note(view: MaintenanceView, viewer: str) -> str:
    """What clocks show in the stream's zone and here, where that differs."""
    there, here = (view.at.astimezone(zones.zone_named(one)) for one in (view.zone, viewer))
    if there.utcoffset() == here.utcoffset():
        return f"It is {there:%H:%M} there, as it is here."
    ahead = (there.utcoffset() or timedelta()) - (here.utcoffset() or timedelta())
    apart = wording.duration(abs(ahead.total_seconds()) / 60)
    return (
        f"It is {there:%a %H:%M} there, {here:%a %H:%M} here: {apart} {'ahead' if ahead > timedelta() else 'behind'}."
    )
