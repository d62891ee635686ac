"""Whether a promoted version serves worse than the one before it, on the truths that both forecast. Pure.

Guards that nothing is decided on little: below the minimum of hours, truths and server days the answer is to watch on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from webapp.core.policies.promotions import Kind
from webapp.core.views.live_scores import Compared, Held

POLICY: Final = "forewarn (policy)"
"""Who moves a slot back without a person."""


class Verdict(StrEnum):
    """What became of a promotion that is watched."""

    WATCHING = "watching"
    KEPT = "kept"
    ROLLED_BACK = "rolled back"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Rules:
    """`margin` is how much larger the loss may be; the 80 % interval should hold `low` to `high`, and hold no less
    than `beyond` farther from 80 % than the guard's before that alone counts."""

    margin: float = 0.05
    hours: int = 6
    truths: int = 2_000
    blocks: int = 8
    low: float = 0.72
    high: float = 0.88
    beyond: float = 0.02


RULES: Final = Rules()
_TARGET: Final = 0.8


def enough(seen: Compared, rules: Rules = RULES) -> bool:
    """Whether there is enough truth to decide on."""
    return seen.hours >= rules.hours and seen.truths >= rules.truths and seen.blocks >= rules.blocks


def worse(seen: Compared, rules: Rules = RULES) -> bool:
    """Whether the champion's loss is larger by more than the margin, with 95 % one-sided confidence."""
    return enough(seen, rules) and seen.at_least is not None and seen.at_least > rules.margin


def astray(seen: Compared, rules: Rules = RULES) -> bool:
    """Whether the champion's 80 % interval is out of bounds by its own 95 % interval, and the guard's is not."""
    if not enough(seen, rules) or not _outside(seen.mine, rules) or _outside(seen.theirs, rules):
        return False
    mine, theirs = (abs(one.share - _TARGET) for one in (seen.mine, seen.theirs))
    return rules.low <= seen.theirs.share <= rules.high and mine - theirs >= rules.beyond


def _outside(held: Held, rules: Rules) -> bool:
    return held.low is not None and held.high is not None and (held.high < rules.low or held.low > rules.high)


def regressed(seen: Compared | None, rules: Rules = RULES) -> bool:
    """Whether to go back to the guard."""
    return seen is not None and (worse(seen, rules) or astray(seen, rules))


@dataclass(frozen=True, slots=True)
class Step:
    """A move of a slot: to which version, how, by whom."""

    version_id: int
    kind: str
    by: str


def barred(steps: Sequence[Step]) -> frozenset[int]:
    """Versions that the policy left and that no person has put back since; `steps` oldest first."""
    out: set[int] = set()
    before: int | None = None
    for one in steps:
        if one.by == POLICY and one.kind == Kind.ROLLBACK and before is not None:
            out.add(before)
        if one.by != POLICY:
            out.discard(one.version_id)
        before = one.version_id
    return frozenset(out)


def reason(champion: str, guard: str, seen: Compared) -> str:
    """Why the slot goes back, in numbers."""
    parts = []
    if worse(seen):
        parts.append(f"its loss was {100 * seen.worse:.1f} % above that of {guard}, at least {_bound(seen)} %")
    if astray(seen):
        mine, theirs = seen.mine, seen.theirs
        parts.append(f"its 80 % interval held {100 * mine.share:.1f} %, that of {guard} {100 * theirs.share:.1f} %")
    return f"{champion}: {'; '.join(parts)}; on {seen.truths:,} truths of {seen.hours:,} h that both forecast."


def _bound(seen: Compared) -> str:
    return f"{100 * (seen.at_least or 0.0):.1f}"


def evidence(seen: Compared | None) -> dict[str, float]:
    """The numbers that are kept with a decision."""
    if seen is None:
        return {}
    found = {
        "truths": seen.truths, "hours": seen.hours, "blocks": seen.blocks, "worse": seen.worse, "low": seen.low,
        "high": seen.high, "at_least": seen.at_least, "mine_held": seen.mine.held, "mine_low": seen.mine.low,
        "mine_high": seen.mine.high, "theirs_held": seen.theirs.held, "theirs_low": seen.theirs.low,
        "theirs_high": seen.theirs.high,
    }  # fmt: skip
    return {name: value for name, value in found.items() if value is not None}


def recalled(kept: dict[str, float]) -> Compared | None:
    """The comparison that a decision was made on, from what was kept of it."""
    if not kept.get("truths"):
        return None
    truths = int(kept["truths"])
    mine = Held(int(kept["mine_held"]), truths, kept.get("mine_low"), kept.get("mine_high"))
    theirs = Held(int(kept["theirs_held"]), truths, kept.get("theirs_low"), kept.get("theirs_high"))
    return Compared(
        truths, int(kept["hours"]), int(kept["blocks"]), kept["worse"], kept.get("low"), kept.get("high"),
        kept.get("at_least"), mine, theirs,
    )  # fmt: skip
