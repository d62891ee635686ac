"""What a person may ask for when planning maintenance: read from texts, and checked against the stream's time.

Every refusal is a sentence that names its field; nothing of a wrong request is kept.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final

from webapp.core.errors import FieldError, Invalid
from webapp.core.policies import zones
from webapp.core.policies.maintenance import LONGEST
from webapp.core.views.maintenance import Once, Weekly

MOST: Final = 200
"""Windows that a stream may have planned at a time."""
MOST_SERVERS: Final = 500
_STEP: Final = 5
_FARTHEST: Final = timedelta(days=731)
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_GROUPS: Final = {"daily": range(7), "weekdays": range(5), "weekends": (5, 6)}
_LENGTH: Final = re.compile(r"(?:(\d{1,3})\s*h(?:ours?)?)?\s*(?:(\d{1,5})\s*(?:m|min|minutes?)?)?")


@dataclass(frozen=True, slots=True)
class MaintenanceRequest:
    """What is asked for: servers by name, or a `profile` ("all" for every server); `zone` "" is the stream's."""

    title: str
    when: Weekly | Once
    servers: tuple[str, ...] = ()
    profile: str | None = None
    zone: str = ""


class Wrong:
    """The sentences about a request, gathered so that a person reads all of them at once."""

    def __init__(self) -> None:
        self.found: list[FieldError] = []

    def say(self, field: str, message: str) -> None:
        """Something is wrong with a field."""
        self.found.append(FieldError(field, message))

    def stop(self) -> None:
        """Raise Invalid if anything was."""
        if self.found:
            raise Invalid(self.found[0].message, tuple(self.found))


def request_of(form: Mapping[str, str]) -> MaintenanceRequest:
    """The request that texts mean: `title`, `servers` or `profile`, `zone`; with `days`, `start`, `duration`, `first`
    and `last` each week, else `start`, `end` or `duration` once. Raises Invalid."""
    wrong = Wrong()
    profile = form.get("profile", "").strip() or None
    named = (one.strip() for one in re.split(r"[,\n]", form.get("servers", "")))
    servers = tuple(dict.fromkeys(one for one in named if one))
    when = _weekly(form, wrong) if form.get("days", "").strip() or form.get("kind") == "weekly" else _once(form, wrong)
    wrong.stop()
    assert when is not None, "what could not be read was said above"
    return MaintenanceRequest(form.get("title", ""), when, servers, profile, form.get("zone", "").strip())


def _weekly(form: Mapping[str, str], wrong: Wrong) -> Weekly | None:
    days = days_of(form.get("days", ""))
    start, minutes = clock_of(form.get("start", "")), minutes_of(form.get("duration", ""))
    first, last = (_day(name, form, wrong) for name in ("first", "last"))
    if days is None:
        wrong.say("days", "Name days as mon, tue, wed, thu, fri, sat, sun, or daily, weekdays, weekends.")
    if start is None:
        wrong.say("start", "Write the start as a time of day, like 02:00.")
    if minutes is None:
        wrong.say("duration", "Write the duration like 2 h, 90 min or 1 h 30 min.")
    if days is None or start is None or minutes is None:
        return None
    return Weekly(days, start, minutes, first or date.min, last)


def _once(form: Mapping[str, str], wrong: Wrong) -> Once | None:
    start, end = (_moment(form.get(name, "")) for name in ("start", "end"))
    length = form.get("duration", "").strip()
    minutes = minutes_of(length) if length else None
    if start is None:
        wrong.say("start", "Write the start as day and time, like 2026-11-29 02:00.")
    if length and minutes is None:
        wrong.say("duration", "Write the duration like 2 h, 90 min or 1 h 30 min.")
    elif not length and end is None:
        wrong.say("end", "Write the end as day and time, like 2026-11-29 04:00.")
    if start is None or (end is None and minutes is None):
        return None
    return Once(start, end if minutes is None and end is not None else start + timedelta(minutes=minutes or 0))


