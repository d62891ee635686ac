"""How incidents are said: in one sentence, in a row, beside a chart."""

from datetime import datetime
from typing import Final

from webapp.core.policies import wording
from webapp.core.policies.wording import SPACE, Zone
from webapp.core.views.incidents import IncidentSnapshot, IncidentState, IncidentView

WORDS: Final = {"open": "Open", "maintenance": "Maintenance", "ended": "Ended", "lost": "Lost sight of"}


def tone(one: IncidentView) -> str:
    """How an incident is marked: an open one that maintenance explains is as quiet as one that is over."""
    return "maintenance" if one.state is IncidentState.OPEN and one.in_maintenance else one.state.value


def what(one: IncidentView) -> str:
    """ "Latency over 250 ms"."""
    return f"{wording.label(one.metric)} {wording.limit(one.metric, one.threshold)}"


def spoken(one: IncidentView, zone: Zone, at: datetime) -> str:
    """ "ppdb002 latency over 250 ms for 25 min", or since when nobody has seen it."""
    said = f"{one.server} {wording.spoken(one.metric)} {wording.limit(one.metric, one.threshold)}"
    return f"{said} for {wording.duration(one.minutes)}" + (f", {unseen(one, zone, at)}" if one.silent else "")


def unseen(one: IncidentView, zone: Zone, at: datetime) -> str:
    """ "not seen since 14:05"."""
    return f"not seen since {wording.clock_time(one.seen_at, zone, at)}"


def note(one: IncidentView, zone: Zone, at: datetime) -> str:
    """What else there is to know."""
    said = [unseen(one, zone, at)] if one.silent else []
    if one.state is IncidentState.OPEN and one.clear_at is not None and not one.silent:
        said.append(f"clear at {wording.clock_time(one.clear_at, zone, at)}, once")
    if one.in_maintenance and one.state is not IncidentState.OPEN:
        said.append("during maintenance")
    if one.in_history:
        said.append("found in history")
    return ", ".join(said)


def times(one: IncidentView) -> str:
    """The peak as a multiple of the threshold: "1.25×"."""
    return f"{wording.number(one.peak / one.threshold, 2)}×" if one.threshold > 0 else ""


def sentence(found: IncidentSnapshot, zone: Zone) -> tuple[str, str]:
    """How many are open and which is the longest; then the others, or the last that ended."""
    if found.at is None:
        return "Nothing has been observed yet.", "Incidents are found as soon as observations come."
    named = [spoken(one, zone, found.at) for one in found.open]
    if not named:
        return _calm(found, zone, found.at)
    count = f"{found.open_count:,} open incident{'' if found.open_count == 1 else 's'}"
    longest = "" if found.open_count == 1 else ", the longest"
    return f"{count}{longest}: {named[0]}.", _also(found, named[1:])


def _also(found: IncidentSnapshot, named: list[str]) -> str:
    rest = found.open_count - 1 - len(named)
    parts = [f"Also {'; '.join(named)}"] if named else []
    if rest:
        parts.append(f"and {rest:,} more")
    said = [f"{' '.join(parts)}."] if parts else []
    if found.open_maintenance:
        said.append(_maintained(found))
    return " ".join(said) or "No other is open."


def _calm(found: IncidentSnapshot, zone: Zone, at: datetime) -> tuple[str, str]:
    said = [_maintained(found)] if found.open_maintenance else []
    last = found.last_ended
    if last is not None and last.end_at is not None:
        ended = wording.clock_time(last.end_at, zone, at)
        verb = "was lost sight of" if last.state is IncidentState.LOST else "ended"
        said.append(f"The last one {verb} at {ended}: {spoken(last, zone, at)}.")
    elif not said:
        said.append("None has been found in what was observed so far.")
    return "No incident is open.", " ".join(said)


def _maintained(found: IncidentSnapshot) -> str:
    one = found.open_maintenance == 1
    return f"{found.open_maintenance:,} {'lies' if one else 'lie'} in maintenance."


def news(found: IncidentSnapshot, zone: Zone) -> str:
    """What is announced: the incident that began last among those named."""
    if not found.open or found.at is None:
        return ""
    newest = max(found.open, key=lambda one: one.start_at)
    return f"Open: {spoken(newest, zone, found.at)}".split(" for ")[0]


def since(one: IncidentView, zone: Zone, at: datetime) -> str:
    """ "since 14:12, 25 min", or "14:12 to 14:37"."""
    began = wording.clock_time(one.start_at, zone, at)
    if one.end_at is None:
        return f"since {began}, {wording.duration(one.minutes)}"
    return f"{began}, {wording.duration(one.minutes)}"


def until(one: IncidentView, zone: Zone) -> str:
    """When it ended, as short as beside its start."""
    return "" if one.end_at is None else f"to{SPACE}{wording.clock_time(one.end_at, zone, one.start_at)}"
