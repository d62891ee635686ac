"""When a schedule of trainings is due, how late it may be, and what keeps it from starting. Pure.

One that was missed, because nothing ran at its time, comes once as long as it is less than `LATE` late; what is later
is skipped, and said so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from webapp.core.errors import FieldError, Invalid
from webapp.core.policies import cron, zones
from webapp.core.policies import training_runs as trainings
from webapp.core.policies.training_runs import Recipe
from webapp.core.policies.wording import SPACE
from webapp.core.views.streams import Source

TRAINING: Final = "training"
NIGHTLY: Final = "0 2 * * *"
LATE: Final = timedelta(hours=6)
PROMPT: Final = timedelta(minutes=2)
"""A start within this time is on time: nothing is said."""
LEAST_STORED: Final = timedelta(days=3)
"""A day of it judges, and a training needs more than a day to look at and eight hours to forecast."""
LEAST_NEW: Final = timedelta(hours=12)
"""Telemetry since the last training, below which another teaches nothing."""
LEAST_SERVERS: Final = 5
LONGEST_REASON: Final = 300
_ON: Final = (Source.SIMULATED, Source.PUSH, Source.PROMETHEUS)


class Outcome(StrEnum):
    """What became of a due time."""

    STARTED = "started"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a schedule does, and when. `zone` "" is the installation's."""

    cron: str = NIGHTLY
    zone: str = ""
    recipe: Recipe = field(default_factory=Recipe)
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Due:
    """A time that has come. `late` since then; `missed` when that is too long."""

    at: datetime
    late: timedelta

    @property
    def missed(self) -> bool:
        return self.late > LATE


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a stream when a schedule is due: `stored` of telemetry in its own time, `fresh` of it newer
    than what the last candidate was trained on (None: there is none)."""

    busy: str
    champion: bool
    servers: int
    stored: timedelta
    fresh: timedelta | None


def default(source: Source) -> Plan:
    """The plan of a stream that nobody has decided about: on for telemetry of servers that come and go, off for a
    recording, which is soon known by heart, and for this machine, which is one server."""
    return Plan(enabled=source in _ON)


def check(plan: Plan) -> Plan:
    """The same with its cron text as it is kept. Raises Invalid that names every wrong field."""
    errors: list[FieldError] = []
    text = plan.cron
    try:
        text = cron.parse(plan.cron).text
    except Invalid as error:
        errors += error.errors
    if plan.zone and not zones.is_known(plan.zone):
        message = f"{plan.zone[:60]} is no time zone; write Area/City, like Europe/Berlin, or nothing."
        errors.append(FieldError("zone", message))
    try:
        trainings.check(plan.recipe)
    except Invalid as error:
        errors += error.errors
    if errors:
        raise Invalid(errors[0].message, tuple(errors))
    return replace(plan, cron=text)


def read(form: Mapping[str, object]) -> Plan:
    """The plan that a form asks for. Raises Invalid that names every wrong field."""
    texts = {name: one.strip() if isinstance(one := form.get(name), str) else "" for name in ("cron", "zone")}
    errors: list[FieldError] = []
    recipe = Recipe()
    try:
        recipe = trainings.read(form)
    except Invalid as error:
        errors += error.errors
    plan = Plan(texts["cron"], texts["zone"], recipe, enabled=form.get("enabled") in ("on", "true", True))
    try:
        plan = check(plan)
    except Invalid as error:
        errors += error.errors
    if errors:
        raise Invalid(errors[0].message, tuple(errors))
    return plan


def reason(text: object) -> str:
    """Why a schedule is changed. Raises Invalid when nothing is said, or too much."""
    said = " ".join(text.split()) if isinstance(text, str) else ""
    if not said or len(said) > LONGEST_REASON:
        message = f"Say why, in at most {LONGEST_REASON} characters: the audit keeps it."
        raise Invalid(message, (FieldError("reason", message),))
    return said


def due(text: str, zone: str, since_at: datetime, at: datetime) -> Due | None:
    """The newest time that came after `since_at`, if one has come by `at`; of several one, so that nothing is made up
    twice."""
    read_text = cron.parse(text)
    first = cron.following(read_text, zone, since_at)
    if not first or first[0].at > at:
        return None
    newest = first[0].at
    looking = max(newest, at - LATE)
    while (found := cron.following(read_text, zone, looking)) and found[0].at <= at:
        newest = looking = found[0].at
    return Due(newest, at - newest)


def obstacle(found: Facts, recipe: Recipe) -> str:
    """Why no training can start, whoever asks; "" when it can."""
    if found.busy:
        return found.busy
    if not found.champion:
        return "nothing serves this stream yet, so there is no model to start from"
    if found.stored < LEAST_STORED:
        return f"{length(found.stored)} of telemetry are stored, and a training needs {length(LEAST_STORED)}"
    if found.servers < LEAST_SERVERS and not recipe.simulated_servers:
        servers = f"{found.servers} server{' sends' if found.servers == 1 else 's send'} telemetry"
        return f"{servers}, and a training needs {LEAST_SERVERS}, or simulated servers beside them"
    return ""


def needless(found: Facts) -> str:
    """Why a scheduled training would teach nothing; "" when it would."""
    if found.fresh is None or found.fresh >= LEAST_NEW:
        return ""
    return f"not enough new telemetry since the last training: {length(found.fresh)} of at least {length(LEAST_NEW)}"


def missed(found: Due) -> str:
    """What is said of a time that passed while nothing ran."""
    return f"nothing ran at its time; it is {length(found.late)} late, and up to {length(LATE)} are made up for"


def tardy(found: Due) -> str:
    """What is said of a start that was late; "" for one on time."""
    return f"{length(found.late)} late, since nothing ran at its time" if found.late > PROMPT else ""


def length(span: timedelta) -> str:
    """ "12 h", "1.5 days", "40 min"."""
    minutes = max(0.0, span.total_seconds() / 60)
    if minutes < 60:
        return f"{minutes:.0f}{SPACE}min"
    if minutes < 48 * 60:
        return f"{round(minutes / 60, 1):g}{SPACE}h"
    return f"{round(minutes / 1440, 1):g}{SPACE}days"
