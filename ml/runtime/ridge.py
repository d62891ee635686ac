"""The linear forecaster: closed-form ridge weights turned into calibrated quantiles, with numpy only.

Centre and spread are drawn in a smooth lead basis; the shape of the error distribution comes from
residual quantiles of held-out servers, mixed by regime, so a fan may lean up before it leans down.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.contracts import Bools, Floats
from ml.runtime.basis import lead_basis
from ml.runtime.features import OWN, PROFILES, SHARED, STATES, Prepared, Rows, Tables, is_unknown, prepare
from ml.runtime.scaling import backward, ceilings, is_observed
from ml.schema import CONTEXT, HORIZON, METRICS, QUANTILES

CENTRE_SIZE: Final = 14
SPREAD_SIZE: Final = 7
FEATURES: Final = OWN + SHARED + 1
HISTORY_CLASSES: Final = (216, 60, 0)
"""Ticks since a server's first observation from which each set of weights applies: 18 h, 5 h, any.

There are two such sets of sets: for servers of a known profile, and after them for those of none.
"""
NODES: Final = np.array([1, 2, 4, 6, 9, 12, 18, 24, 36, 48, 72, 96])
"""Lead steps at which residual quantiles are stored; between them they are linear."""


@dataclass(frozen=True, slots=True)
class Weights:
    """The model's tensors, for C = 6 classes of servers.

    `centre` [C, M, CENTRE_SIZE, FEATURES], `spread` [C, M, SPREAD_SIZE, FEATURES] with the `bounds`
    [C, M, 4] of centre and log spread as met in training, `residuals` [C, M, P, STATES, nodes, Q],
    `upkeep_spread` [M] the widening inside maintenance windows.
    """

    centre: Floats
    spread: Floats
    bounds: Floats
    residuals: Floats
    upkeep_spread: Floats


@dataclass(frozen=True, slots=True)
class Base:
    """A linear forecast of n series: quantiles are `centre` [n, H] + `spread` [n, H] x `fan` [n, H, Q]."""

    centre: Floats
    spread: Floats
    fan: Floats


def between_nodes() -> Floats:
    """Interpolation from nodes to lead steps, [H, nodes]."""
    steps = np.arange(1, HORIZON + 1)
    return np.stack([np.interp(steps, NODES, row) for row in np.eye(len(NODES))], axis=1).astype(np.float32)


def regressors(prepared: Prepared, metric: int) -> Floats:
    """All regressors of one metric, [n, FEATURES], the last one constant."""
    own = prepared.own[:, :, metric].T
    return np.concatenate([own, prepared.shared, np.ones((len(own), 1), np.float32)], axis=1)


def server_class(values: Floats, profiles: Rows) -> NDArray[np.int64]:
    """Which weights suit each server, [n]: by its first observation in `values` [n, 288, M], and having a profile."""
    seen = np.asarray(is_observed(values).any(axis=2))
    length = np.where(seen.any(axis=1), values.shape[1] - seen.argmax(axis=1), 0)
    history = np.argmax(length[:, None] >= np.array(HISTORY_CLASSES), axis=1)
    return np.asarray(history + len(HISTORY_CLASSES) * is_unknown(profiles))


def membership(regime: Floats, profiles: Rows) -> Floats:
    """Weights of the residual tables, [M, n, P * STATES]: a server's regimes in its profile's place."""
    mixture = np.zeros((regime.shape[1], len(regime), len(PROFILES), STATES), np.float32)
    mixture[:, np.arange(len(regime)), profiles] = regime.transpose(1, 0, 2)
    return mixture.reshape(regime.shape[1], len(regime), -1)


class Ridge:
    """Weights and tables made ready for serving."""

    def __init__(self, weights: Weights, tables: Tables) -> None:
        self.weights, self.tables = weights, tables
        self._centre = lead_basis(CENTRE_SIZE).T.astype(np.float32)
        self._spread = lead_basis(SPREAD_SIZE).T.astype(np.float32)
        table = np.einsum("hg,cmpsgq->cmpshq", between_nodes(), weights.residuals)
        flat = table.reshape(*table.shape[:2], -1, HORIZON * len(QUANTILES))
        self._residuals = np.ascontiguousarray(flat, np.float32)

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, NDArray[np.generic]]) -> "Ridge":
        """From an artefact's tensors; KeyError when one is missing."""

        def pick(name: str) -> Floats:
            return np.asarray(tensors[name], np.float32)

        weights = Weights(**{field.name: pick(f"weights.{field.name}") for field in fields(Weights)})
        return cls(weights, tables_of(tensors))

    def quantiles(
        self, values: Floats, maintenance: Bools, profiles: Rows, week_tick: int, week: Floats | None = None
    ) -> Floats:
        """Quantiles [n, M, H, Q] in units, NaN for metrics without a recent level; arguments as for `prepare`.

        `week` is what other models remember; a ridge reads the last day alone.
        """
        out = np.empty((len(values), len(METRICS), HORIZON, len(QUANTILES)), np.float32)
        for rows, turn in self.classes(values, profiles):
            prepared = prepare(values[rows], maintenance[rows], profiles[rows], week_tick, self.tables)
            top = ceilings(values[rows], self.tables.highest[profiles[rows]])
            mixture = membership(prepared.regime, profiles[rows])
            for metric in range(len(METRICS)):
                base = self.base(prepared, mixture[metric], metric, turn, maintenance[rows])
                fan = base.fan
                fan *= (base.spread * prepared.scale[:, metric, None])[:, :, None]
                fan += (base.centre * prepared.scale[:, metric, None] + prepared.level[:, metric, None])[:, :, None]
                reference = prepared.reference[:, metric, None, None]
                out[rows, metric] = backward(fan, metric, reference, top[:, metric, None, None])
        return out

    def classes(self, values: Floats, profiles: Rows) -> Iterator[tuple[NDArray[np.int64], int]]:
        """Rows of `values` [n, 288, M] that share a set of weights, and which set."""
        found = server_class(values, profiles)
        for turn in np.unique(found):
            yield np.flatnonzero(found == turn), int(turn)

    def base(self, prepared: Prepared, mixture: Floats, metric: int, turn: int, maintenance: Bools) -> Base:
        """One metric's forecast in units of each series: its scale is 1, its level 0."""
        centre, spread = self.shape(regressors(prepared, metric), metric, turn)
        centre = centre + (prepared.season[:, :, metric] / prepared.scale[:, metric]).T
        spread = spread * np.where(maintenance[:, CONTEXT:], self.weights.upkeep_spread[metric], 1.0)
        fan = (mixture @ self._residuals[turn, metric]).reshape(-1, HORIZON, len(QUANTILES))
        return Base(centre.astype(np.float32), spread.astype(np.float32), fan)

    def shape(self, features: Floats, metric: int, turn: int) -> tuple[Floats, Floats]:
        """Centre and spread of the scaled path, [n, H] each."""
        centre = (features @ self.weights.centre[turn, metric].T) @ self._centre
        spread = (features @ self.weights.spread[turn, metric].T) @ self._spread
        low, high, narrow, wide = self.weights.bounds[turn, metric]
        return np.clip(centre, low, high), np.exp(np.clip(spread, narrow, wide))


def tables_of(tensors: Mapping[str, NDArray[np.generic]]) -> Tables:
    """The tables of profiles among an artefact's tensors; KeyError when one is missing."""
    return Tables(**{field.name: np.asarray(tensors[f"tables.{field.name}"], np.float32) for field in fields(Tables)})
