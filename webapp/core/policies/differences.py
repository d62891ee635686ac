"""Differences between two models as people read them: a dot and a bar around zero, left is better. Pure.

A bar that touches zero is a tie, whatever its dot says; a difference that was not measured is none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ml.schema import METRIC_INDEX
from webapp.core.policies import wording
from webapp.core.policies.wording import MINUS, SPACE
from webapp.core.views.evidence import DifferenceView

BETTER, WORSE, TIE, UNKNOWN = "better", "worse", "tie", "unknown"
_LEAST: Final = 0.01
_MARGIN: Final = 1.08


@dataclass(frozen=True, slots=True)
class Scale:
    """From `low` (better) to `high`: one scale for all bars of a card, zero always on it."""

    low: float
    high: float

    def at(self, share: float) -> float:
        """Where a difference lies on the track, in percent of its width."""
        return 100 * (min(max(share, self.low), self.high) - self.low) / (self.high - self.low)


@dataclass(frozen=True, slots=True)
class Bar:
    """One line: percents of the track, and the words beside it."""

    name: str
    verdict: str
    start: float
    width: float
    dot: float
    zero: float
    words: str
    title: str


def scale(differences: Sequence[DifferenceView]) -> Scale:
    """The scale on which all of them fit."""
    lows = [one.low for one in differences if one.low is not None]
    highs = [one.high for one in differences if one.high is not None]
    return Scale(_MARGIN * min([*lows, -_LEAST]), _MARGIN * max([*highs, _LEAST]))


def bar(one: DifferenceView, on: Scale) -> Bar:
    """A difference on a scale."""
    name, zero = label(one.name), on.at(0)
    if one.relative is None or one.low is None or one.high is None:
        return Bar(name, UNKNOWN, zero, 0, zero, zero, "not measured", f"{name}: not measured")
    start, end = on.at(one.low), on.at(one.high)
    words = percent(one.relative)
    interval = f"95{SPACE}% interval {percent(one.low)} to {percent(one.high)}"
    title = f"{name}: {words}, {interval}, {one.windows:,} windows"
    return Bar(name, verdict(one), start, max(end - start, 0.5), on.at(one.relative), zero, words, title)


def verdict(one: DifferenceView) -> str:
    """What a difference says."""
    if one.relative is None or one.low is None or one.high is None:
        return UNKNOWN
    if one.low <= 0 <= one.high:
        return TIE
    return BETTER if one.high < 0 else WORSE


def percent(share: float | None, digits: int = 1) -> str:
    """A signed share: "−5.2 %"; "not measured" for none."""
    if share is None:
        return "not measured"
    rounded = f"{100 * share:+.{digits}f}".replace("-", MINUS)
    return f"{rounded}{SPACE}%"


def label(name: str) -> str:
    """ "0 to 1 h", "CPU", or the name itself."""
    if name == "overall":
        return f"All, 0 to 8{SPACE}h"
    first, dash, last = name.removesuffix("h").partition("-")
    if dash and first.isdigit() and last.isdigit():
        return f"{first} to {last}{SPACE}h"
    return wording.label(name) if name in METRIC_INDEX else name


CHECKS: Final = {
    "hashes": "Files are what was compared", "enough": "Enough evidence", "untouched": "Data neither has seen",
    "same_windows": "Same windows for both", "better": "Better than the champion",
    "seasonal_naive": "Better than yesterday's curve", "coverage": f"80{SPACE}% interval holds 77 to 83{SPACE}%",
    "coverage_by_lead": "Interval holds at every lead", "no_group_worse": "No metric or profile is surely worse",
    "elsewhere": "Holds on other servers", "latency": "Answers in time", "size": "Small enough",
}  # fmt: skip
"""The gate's rules in a few words."""


def check(name: str) -> str:
    """A rule's short words; its name where it is newer than these."""
    return CHECKS.get(name, name.replace("_", " ").capitalize())
