"""The true breaches of a simulated run: what verdicts and scoreboards compare predictions with.

A breach begins at the first of `CONSECUTIVE` observations in a row above the threshold; values are
the simulator's own, before any feed loses or delays them.
"""

from collections.abc import Sequence

import numpy as np

from ml.contracts import Fleet, Floats, Injection
from ml.generator.simulation import Generator
from ml.schema import METRIC_NAMES
from ml.streams.fleet import CONSECUTIVE


def true_breaches(
    fleet: Fleet,
    injections: Sequence[Injection],
    first: int,
    count: int,
    thresholds: Floats | None = None,
    *,
    assets: Sequence[str] | None = None,
) -> dict[tuple[str, str], int]:
    """First breach tick of every (asset, metric) that breaches in ticks `first` ... `first + count`.

    `thresholds` [N, M] follows the fleet's order (or that of `assets`); without it the defaults hold.
    A run that began before `first` counts from `first`.
    """
    generator = Generator(fleet)
    ticks = generator.ticks(first, count, injections, assets)
    limits = thresholds
    if limits is None:
        place = {asset.name: row for row, asset in enumerate(fleet.assets)}
        limits = generator.limits[[place[name] for name in ticks.assets]]
    start = first_breach(ticks.values, limits)
    return {
        (ticks.assets[server], METRIC_NAMES[metric]): first + int(start[server, metric])
        for server, metric in np.argwhere(start >= 0)
    }


def first_breach(values: Floats, thresholds: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """Row of the first breach in `values` [K, N, M] above `thresholds` [N, M], as [N, M]; -1 where there is none."""
    above = values > thresholds
    if len(above) < CONSECUTIVE:
        return np.full(values.shape[1:], -1, np.int64)
    run = above[: len(above) - CONSECUTIVE + 1].copy()
    for later in range(1, CONSECUTIVE):
        run &= above[later : later + len(run)]
    return np.where(run.any(axis=0), run.argmax(axis=0), -1)