def clock_of(text: str) -> int | None:
    """Minutes after midnight of "02:00" or "2:00"."""
    found = re.fullmatch(r"(\d{1,2}):(\d{2})", text.strip(), re.ASCII)
    hour, minute = (int(found[1]), int(found[2])) if found else (24, 0)
    return 60 * hour + minute if hour < 24 and minute < 60 else None


def minutes_of(text: str) -> int | None:
    """Minutes of "2 h", "90", "90 min", "1 h 30 min"."""
    text = text.replace("\u00a0", " ").strip().lower()
    found = _LENGTH.fullmatch(text) if text.isascii() and len(text) <= 20 else None
    if found is None or (found[1] is None and found[2] is None):
        return None
    return 60 * int(found[1] or 0) + int(found[2] or 0)


def days_of(text: str) -> tuple[int, ...] | None:
    """Days of the week, 0 for Monday, of "sun" or "mon, thu"; None when a word is none."""
    words = [one for one in re.split(r"[\s,]+", text.strip().lower()) if one]
    found: set[int] = set()
    for word in words:
        named = _GROUPS.get(word) or [at for at, day in enumerate(DAYS) if word[:3] == day and word.isalpha()]
        if not named:
            return None
        found.update(named)
    return tuple(sorted(found)) or None


def _day(name: str, form: Mapping[str, str], wrong: Wrong) -> date | None:
    text = form.get(name, "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        wrong.say(name, f"Write the {name} day like 2026-11-29.")
        return None


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.strip()) if len(text.strip()) > len("2026-11-29") else None
    except ValueError:
        return None


def check(
    asked: MaintenanceRequest, zone: str, at: datetime, before: Weekly | Once | None = None
) -> MaintenanceRequest:
    """The request with its zone and instants settled, `at` being the stream's present time and `before` what a
    changed window was until now: a start that it keeps may be over. Raises Invalid that names every wrong field."""
    wrong, zone = Wrong(), asked.zone or zone
    title = " ".join(asked.title.split())
    if not 0 < len(title) <= 80:
        wrong.say("title", "Say what is done, in 1 to 80 characters.")
    if asked.profile is None and not 0 < len(asked.servers) <= MOST_SERVERS:
        wrong.say("servers", f"Name at least one server and at most {MOST_SERVERS}, a profile, or all servers.")
    if asked.profile is not None and asked.servers:
        wrong.say("servers", "Name servers or a profile, not both.")
    if not zones.is_known(zone):
        wrong.say("zone", unknown_zone(zone))
    wrong.stop()
    if isinstance(asked.when, Weekly):
        when: Weekly | Once = _checked_weekly(asked.when, at.astimezone(zones.zone_named(zone)).date(), before, wrong)
    else:
        when = _checked_once(asked.when, zone, at, before, wrong)
    wrong.stop()
    return replace(asked, title=title, when=when, zone=zone)


def unknown_zone(name: str) -> str:
    """What is said of a zone that nobody knows."""
    return f"{name[:60]} is no time zone. Write Area/City, like Europe/Berlin, or UTC."


def _checked_weekly(when: Weekly, today: date, before: Weekly | Once | None, wrong: Wrong) -> Weekly:
    kept = isinstance(before, Weekly) and when.first == before.first
    first = today if when.first == date.min else when.first
    if not when.days or not set(when.days) <= set(range(7)):
        wrong.say("days", "Pick at least one day of the week.")
    if not 0 <= when.start_minute < 1440 or when.start_minute % _STEP:
        wrong.say("start", "Times go in steps of 5 minutes, like 02:00 or 02:05.")
    _length("duration", timedelta(minutes=when.minutes), wrong)
    _checked_days(replace(when, first=first), today, kept, wrong)
    return replace(when, first=first)


