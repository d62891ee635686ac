"""What a training run may be asked for, and from which state it may go to which.

A run is queued, claimed by one worker under a fence, and ends once: as a candidate, failed or cancelled.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from ml.schema import TICKS_PER_DAY, Profile
from webapp.core.errors import FieldError, Invalid

LEASE: Final = timedelta(seconds=15)
"""How long a worker may be silent before another takes its run over."""
MOST_ATTEMPTS: Final = 5
"""Times that a run is taken over or tried again before it counts as failed."""


class Status(StrEnum):
    """Where a run is."""

    QUEUED = "queued"
    RUNNING = "running"
    CANDIDATE = "candidate"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def over(self) -> bool:
        return not MOVES[self]


MOVES: Final = {
    Status.QUEUED: {Status.RUNNING, Status.CANCELLED},
    Status.RUNNING: {Status.RUNNING, Status.CANDIDATE, Status.FAILED, Status.CANCELLED},
    Status.CANDIDATE: set(),
    Status.FAILED: set(),
    Status.CANCELLED: set(),
}
"""From each state to the ones that may follow; running follows itself when another worker takes a run over."""


class Mode(StrEnum):
    """From the champion's weights, or from none."""

    FINE_TUNE = "fine_tune"
    SCRATCH = "scratch"


@dataclass(frozen=True, slots=True)
class Recipe:
    """What to train on and for how long. `days` of the stream's own telemetry up to now; `simulated_servers` beside it
    (0: none), which a training from scratch needs where the stream has few machines."""

    mode: str = Mode.FINE_TUNE.value
    days: int = 30
    simulated_servers: int = 0
    minutes: float = 10
    seed: int = 1

    def as_json(self) -> dict[str, object]:
        """The recipe as it is stored."""
        return asdict(self)


def check(recipe: Recipe) -> None:
    """Raises Invalid that names every wrong field."""
    servers = recipe.simulated_servers
    rules = (
        ("mode", recipe.mode in set(Mode), "Train from the champion on (fine_tune) or from scratch (scratch)."),
        (
            "days",
            3 <= recipe.days <= 365,
            "The data window is 3 to 365 days: the last fifth, at least a day, is judged on.",
        ),
        ("simulated_servers", servers == 0 or 40 <= servers <= 2000, "Simulated servers are 0, or 40 to 2,000."),
        ("minutes", 0.2 <= recipe.minutes <= 24 * 60, "A training takes 0.2 to 1,440 minutes."),
        ("seed", 0 <= recipe.seed < 2**31, "The seed is a whole number from 0 to 2,147,483,647."),
    )
    errors = [FieldError(field, sentence) for field, holds, sentence in rules if not holds]
    if errors:
        raise Invalid(errors[0].message, tuple(errors))


def cut(first: int, last: int) -> int:
    """The first tick that is held out of a run's telemetry from `first` to `last`: never trained on, judged on.

    The newest fifth, at least a day, so that every hour of the day is judged, and at most a week, beyond which more
    windows would cost training data and hardly narrow the interval.
    """
    return last + 1 - min(max((last + 1 - first) // 5, TICKS_PER_DAY), 7 * TICKS_PER_DAY)


def read(form: Mapping[str, object]) -> Recipe:
    """The recipe that a form asks for; a field that it lacks is as usual. Raises Invalid that names every wrong one."""
    errors: list[FieldError] = []
    values: dict[str, object] = {"mode": mode} if (mode := _text(form, "mode")) else {}
    for name, (kind, sentence) in _NUMBERS.items():
        if name in form:
            try:
                values[name] = kind(_plain(_text(form, name)))
            except ValueError:
                errors.append(FieldError(name, sentence))
    recipe = Recipe(**values)  # type: ignore[arg-type]
    try:
        check(recipe)
    except Invalid as error:
        errors += error.errors
    if errors:
        raise Invalid(errors[0].message, tuple(errors))
    return recipe


_NUMBERS: Final[Mapping[str, tuple[Callable[[str], float], str]]] = {
    "days": (int, "Write the days as a whole number, like 30."),
    "simulated_servers": (int, "Write the simulated servers as a whole number, 0 for none."),
    "minutes": (float, "Write the minutes as a number, like 10 or 0.5."),
    "seed": (int, "Write the seed as a whole number, like 1."),
}


def _text(form: Mapping[str, object], name: str) -> str:
    value = form.get(name)
    return value.strip() if isinstance(value, str) and value.isascii() else ""


def _plain(number: str) -> str:
    """The same without commas between thousands; ValueError for any other comma, which may mean a decimal point."""
    if "," in number and re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", number) is None:
        raise ValueError(number)
    return number.replace(",", "")


def networks(recipe: Recipe, profiles: Iterable[str]) -> int:
    """How many of a model's two networks a training has machines for: those of known profile, and strangers.

    Simulated servers are both; of a stream's own it takes two, one to fit and one to keep.
    """
    kinds = Counter(profile == Profile.UNKNOWN for profile in profiles)
    return 2 if recipe.simulated_servers else max(1, sum(count >= 2 for count in kinds.values()))


def following(versions: Sequence[str]) -> str:
    """The number of the next version of a model: the highest one's with its middle part one up."""
    numbers = [tuple(map(int, one.split("."))) for one in versions if re.fullmatch(r"\d{1,6}\.\d{1,6}\.\d{1,6}", one)]
    major, minor, _ = max(numbers, default=(1, -1, 0))
    return f"{major}.{minor + 1}.0"
