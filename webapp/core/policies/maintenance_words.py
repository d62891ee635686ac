"""How windows are said: "Sundays 02:00 to 04:00 Berlin", and what the clocks do to their next occurrences."""

from datetime import datetime, time, timedelta
from typing import Final

from webapp.core.clock import time_of
from webapp.core.policies import wording, zones
from webapp.core.policies.maintenance import coming, following, occurrences, tick_at
from webapp.core.policies.wording import Zone
from webapp.core.views.maintenance import EVERY, Once, Planned, Weekly

_FULL: Final = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
_GROUPS: Final = {tuple(range(7)): "Every day", tuple(range(5)): "Weekdays", (5, 6): "Weekends"}
_YEAR: Final = 366 * 288
SHOWN: Final = 3


def whom(one: Planned, most: int = 3) -> str:
    """Whom a window is for: "all servers", "all web servers", "ppdb001 and 3 more"."""
    if one.profile is not None:
        return "all servers" if one.profile == EVERY else f"all {one.profile} servers"
    if len(one.servers) <= most:
        return " and ".join(filter(None, [", ".join(one.servers[:-1]), one.servers[-1]]))
    return f"{', '.join(one.servers[: most - 1])} and {len(one.servers) - most + 1} more"


def when(one: Planned) -> str:
    """When a window is, in its own zone: "Sundays 02:00 to 04:00 Berlin"."""
    if isinstance(one.when, Weekly):
        return f"{_days(one.when.days)} {_hours(one.when)} {zones.city(one.zone)}{_dates(one.when)}"
    here = zones.zone_named(one.zone)
    start, end = (at.astimezone(here) for at in (one.when.start_at, one.when.end_at))
    return f"{_stretch(start, end)} {zones.city(one.zone)}"


def _days(days: tuple[int, ...]) -> str:
    if days in _GROUPS:
        return _GROUPS[days]
    if len(days) == 1:
        return _FULL[days[0]]
    if len(days) == 2:
        return f"{_FULL[days[0]]} and {_FULL[days[1]]}"
    return ", ".join(_FULL[day][:3] for day in days)


def _hours(one: Weekly) -> str:
    start = datetime.combine(one.first, time(*divmod(one.start_minute, 60)))
    if one.minutes >= 1440:
        return f"{start:%H:%M} for {wording.duration(one.minutes)}"
    end = start + timedelta(minutes=one.minutes)
    return f"{start:%H:%M} to {end:%H:%M}{'' if end.date() == start.date() else ' the next day'}"


def _dates(one: Weekly) -> str:
    """The last day, where there is one; the first is in the next start."""
    return f" until {one.last.day} {one.last:%b %Y}" if one.last is not None else ""


def _stretch(start: datetime, end: datetime) -> str:
    first = f"{start:%a} {start.day} {start:%b %H:%M}"
    return f"{first} to {end:%H:%M}" if start.date() == end.date() else f"{first} to {end:%a} {end.day} {end:%b %H:%M}"


def preview(one: Planned, tick: int, viewer: Zone) -> list[str]:
    """The next occurrences, in the window's zone and the viewer's, with what daylight saving does to them; and the
    first one within a year that it touches, if it is none of these."""
    shown = coming(one, tick, SHOWN)
    lines = [_line(one, stretch, viewer) for stretch in shown]
    if isinstance(one.when, Once):
        return lines
    later = occurrences(one, tick, tick + _YEAR)
    touched = next((each for each in later if each not in shown and note(one, each)), None)
    return lines if touched is None else [*lines, f"Later: {_line(one, touched, viewer)}"]


def _line(one: Planned, stretch: tuple[int, int], viewer: Zone) -> str:
    here, there = zones.zone_named(one.zone), zones.zone_named(viewer) if isinstance(viewer, str) else viewer
    start, end = (time_of(tick).astimezone(here) for tick in stretch)
    said = f"{_stretch(start, end)} {zones.city(one.zone)}"
    seen, left = (at.astimezone(there) for at in (start, end))
    if (seen.utcoffset(), left.utcoffset()) != (start.utcoffset(), end.utcoffset()):
        said += f", {_stretch(seen, left)} here"
    moved = note(one, stretch)
    return f"{said}. {moved}" if moved else f"{said}."


def note(one: Planned, stretch: tuple[int, int]) -> str:
    """What daylight saving does to an occurrence; empty when it does nothing."""
    here = zones.zone_named(one.zone)
    start, end = (time_of(tick).astimezone(here) for tick in stretch)
    if isinstance(one.when, Weekly):
        wall = datetime.combine(start.date(), time(*divmod(one.when.start_minute, 60)))
        if zones.skipped(wall, here):
            return f"That day {wall:%H:%M} is skipped: it begins at {start:%H:%M}, when the clocks have gone forward."
        if zones.repeated(wall, here):
            return f"That day {wall:%H:%M} comes twice: it begins at the first."
    if start.utcoffset() != end.utcoffset():
        lasts = wording.duration((stretch[1] - stretch[0]) * 5)
        return f"The clocks change meanwhile; it still lasts {lasts}."
    return ""


def next_start(one: Planned, at: datetime, zone: Zone = "") -> str:
    """When a window is in force next, in `zone` or its own: "Sun 02:00", "now, until 04:00", "over"."""
    zone, tick = zone or one.zone, tick_at(at)
    coming_next = following(one, tick)
    if coming_next is None:
        return "over"
    start, end = map(time_of, coming_next)
    return f"now, until {wording.clock_time(end, zone, at)}" if start <= at else wording.clock_time(start, zone, at)


def running(one: Planned, at: datetime) -> bool:
    """Whether a window that nobody cancelled is in force."""
    return bool(occurrences(one, tick_at(at), tick_at(at) + 1))
