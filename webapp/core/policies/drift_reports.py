"""What follows from looks: which drift begins and is over, and whether to train. Pure.

A drift is of one metric of one group of servers. It begins when a test of the cell finds it, and is over when none has
come near its threshold for some hours. While a profile's drift of a metric is open, all servers together open none of
the same metric: it would be the same drift.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.drift.cells import Look, State
from ml.drift.reference import Test
from ml.schema import METRIC_NAMES
from webapp.core.errors import FieldError, Invalid
from webapp.core.policies.training_runs import Mode, Recipe

EVERY: Final = "every server"
"""The group of all servers, whatever their profile."""
CALM_HOURS: Final = 6
"""Hours that every test of a cell has to stay below half of its threshold before its drift is over."""
LEAST_COST: Final = 0.02
"""How much more forecasts have to lose, where that is known, before a training is worth it."""
ACTOR: Final = "forewarn (drift)"
SPACE: Final = "\u00a0"
_CALM: Final = 0.5
_LONGEST_REASON: Final = 500
_DAYS: Final = (7, 30)

Cell = tuple[str, str]
"""Group and metric."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the strongest test of a cell says."""

    test: Test
    statistic: float
    threshold: float
    effect: float
    cost: float | None

    @property
    def ratio(self) -> float:
        """The size of the statistic in thresholds: from 1 on it is drift."""
        return abs(self.statistic) / self.threshold


@dataclass(frozen=True, slots=True)
class Changes:
    """What a look changes: drift that begins, goes on, and is over."""

    opened: Mapping[Cell, Found]
    going_on: Mapping[Cell, Found]
    closed: Collection[Cell]


def ratios(look: Look) -> NDArray[np.float64]:
    """Sizes of statistics in their thresholds [C, M, tests], 0 where nothing was tested."""
    tested = look.state == State.TESTED
    return np.where(tested, np.abs(np.where(tested, look.statistic, 0.0)) / look.threshold, 0.0)


def found(look: Look, row: int, metric: int, test: Test | None = None) -> Found:
    """What a test of a cell says; without one, the strongest."""
    chosen = Test(int(ratios(look)[row, metric].argmax())) if test is None else test
    cost = float(look.cost[row, metric])
    numbers = (float(one[row, metric, chosen]) for one in (look.statistic, look.threshold, look.effect))
    statistic, threshold, effect = (0.0 if np.isnan(one) else one for one in numbers)
    return Found(chosen, statistic, threshold, effect, None if np.isnan(cost) else cost)


def changes(rows: Sequence[str], looks: Sequence[Look], open_cells: Mapping[Cell, Test]) -> Changes:
    """What the last of `looks` changes, the others being those of the hours before, oldest first, with equal rows.

    A cell whose servers are silent stays as it was: nobody knows whether its drift is over.
    """
    sizes = [ratios(one).max(axis=2) for one in looks[-CALM_HOURS:]]
    unknown = [_silent(one) for one in looks[-CALM_HOURS:]]
    opened: dict[Cell, Found] = {}
    going_on = {
        cell: found(looks[-1], *_place(rows, cell), test)
        for cell, test in open_cells.items() if cell[0] in rows and not unknown[-1][_place(rows, cell)]
    }  # fmt: skip
    closed = [cell for cell in open_cells if cell[0] not in rows or _calm(sizes, unknown, _place(rows, cell))]
    for row, metric in sorted(np.argwhere(sizes[-1] >= 1.0).tolist(), key=lambda one: rows[one[0]] == EVERY):
        cell = (rows[row], METRIC_NAMES[metric])
        same = any(one[1] == cell[1] for one in (*open_cells, *opened))
        if cell not in open_cells and not (cell[0] == EVERY and same):
            opened[cell] = found(looks[-1], row, metric)
    return Changes(opened, going_on, closed)


def _place(rows: Sequence[str], cell: Cell) -> tuple[int, int]:
    return rows.index(cell[0]), METRIC_NAMES.index(cell[1])


def _silent(look: Look) -> NDArray[np.bool_]:
    """Cells [C, M] of which nothing could be tested, since their servers say nothing."""
    tested, silent = (look.state == state for state in (State.TESTED, State.SILENT))
    return np.asarray(silent.any(axis=2) & ~tested.any(axis=2))


def _calm(sizes: Sequence[NDArray[np.float64]], unknown: Sequence[NDArray[np.bool_]], place: tuple[int, int]) -> bool:
    looks = zip(sizes, unknown, strict=True)
    return len(sizes) == CALM_HOURS and all(size[place] < _CALM and not silent[place] for size, silent in looks)