def _checked_days(when: Weekly, today: date, kept: bool, wrong: Wrong) -> None:
    """The first day lies ahead, unless it is `kept` from before, and some day comes up to the last."""
    first, last = when.first, when.last
    if first < today and not kept:
        wrong.say("first", f"The first day lies in the past; today is {today:%Y-%m-%d} there.")
    elif first > today + _FARTHEST:
        wrong.say("first", "The first day is more than two years away.")
    if last is None:
        return
    if last < first:
        wrong.say("last", "The last day lies before the first.")
    elif last < today:
        wrong.say("last", f"The last day lies in the past; today is {today:%Y-%m-%d} there.")
    elif not any((first + timedelta(at)).weekday() in when.days for at in range(min(7, (last - first).days + 1))):
        wrong.say("last", "None of these days of the week lies between the first day and the last.")


def _checked_once(when: Once, zone: str, at: datetime, before: Weekly | Once | None, wrong: Wrong) -> Once:
    for name, one in (("start", when.start_at), ("end", when.end_at)):
        if not at.year - 1 <= one.year <= at.year + 3:
            wrong.say(name, f"The {name} lies too far away: plan at most two years ahead.")
    if wrong.found:
        return when
    found = Once(_settled(when.start_at, zone), _settled(when.end_at, zone))
    for name, one in (("start", found.start_at), ("end", found.end_at)):
        if one.minute % _STEP or one.second or one.microsecond:
            wrong.say(name, "Times go in steps of 5 minutes, like 02:00 or 02:05.")
    if found.end_at <= found.start_at:
        wrong.say("end", "The end has to lie after the start.")
    else:
        _length("end", found.end_at - found.start_at, wrong)
    _ahead(found, at, zone, isinstance(before, Once) and found.start_at == before.start_at, wrong)
    return found


def _ahead(when: Once, at: datetime, zone: str, kept: bool, wrong: Wrong) -> None:
    """A window lies ahead; a start that was there before may be over, or a running one could not be changed."""
    if when.start_at < at and not kept:
        wrong.say("start", f"The start lies in the past; it is {said_now(at, zone)} on this stream.")
    elif when.end_at <= at:
        wrong.say("end", f"The end lies in the past; it is {said_now(at, zone)} on this stream.")
    elif when.start_at > at + _FARTHEST:
        wrong.say("start", "The start lies too far away: plan at most two years ahead.")


def _settled(one: datetime, zone: str) -> datetime:
    here = zones.zone_named(zone)
    return zones.instant(one.replace(fold=0), here) if one.tzinfo is None else one.astimezone(zones.zone_named("UTC"))


def said_now(at: datetime, zone: str) -> str:
    """The stream's present time as a sentence about a window names it."""
    local = at.astimezone(zones.zone_named(zone))
    return f"{local:%Y-%m-%d %H:%M} {zones.city(zone)}"


def _length(field: str, length: timedelta, wrong: Wrong) -> None:
    if length > LONGEST:
        wrong.say(field, "A window lasts at most 7 days.")
    elif length < timedelta(minutes=_STEP) or length % timedelta(minutes=_STEP):
        wrong.say(field, "A window lasts at least 5 minutes, in steps of 5.")


def texts_of(
    title: str, servers: tuple[str, ...], profile: str | None, when: Weekly | Once, zone: str
) -> dict[str, str]:
    """What `request_of` would read to get the same: what a form begins with."""
    shared = {"title": title, "servers": ", ".join(servers), "profile": profile or "", "zone": zone}
    if isinstance(when, Weekly):
        wall = time(*divmod(when.start_minute, 60))
        return shared | {
            "kind": "weekly", "days": " ".join(DAYS[day] for day in when.days), "start": f"{wall:%H:%M}",
            "duration": length_text(when.minutes), "first": when.first.isoformat(),
            "last": when.last.isoformat() if when.last else "",
        }  # fmt: skip
    here = zones.zone_named(zone)
    start, end = (f"{one.astimezone(here):%Y-%m-%d %H:%M}" for one in (when.start_at, when.end_at))
    return shared | {"kind": "once", "start": start, "end": end}


def length_text(minutes: int) -> str:
    """Minutes as `minutes_of` reads them: "2 h", "1 h 30 min"."""
    hours, rest = divmod(minutes, 60)
    return " ".join(filter(None, [f"{hours} h" if hours else "", f"{rest} min" if rest else ""]))
