"""How much better than yesterday's curve: skill from summed losses, and when there is enough to say it.

Skill is 1 - loss / loss of yesterday's curve, each series in its own standard deviations, every metric and lead
bucket counting alike: the definition by which models are evaluated, here on truth that has matured.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from ml.runtime.chances import student_quantile
from ml.schema import LEAD_BUCKETS, METRICS
from webapp.core.views.quality import Skill

Losses = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
LOSSES_SHAPE: Final = (len(METRICS), len(LEAD_BUCKETS), 3)
ENOUGH: Final = 1_000
"""Truths of every lead bucket from which the measured skill of a stream is said; before, the one from the tests."""
_FEW_SERVERS: Final = 5  # below, servers are too few to say how far another fleet may lie
_Z95: Final = 1.959964


def total(losses: Iterable[Losses]) -> Losses:
    """The losses of some servers together."""
    return np.asarray(sum(losses, np.zeros(LOSSES_SHAPE)), np.float64)


def skill(losses: Losses, each: Sequence[Losses] = ()) -> Skill | None:
    """Skill over cells [..., (model, yesterday's curve, truths)], None where nothing was compared.

    With the losses of `each` server it has the 95 % interval that follows from how servers differ.
    """
    pair = _means(losses)
    if pair is None or pair[1] <= 0.0:
        return None
    half = _half(pair[0] / pair[1], each)
    value, truths = 1.0 - pair[0] / pair[1], int(losses[..., 2].sum())
    return Skill(value, truths, None if half is None else value - half, None if half is None else value + half)


def fewest(losses: Losses) -> int:
    """The truths of the lead bucket that has the fewest, over all metrics."""
    return int(losses[..., 2].sum(axis=0).min())


def _means(losses: Losses) -> tuple[float, float] | None:
    """Mean loss of the model and of yesterday's curve, each cell with truths counting alike."""
    truths = losses[..., 2]
    if not truths.any():
        return None
    mine, naive = (losses[..., place][truths > 0] / truths[truths > 0] for place in (0, 1))
    return float(mine.mean()), float(naive.mean())


def _half(ratio: float, each: Sequence[Losses]) -> float | None:
    """Half the 95 % interval of a ratio of means over servers, by the delta method."""
    pairs = [pair for one in each if (pair := _means(one)) is not None]
    if len(pairs) < _FEW_SERVERS:
        return None
    mine, naive = np.array(pairs).T
    spread = np.square(mine - ratio * naive).sum() / (len(pairs) - 1)
    return float(student_quantile(_Z95, len(pairs) - 1) * np.sqrt(spread / len(pairs)) / naive.mean())
