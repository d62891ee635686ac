"""How fans become breach chances: how their errors hang together, and a correction learnt where it was seen what came.

Drawn paths know the fan alone. What they miss is the same everywhere: trouble that has begun goes on, a server in
trouble with one metric is about to be in trouble with another, and nobody foresees an accident. A small network
corrects the chance of each stretch of the horizon (a discrete-time hazard, Singer and Willett 1993) by how far the
threshold lies and by the chances of the server's other metrics; a model without one has a logistic correction.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.contracts import Floats
from ml.runtime.inputs import LEADS
from ml.runtime.network import Linear, Reader, Tensors, elu, sigmoid
from ml.schema import METRICS

HOURS: Final = (1, 2, 4, 8)
"""Leads by which the probability of a breach is told."""
LAYERS: Final = ("odds.0", "odds.1", "odds.2")
"""The names of the network's layers in an artefact."""
DEFAULT_CORRELATION: Final = np.tile(np.array([0.98, 0.8, 0.0, 0.0, 1.0], np.float32), (len(METRICS), 1))
"""How errors hang together, per metric [M, 5]: correlation of their slow part from step to step, its share of the
variance; then intercept, slope a doubling of the lead and slope of the log-odds correction of the breach chance."""
ASKED: Final = len(LEADS) + len(HOURS) * (1 + len(METRICS)) + len(METRICS)
"""Numbers that the network sees of a series."""
_SMALLEST: Final = 0.004  # half a path of 128: below it drawn chances do not differ
_FARTHEST: Final = 4.0


@dataclass(frozen=True, slots=True)
class Odds:
    """What belongs to a forecaster for its chances: `correlation` as `DEFAULT_CORRELATION`, and its network if any."""

    correlation: Floats
    layers: tuple[Linear, ...] = ()

    @classmethod
    def from_tensors(cls, tensors: Tensors) -> "Odds":
        """From an artefact's tensors; KeyError when one is missing."""
        read = Reader(tensors)
        layers = tuple(read.linear(name) for name in LAYERS) if f"{LAYERS[0]}.weight" in read else ()
        return cls(read.tensor("correlation"), layers)

    def corrected(self, drawn: Floats, levels: Floats, server: NDArray[np.int64], metric: NDArray[np.int64]) -> Floats:
        """Chances [A, hours] of the series `server`, `metric` [A]; never falling with the lead.

        `drawn` [N, M, hours] are the chances on drawn paths of every series, `levels` [A, LEADS] the standard normal
        levels at which each one asked about meets its threshold.
        """
        chance = drawn[server, metric]
        if not self.layers:
            return logistic(chance, self.correlation[metric, 2:])
        odds = conditional(chance) + self._said(asked(drawn, levels, server, metric)).T
        return np.asarray(1.0 - np.cumprod(1.0 - sigmoid(odds), axis=1), np.float32)

    def _said(self, x: Floats) -> Floats:
        for layer in self.layers[:-1]:
            x = elu(layer(x))
        return self.layers[-1](x)


DEFAULT_ODDS: Final = Odds(DEFAULT_CORRELATION)


def asked(drawn: Floats, levels: Floats, server: NDArray[np.int64], metric: NDArray[np.int64]) -> Floats:
    """What the network sees, [ASKED, A]; arguments as for `Odds.corrected`."""
    every = _log_odds(drawn)
    bounded = np.clip(np.nan_to_num(levels, nan=_FARTHEST), -_FARTHEST, _FARTHEST)
    return np.concatenate([
        0.5 * bounded.T, 0.5 * every[server, metric].T, 0.5 * every[server].reshape(len(server), -1).T,
        np.eye(len(METRICS), dtype=np.float32)[metric].T,
    ]).astype(np.float32)  # fmt: skip


def conditional(chance: Floats) -> Floats:
    """Log-odds [A, hours] of a breach in each stretch of the horizon, given that none came before it."""
    bounded = np.clip(chance, _SMALLEST, 1.0 - _SMALLEST)
    before = np.concatenate([np.zeros_like(bounded[:, :1]), bounded[:, :-1]], axis=1)
    return _log_odds((bounded - before) / (1.0 - before))


def logistic(chance: Floats, parameters: Floats) -> Floats:
    """Chances [A, hours] after a logistic correction [A, 3]; a chance of nothing stays nothing."""
    odds = parameters[:, 0, None] + parameters[:, 1, None] * np.log2(HOURS) + parameters[:, 2, None] * _log_odds(chance)
    fixed = np.where(chance > 0.0, 1.0 / (1.0 + np.exp(-odds)), 0.0)
    return np.asarray(np.maximum.accumulate(fixed, axis=1), np.float32)


def _log_odds(chance: Floats) -> Floats:
    bounded = np.clip(np.nan_to_num(chance), _SMALLEST, 1.0 - _SMALLEST)
    return np.asarray(np.log(bounded / (1.0 - bounded)), np.float32)
