"""An earlier forecast of one metric, and what was measured after it."""

from dataclasses import dataclass
from enum import StrEnum

from ml.contracts import Floats


class Instead(StrEnum):
    """Why the forecast that is shown is not of the time that was asked for."""

    AS_ASKED = "as asked"
    NOTHING = "nothing"
    FIRST = "first"
    DROPPED = "dropped"
    THINNED = "thinned"
    SKIPPED = "skipped"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Kept:
    """Which forecasts of a server are stored beside the newest: ticks, None where there is none."""

    first: int | None
    before: int | None
    """The nearest one before the one that is shown."""
    after: int | None
    last: int
    """The newest that may be shown: the one in force is drawn as the fan already."""


@dataclass(frozen=True, slots=True)
class GhostView:
    """The stored forecast nearest to `asked`. `fan` [H, Q] is None when the metric was not forecast then.

    `truth` [1 + H] begins with the value at `origin`; NaN is a gap, or has not come yet. `newest` is the origin of the
    forecast that is in force.
    """

    metric: str
    asked: int
    newest: int
    kept: Kept
    instead: Instead
    origin: int | None = None
    by: str = ""
    fan: Floats | None = None
    truth: Floats | None = None
