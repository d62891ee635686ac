"""What may be changed of a server, and what a change must say. Pure.

Servers of a simulation are what it plays; those of a recording are what the file holds. Only real ones come, go and
get other names.
"""

from typing import Final

from webapp.core.errors import Conflict, FieldError, Invalid
from webapp.core.policies import telemetry
from webapp.core.views.streams import Source

LONGEST_REASON: Final = 500


def locked(source: Source, slug: str) -> str:
    """Why servers of a stream cannot be renamed, retired or merged; empty where they can."""
    if source is Source.SIMULATED:
        return f"{slug} is simulated: its servers are part of the simulation, and nothing of them is changed here."
    if source is Source.REPLAY:
        return f"{slug} replays a recording: names and servers are the file's; profiles and dependencies can be set."
    return ""


def check_real(source: Source, slug: str) -> None:
    """Raises Conflict for servers that are not real."""
    if reason := locked(source, slug):
        raise Conflict(reason)


def check_set(source: Source, slug: str) -> None:
    """Raises Conflict where not even profiles and dependencies can be set."""
    if source is Source.SIMULATED:
        raise Conflict(locked(source, slug))


def reason_of(text: object, *, needed: bool = True) -> str:
    """A reason, as it is kept. Raises Invalid without one that is `needed`."""
    said = text.strip() if isinstance(text, str) else ""
    if needed and not said:
        raise wrong("reason", "Say why: the reason is kept in the audit.")
    if len(said) > LONGEST_REASON:
        raise wrong("reason", f"The reason is longer than {LONGEST_REASON} characters.")
    return said


def name_of(text: object) -> str:
    """A new name for a server. Raises Invalid for what telemetry would not take either."""
    name = text.strip() if isinstance(text, str) else ""
    if problem := telemetry.name_problem(name):
        raise wrong("name", f"The name {problem}.")
    return name


def wrong(field: str, message: str) -> Invalid:
    """One wrong field of a form."""
    return Invalid(message, (FieldError(field, message),))
