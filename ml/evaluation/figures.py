"""From losses to figures: skill, and intervals that say how far the next sample may lie.

Guards that skill is paired, and that an interval knows that the windows of one machine and day go together.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
_DRAWS: Final = 1_000
_SEED: Final = 11


def rounded(value: float | np.floating | Doubles) -> float | None:
    """Five decimals, null for what is unknown."""
    return round(float(value), 5) if np.isfinite(value) else None


def skill(loss: Doubles | float, rival: Doubles | float) -> float:
    """1 - loss / rival; NaN without a rival's loss."""
    return float(skills(np.asarray(loss), np.asarray(rival)))


def skills(losses: Doubles, rivals: Doubles) -> Doubles:
    """The same of many, [...]."""
    return np.asarray(1.0 - losses / np.where(rivals > 0.0, rivals, np.nan))


class Blocks:
    """A block bootstrap over machine x day (Kuensch 1989): whole blocks are drawn, the same ones for every model.

    `labels` [windows] name each window's block; equal labels, equal draws.
    """

    def __init__(self, labels: NDArray[np.int64]) -> None:
        names, self._block = np.unique(labels, return_inverse=True)
        random = np.random.Generator(np.random.Philox(_SEED))
        drawn = random.integers(len(names), size=(_DRAWS, len(names)))
        self._times = np.stack([np.bincount(row, minlength=len(names)) for row in drawn])

    def means(self, losses: Doubles) -> Doubles:
        """The mean of losses [windows, M, buckets] in every draw, [draws], without NaN cells; NaN where all are."""
        known = np.isfinite(losses).sum(axis=(1, 2))
        total = np.where(np.isfinite(losses), losses, 0.0).sum(axis=(1, 2))
        size = len(self._times[0])
        sums, counts = (np.bincount(self._block, one, minlength=size) for one in (total, known))
        drawn = self._times @ counts
        return np.asarray(self._times @ sums / np.where(drawn > 0.0, drawn, np.nan))


def interval(draws: Doubles) -> list[float | None]:
    """The middle 95 % of bootstrap draws; null when none is known."""
    known = draws[np.isfinite(draws)]
    return [rounded(np.quantile(known, level)) if len(known) else None for level in (0.025, 0.975)]


def intervals(mine: Doubles, rivals: Mapping[str, Doubles], blocks: Blocks) -> dict[str, list[float | None]]:
    """95 % intervals of the mean loss, and of the skill against each rival on the same draws."""
    own = blocks.means(mine)
    paired = {f"ci95_skill_vs_{name}": interval(skills(own, blocks.means(one))) for name, one in rivals.items()}
    return {"ci95_pinball": interval(own), **paired}
