"""Forecasters that a model has to beat, each with intervals from its own past errors.

They are fitted per machine and metric on rows before the first scored origin, so no comparison is won
by giving the naive side a foreign width, and the best of them is chosen without hindsight.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.baselines.guesses import WEEKLY, Naive, base
from ml.contracts import Floats
from ml.dataset.windows import Cut, Span, cut, origins
from ml.runtime.losses import known_quantiles, pinball
from ml.runtime.ridge import NODES, between_nodes
from ml.schema import CONTEXT, HORIZON, LEAD_BUCKETS, METRICS, TICKS_PER_WEEK

BEST: Final = "best_naive"
"""The name of the naive forecaster that is chosen per machine and metric."""
_EVERY: Final = 13  # rows between the origins that errors are collected from: coprime with the day
_MANY: Final = 250  # machines for which origins lie twice as far apart, so that memory stays bounded
_ENOUGH: Final = 40  # origins that error quantiles may rest on
_LEADS: Final = np.arange(1, HORIZON + 1)
_LOW: Final = np.array([metric.low for metric in METRICS], np.float32)[:, None, None]
_HIGH: Final = np.array([metric.high for metric in METRICS], np.float32)[:, None, None]
_WEIGHT: Final = np.array([
    1.0 / sum(1 for other in NODES if low < other <= high)
    for node in NODES for low, high in LEAD_BUCKETS if low < node <= high
], np.float32)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FittedNaive:
    """A naive forecaster with the quantiles of its own errors, [N, M, H, Q]."""

    kind: Naive
    errors: Floats

    def quantiles(self, piece: Cut) -> Floats:
        """Quantiles [N, M, H, Q] in units, NaN where nothing is known of a series."""
        fan = np.sort(base(self.kind, piece, _LEADS) + self.errors, axis=-1)
        return np.asarray(np.clip(fan, _LOW, _HIGH), np.float32)


@dataclass(frozen=True, slots=True)
class BestNaive:
    """For each machine and metric the naive forecaster `choice` [N, M], an index into `parts`."""

    parts: tuple[FittedNaive, ...]
    choice: NDArray[np.int64]

    def quantiles(self, piece: Cut) -> Floats:
        """Quantiles [N, M, H, Q] in units, each series from its own choice."""
        fans = np.empty((*self.choice.shape, HORIZON, self.parts[0].errors.shape[-1]), np.float32)
        for place in np.unique(self.choice):
            mine = self.choice == place
            fans[mine] = self.parts[place].quantiles(piece)[mine]
        return fans


def fit_naives(before: Span) -> Mapping[str, FittedNaive | BestNaive]:
    """Every naive forecaster by name, and the best one, from a span (at least 385 rows) of what is known beforehand."""
    if len(before.values) < CONTEXT + HORIZON:
        raise ValueError(f"{len(before.values)} ticks are too few for naive forecasts: {CONTEXT + HORIZON} are needed")
    rows = list(origins(before, _EVERY * (1 + len(before.assets) // _MANY))) or [CONTEXT - 1]
    pieces = [cut(before, row) for row in rows]
    truth = np.stack([piece.truth[:, NODES - 1].transpose(0, 2, 1) for piece in pieces], axis=-1)
    whole = _whole_weeks(rows)
    fitted, losses = [], []
    for kind in Naive:
        guess = np.stack([base(kind, piece, NODES) for piece in pieces], axis=-2)  # [N, M, nodes, rows, Q or 1]
        some = whole if kind in WEEKLY else slice(None)
        table = np.einsum("hg,nmgq->nmhq", between_nodes(), _errors(guess[:, :, :, some], truth[..., some]))
        fitted.append(FittedNaive(kind, np.asarray(table, np.float32)))
        losses.append(_foreseen(guess[:, :, :, whole], truth[..., whole]))
    choice = np.argmin(np.stack(losses), axis=0)
    return {**{one.kind.value: one for one in fitted}, BEST: BestNaive(tuple(fitted), choice)}


def _whole_weeks(rows: Sequence[int]) -> slice:
    """The rows with a week behind them, if they are enough to learn errors from; otherwise all."""
    first = next((place for place, row in enumerate(rows) if row >= TICKS_PER_WEEK), len(rows))
    return slice(first, None) if len(rows) - first >= _ENOUGH else slice(None)


def _foreseen(guess: Floats, truth: Floats) -> Floats:
    """The loss [N, M] that is to be expected: each half of the rows with the errors of the other half."""
    middle = truth.shape[-1] // 2
    first, second = slice(0, middle), slice(middle, None)
    if not middle:
        return _loss(guess + _errors(guess, truth)[:, :, :, None], truth)
    halves = ((first, second), (second, first))
    found = [
        _loss(guess[:, :, :, there] + _errors(guess[:, :, :, here], truth[..., here])[:, :, :, None], truth[..., there])
        for here, there in halves
    ]
    return np.asarray(np.mean(found, axis=0))


def _errors(guess: Floats, truth: Floats) -> Floats:
    """The error quantiles at the nodes, [N, M, nodes, Q]: of each level's own error where the guess has levels."""
    if guess.shape[-1] == 1:
        return np.nan_to_num(known_quantiles(truth - guess[..., 0]))
    levels = [known_quantiles(truth - guess[..., place])[..., place] for place in range(guess.shape[-1])]
    return np.nan_to_num(np.stack(levels, axis=-1))


def _loss(fans: Floats, truth: Floats) -> Floats:
    """Mean pinball loss [N, M], every lead bucket counting alike; infinite where nothing is known."""
    losses = pinball(np.sort(fans, axis=-1), truth) * _WEIGHT[:, None]
    known = np.isfinite(losses)
    weight = (known * _WEIGHT[:, None]).sum(axis=(2, 3))
    total = np.where(known, losses, 0.0).sum(axis=(2, 3))
    return np.asarray(np.where(weight > 0.0, total / np.maximum(weight, 1e-9), np.inf), np.float32)
