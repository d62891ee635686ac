"""Drift in words: what a test found, of whom, and what it costs. Pure."""

from typing import Final

from ml.drift.cells import State
from ml.drift.reference import Test
from webapp.core.policies import wording
from webapp.core.policies.drift_reports import EVERY
from webapp.core.policies.wording import SPACE, number

TESTS: Final = {
    Test.INPUTS: "values", Test.STEPS: "errors of 12 h", Test.RESIDUALS: "errors of 24 h", Test.COVERAGE: "coverage",
}  # fmt: skip
"""What each test looks at."""
STATES: Final = {
    State.CONSTANT: "constant: it never moved in the reference",
    State.FEW_SERVERS: "one server: an incident of it would look like drift",
    State.TOO_LITTLE: "too little in the reference",
    State.SILENT: "too little in the last day",
}
"""Why a cell is not tested."""
_KINDS: Final = {
    "web": "web servers", "database": "databases", "cache": "caches", "queue": "queues", "storage": "storage servers",
    "worker": "workers", "ml-compute": "ml-compute servers", "unknown": "servers of no profile", EVERY: "all servers",
}  # fmt: skip


def whose(group: str) -> str:
    """A group of servers inside a sentence."""
    return _KINDS.get(group, f"{group} servers")


def cell(group: str, metric: str) -> str:
    """ "CPU of web servers"."""
    return f"{wording.spoken(metric)} of {whose(group)}"


def effect(test: Test, size: float) -> str:
    """What a test found, as the rest of a sentence that begins with the cell: "has been 1.2 sd higher"."""
    if test is Test.INPUTS:
        return f"has been {number(abs(size), 1)}{SPACE}sd {'higher' if size > 0 else 'lower'}"
    if test is Test.COVERAGE:
        points = number(abs(size) * 100, 0)
        return f"has been in its 80{SPACE}% interval {points} points {'less' if size > 0 else 'more'}"
    side = "above" if size > 0 else "below"
    return f"has been {number(abs(size), 1)}{SPACE}expected sd {side} its forecasts"


def short(test: Test, size: float) -> str:
    """The same for a cell of a table: "1.2 sd higher", "12 points less coverage"."""
    if test is Test.COVERAGE:
        return f"{number(abs(size) * 100, 0)} points {'less' if size > 0 else 'more'}"
    words = ("higher", "lower") if test is Test.INPUTS else ("above forecast", "below forecast")
    return f"{number(abs(size), 1)}{SPACE}sd {words[0] if size > 0 else words[1]}"


def cost(share: float | None) -> str:
    """What drift costs: "forecasts lose 8 % more"; "" when that is not known yet."""
    if share is None:
        return ""
    if abs(share) < 0.01:
        return "forecasts lose as much as before"
    return f"forecasts lose {number(abs(share) * 100, 0)}{SPACE}% {'more' if share > 0 else 'less'}"
