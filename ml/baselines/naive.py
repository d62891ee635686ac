"""Forecasters that a model has to beat, each with intervals from its own past errors.

They are fitted per asset and metric on rows before the first scored origin, so no comparison is won
by giving the naive side a foreign width.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.contracts import Floats
from ml.runtime.ridge import NODES, between_nodes
from ml.schema import CONTEXT, HORIZON, LEAD_BUCKETS, QUANTILES, TICKS_PER_DAY

_EVERY: Final = 7  # rows between the origins that errors are collected from


class Naive(StrEnum):
    """The naive forecasters."""

    PERSISTENCE = "persistence"
    SEASONAL = "seasonal_naive"
    DAY_QUANTILES = "day_quantiles"


@dataclass(frozen=True, slots=True)
class FittedNaive:
    """A naive forecaster with the quantiles of its own errors, [N, M, H, Q]."""

    kind: Naive
    errors: Floats

    def predict(self, history: Floats) -> Floats:
        """Quantiles [N, M, H, Q] from `history` [N, 288, M], NaN where nothing is known."""
        if self.kind is Naive.DAY_QUANTILES:
            spread = _quantiles(history.transpose(0, 2, 1))
            return np.repeat(spread[:, :, None, :], HORIZON, axis=2)
        return np.asarray(_centre(self.kind, history)[..., None] + self.errors, np.float32)


def fit_naive(kind: Naive, values: Floats) -> FittedNaive:
    """Fit on `values` [K, N, M] (K >= 288 + 96 rows); the errors' quantiles are smooth along the lead."""
    if kind is Naive.DAY_QUANTILES:
        return FittedNaive(kind, np.zeros((values.shape[1], values.shape[2], 1, len(QUANTILES)), np.float32))
    rows = range(CONTEXT - 1, len(values) - HORIZON, _EVERY)
    nodes = np.stack([_node_errors(kind, values, row) for row in rows], axis=-1)  # [N, M, nodes, rows]
    table = np.einsum("hg,nmgq->nmhq", between_nodes(), np.nan_to_num(_quantiles(nodes)))
    return FittedNaive(kind, np.asarray(table, np.float32))


def _node_errors(kind: Naive, values: Floats, row: int) -> Floats:
    centre = _centre(kind, values[row - CONTEXT + 1 : row + 1].transpose(1, 0, 2))
    return np.asarray(values[row + NODES].transpose(1, 2, 0) - centre[:, :, NODES - 1])


def _centre(kind: Naive, history: Floats) -> Floats:
    """The point forecast [N, M, H]: the last observation, or yesterday at the same time."""
    last = _last(history)[:, :, None]
    if kind is Naive.PERSISTENCE:
        return np.repeat(last, HORIZON, axis=2)
    yesterday = history[:, CONTEXT - TICKS_PER_DAY : CONTEXT - TICKS_PER_DAY + HORIZON].transpose(0, 2, 1)
    return np.asarray(np.where(np.isfinite(yesterday), yesterday, last))


def _last(history: Floats) -> Floats:
    known = np.isfinite(history)
    place = history.shape[1] - 1 - known[:, ::-1].argmax(axis=1)
    return np.asarray(np.take_along_axis(history, place[:, None, :], axis=1)[:, 0])


def _quantiles(values: Floats) -> Floats:
    """Quantiles over the last axis, which is replaced by Q; NaN where nothing is known."""
    if np.isfinite(values).all():
        return np.asarray(np.moveaxis(np.quantile(values, QUANTILES, axis=-1), 0, -1), np.float32)
    empty = ~np.isfinite(values).any(axis=-1, keepdims=True)
    found = np.moveaxis(np.nanquantile(np.where(empty, 0.0, values), QUANTILES, axis=-1), 0, -1)
    return np.asarray(np.where(empty, np.nan, found), np.float32)


def pinball(quantiles: Floats, truth: Floats) -> Floats:
    """Mean pinball loss over the quantile levels, in the metric's unit: [n, M, H] from [n, M, H, Q] and [n, M, H]."""
    total = np.zeros(truth.shape, np.float32)
    for place, level in enumerate(QUANTILES):
        miss = truth - quantiles[..., place]
        total += np.maximum(level * miss, (level - 1.0) * miss)
    return np.asarray(total / np.float32(len(QUANTILES)), np.float32)


def by_bucket(losses: Floats) -> NDArray[np.float64]:
    """Mean over each lead bucket, [n, M, 5] from [n, M, H]; NaN steps are left out."""
    known = np.isfinite(losses)
    filled = np.where(known, losses, 0.0)
    counts = np.stack([known[:, :, a:b].sum(axis=2) for a, b in LEAD_BUCKETS], axis=2)
    sums = np.stack([filled[:, :, a:b].sum(axis=2) for a, b in LEAD_BUCKETS], axis=2)
    return np.asarray(np.where(counts > 0, sums / np.maximum(counts, 1), np.nan), np.float64)