@dataclass(frozen=True, slots=True)
class Rule:
    """When a stream's model is trained after drift: once drift is open for `open_hours`, `new_hours` lie behind the
    change, and `pause_hours` behind the last training."""

    enabled: bool = True
    open_hours: int = 6
    new_hours: int = 72
    pause_hours: int = 72
    minutes: float = 5


@dataclass(frozen=True, slots=True)
class Open:
    """Drift that goes on: when it was found and since when it is, in hours of the stream, what it is called, and how
    much more forecasts lose, as a share; None while that is not known."""

    opened_hour: int
    since_hour: int
    name: str
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """What a decision is made from. `busy` says which training runs, `waits` which candidate of the last training after
    drift nobody has decided on, `trained_hour` when a training was asked for last."""

    rule: Rule
    hour: int
    open: tuple[Open, ...]
    busy: str = ""
    trained_hour: int | None = None
    switched_off: str = ""
    waits: str = ""


@dataclass(frozen=True, slots=True)
class Hold:
    """No training, and why not."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Retrain:
    """A training, why, and of what."""

    reason: str
    recipe: Recipe
    code: str = "retrain"


def decide(now: Situation) -> Retrain | Hold:
    """Whether to train, in words that a page can show as they are."""
    rule = now.rule
    if not now.open:
        return Hold("none", "No drift is open.")
    if not rule.enabled:
        return Hold("off", f"Training after drift is switched off{now.switched_off}.")
    if now.busy:
        return Hold("busy", f"{now.busy}; one training of a stream runs at a time.")
    if now.waits:
        return Hold("waits", f"Candidate {now.waits} waits for a decision.")
    lasting = [one for one in now.open if now.hour - one.opened_hour >= rule.open_hours]
    if not lasting:
        longest = max(now.hour - one.opened_hour for one in now.open)
        return Hold(
            "young", f"Drift has to be open for {_hours(rule.open_hours)}; the longest is for {_hours(longest)}."
        )
    return _lasting(now, lasting)


def _lasting(now: Situation, lasting: Sequence[Open]) -> Retrain | Hold:
    """What to do about drift that has been open long enough: train once there is enough to train on, and not again
    right after a training."""
    rule, oldest = now.rule, min(lasting, key=lambda one: one.since_hour)
    new = now.hour - oldest.since_hour
    if new < rule.new_hours:
        missing = _hours(rule.new_hours - new)
        return Hold("data", f"{_hours(rule.new_hours)} since the change are needed to train on; {missing} are missing.")
    since = None if now.trained_hour is None else now.hour - now.trained_hour
    if since is not None and since < rule.pause_hours:
        return Hold("pause", f"The last training was {_hours(since)} ago; the pause is {_hours(rule.pause_hours)}.")
    costs = [one.cost for one in lasting if one.cost is not None]
    if costs and max(costs) < LEAST_COST:
        least = f"{LEAST_COST * 100:.0f}{SPACE}%"
        return Hold("cost", f"Forecasts lose less than {least} more: a training would bring little.")
    others = "" if len(lasting) == 1 else f" and {len(lasting) - 1} more"
    return Retrain(f"{oldest.name}{others}, {_hours(new)} of data since the change.", recipe(new, rule))


def recipe(new_hours: int, rule: Rule) -> Recipe:
    """Fine-tuning on a window of which half is new, so that the old regime is not forgotten altogether."""
    low, high = _DAYS
    return Recipe(Mode.FINE_TUNE.value, min(max(ceil(2 * new_hours / 24), low), high), 0, rule.minutes)


def _hours(count: int) -> str:
    return f"{count}{SPACE}h"


def check(rule: Rule) -> None:
    """Raises Invalid that names every setting out of its bounds."""
    bounds = (
        ("open_hours", 1 <= rule.open_hours <= 168, "Drift has to be open for 1 to 168 hours."),
        ("new_hours", 24 <= rule.new_hours <= 720, "The data since the change is 24 to 720 hours."),
        ("pause_hours", 1 <= rule.pause_hours <= 2160, "The pause between trainings is 1 to 2,160 hours."),
        ("minutes", 0.2 <= rule.minutes <= 240, "A training after drift takes 0.2 to 240 minutes."),
    )
    errors = tuple(FieldError(field, sentence) for field, holds, sentence in bounds if not holds)
    if errors:
        raise Invalid(errors[0].message, errors)


def check_reason(text: object) -> str:
    """The reason itself, trimmed. Raises Invalid without one."""
    said = " ".join(text.split()) if isinstance(text, str) else ""
    if not said or len(said) > _LONGEST_REASON:
        message = f"Say why, in at most {_LONGEST_REASON} characters: the audit keeps it."
        raise Invalid(message, (FieldError("reason", message),))
    return said
