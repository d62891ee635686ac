"""One cell of a grid of what was measured: the share that the 80 % interval held, and the skill."""

from dataclasses import dataclass
from typing import Final

from webapp.charts import interval
from webapp.core.policies.wording import SPACE
from webapp.core.views.quality import Measured
from webapp.state import skill_words

_SIGNS: Final = {"low": "\u2193", "high": "\u2191"}


@dataclass(frozen=True)
class Mark:
    """What one cell says: the share that was held, its `verdict`, the skill and whether it is `worse` than naive."""

    share: str
    verdict: str
    skill: str
    worse: bool
    title: str


def mark(one: Measured, where: str) -> Mark:
    """A cell: share and skill, with their counts in the title."""
    if not one.matured:
        return Mark("\u2013", "none", "", False, f"{where}: no truth has matured yet")
    share = interval.wilson(one.held, one.matured)
    verdict = interval.ribbon_cell(one.held, one.matured, where).verdict
    said = f"{where}: the 80{SPACE}% interval held {interval.words(share)}"
    if one.skill is None:
        return Mark(
            f"{share.percent:.0f}{SPACE}%{_SIGNS.get(verdict, '')}", verdict, "", False,
            f"{said}; skill needs yesterday's hour and a day of errors before it",
        )  # fmt: skip
    return Mark(
        f"{share.percent:.0f}{SPACE}%{_SIGNS.get(verdict, '')}", verdict, skill_words.figure(one.skill.value),
        one.skill.value < 0, f"{said}; skill {skill_words.at_length(one.skill)}",
    )  # fmt: skip
