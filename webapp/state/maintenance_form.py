"""The form of a maintenance window: what it begins with, what it means, and what it would do. Pure."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from webapp.core.errors import Invalid
from webapp.core.policies import maintenance_requests as requests
from webapp.core.policies import maintenance_words as words
from webapp.core.policies import zones
from webapp.core.policies.maintenance import tick_at
from webapp.core.policies.maintenance_requests import DAYS, MaintenanceRequest
from webapp.core.views.maintenance import MaintenanceView, Planned
from webapp.state.maintenance_build import NAMED
from webapp.state.maintenance_view import MaintenanceKey

__all__ = [
    "BLANK",
    "FIELDS",
    "LONGEST",
    "NAMED",
    "ONCE",
    "WEEKLY",
    "form_of",
    "number",
    "preview",
    "request_of",
    "texts",
    "toggled",
]

WEEKLY: Final = "weekly"
ONCE: Final = "once"
LONGEST: Final = 20_000
"""Characters of a field: room for 500 names of servers."""
FIELDS: Final = (
    "title", "who", "servers", "start", "duration", "first", "last", "start_day", "start_time", "end_day", "end_time",
)  # fmt: skip
BLANK: Final = dict.fromkeys((*FIELDS, "days", "zone"), "") | {"kind": WEEKLY, "who": NAMED}


def form_of(one: Planned | None, view: MaintenanceView, key: MaintenanceKey) -> dict[str, str]:
    """What the form begins with: a window that is to be changed, or a night in the stream's zone."""
    there = view.at.astimezone(zones.zone_named(view.zone))
    tonight = there.date() + timedelta(days=1)
    blank = BLANK | {
        "servers": key.servers, "days": "sun", "start": "02:00", "duration": "2 h", "first": there.date().isoformat(),
        "start_day": tonight.isoformat(), "start_time": "02:00", "end_day": tonight.isoformat(), "end_time": "04:00",
    }  # fmt: skip
    if one is None:
        return blank
    found = requests.texts_of(one.title, one.servers, one.profile, one.when, one.zone)
    shared = {name: found[name] for name in ("title", "servers", "kind", "zone")} | {"who": found["profile"] or NAMED}
    if found["kind"] == WEEKLY:
        return blank | shared | {name: found[name] for name in ("days", "start", "duration", "first", "last")}
    (start_day, start_time), (end_day, end_time) = (found[name].split(" ") for name in ("start", "end"))
    once = {"start_day": start_day, "start_time": start_time, "end_day": end_day, "end_time": end_time}
    return blank | shared | once


def texts(form: Mapping[str, Any]) -> dict[str, str]:
    """The texts of a submitted form: any socket client may send anything."""
    kept = (*FIELDS, "days", "kind")
    return {name: one[:LONGEST] for name in kept if isinstance(one := form.get(name), str)}


def number(value: object) -> int:
    """The id in an event's payload; 0, which no window has, for anything else."""
    return value if isinstance(value, int) and 0 < value < 2**31 else 0


def toggled(days: Sequence[str], day: str) -> list[str]:
    """The days with one more or less, in their order."""
    return [one for one in DAYS if (one in days) != (one == day)]


def request_of(draft: Mapping[str, str]) -> MaintenanceRequest:
    """The request that the form's texts mean. Raises Invalid with a sentence a field."""
    who = draft.get("who", NAMED)
    shared = {
        "title": draft.get("title", ""), "zone": draft.get("zone", ""),
        "servers": draft.get("servers", "") if who == NAMED else "", "profile": "" if who == NAMED else who,
    }  # fmt: skip
    if draft.get("kind") == ONCE:
        start, end = (f"{draft.get(f'{one}_day', '')} {draft.get(f'{one}_time', '')}" for one in ("start", "end"))
        return requests.request_of(shared | {"start": start, "end": end})
    weekly = {name: draft.get(name, "") for name in ("days", "start", "duration", "first", "last")}
    return requests.request_of(shared | weekly | {"kind": WEEKLY})


def preview(draft: Mapping[str, str], view: MaintenanceView, viewer: str, editing: int) -> tuple[list[str], str]:
    """The next occurrences of what the form holds, and what is wrong with it so far."""
    before = next((one.when for one in view.planned if one.id == editing), None)
    named = {**draft, "title": draft.get("title") or "-", "servers": draft.get("servers") or "-"}
    try:
        asked = requests.check(request_of(named), view.zone, view.at, before)
    except Invalid as error:
        return [], error.message
    one = Planned(0, asked.title, asked.profile, asked.servers, asked.zone, asked.when, 0)
    return words.preview(one, tick_at(view.at), viewer), ""
