"""What people may do to jobs and duties, and why they say they do it. Pure."""

from enum import StrEnum
from typing import Final

from webapp.core.errors import FieldError, Invalid

LONGEST_REASON: Final = 300
MOST_ARGUMENTS: Final = 120
"""Letters of a job's arguments that are shown."""


class Act(StrEnum):
    """What is done to a dead letter, to all of a queue, or to a duty."""

    REQUEUE = "requeue"
    REQUEUE_ALL = "requeue all"
    DISCARD = "discard"
    RUN = "run"


def reason(text: object) -> str:
    """Why. Raises Invalid when nothing is said, or too much."""
    said = " ".join(text.split()) if isinstance(text, str) else ""
    if said and len(said) <= LONGEST_REASON:
        return said
    message = f"Say why, in 1 to {LONGEST_REASON} characters: it stays in the audit."
    raise Invalid(message, (FieldError("reason", message),))


def shown(arguments: dict[str, object]) -> str:
    """A job's arguments in a line: "stream_id 1, tick 5985622"."""
    said = ", ".join(f"{name} {value}" for name, value in arguments.items())
    return said if len(said) <= MOST_ARGUMENTS else f"{said[: MOST_ARGUMENTS - 1]}…"
