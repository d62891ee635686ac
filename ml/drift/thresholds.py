"""How far is too far: thresholds that keep a whole week of all cells together at the same few false alarms.

The largest statistic of a cell in a week without drift has a tail that falls exponentially. Its two numbers were
fitted on simulated fleets without drift (docs/studies/drift.md), by how long the reference was and by whether a cell
has few servers; they are in units of the tests' own spreads, so they hold at any scale. A week's budget is split evenly
among the tests of the cells that are watched (Bonferroni), for large and for small cells apart; a test that cannot be
made yet leaves its share unused, so the first days of a stream are no noisier.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.drift.reference import LONGEST, SHORTEST, Doubles, Test

MANY: Final = 10
"""Servers from which a cell counts as large: the one that moved most weighs little there."""
FEW_A_WEEK, MANY_A_WEEK = 0.2, 1.0
"""Tests above their threshold that a week without drift may have; what exceeds together is one episode."""

# (start, slope) of threshold = start + slope * ln(1 / chance a week); few servers, many servers
_TAILS: Final = {
    SHORTEST: {
        Test.INPUTS: ((1.22, 0.50), (3.32, 0.67)),
        Test.STEPS: ((0.44, 0.86), (2.95, 0.55)),
        Test.RESIDUALS: ((1.00, 0.54), (2.69, 0.68)),
        Test.COVERAGE: ((1.13, 0.53), (2.51, 0.67)),
    },
    LONGEST: {
        Test.INPUTS: ((1.04, 0.44), (2.19, 0.77)),
        Test.STEPS: ((0.58, 0.72), (2.74, 0.49)),
        Test.RESIDUALS: ((0.97, 0.48), (2.48, 0.66)),
        Test.COVERAGE: ((1.07, 0.46), (2.20, 0.57)),
    },
}  # fmt: skip


def thresholds(servers: NDArray[np.int64], tested: NDArray[np.bool_], hours: Sequence[int]) -> Doubles:
    """What statistics of cells [C, M, tests] with so many servers are held against, when those `tested` are made with a
    reference of `hours`."""
    many = servers >= MANY
    limits = []
    for test in Test:
        odds = [
            np.log(len(Test) * max(int((tested & size)[..., test].sum()), 1) / budget)
            for size, budget in ((~many, FEW_A_WEEK), (many, MANY_A_WEEK))
        ]
        share = min(max((hours[test] - SHORTEST) / (LONGEST - SHORTEST), 0.0), 1.0)
        ends = [
            [start + slope * odd for (start, slope), odd in zip(_TAILS[length][test], odds, strict=True)]
            for length in (SHORTEST, LONGEST)
        ]
        few, large = (early + (late - early) * share for early, late in zip(*ends, strict=True))
        limits.append(np.where(many[..., test], large, few))
    return np.stack(limits, axis=-1)
