"""Quantile boosters fitted, calibrated and turned into fans.

LightGBM (Ke et al. 2017) with the pinball loss, one booster a quantile level (Koenker and Bassett 1978). Guards
that early stopping and widths rest on machines that no booster was fitted on.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

import numpy as np

from ml.boosting.rows import CAP, CATEGORIES, LEAD_COLUMN, Rows, rows_of, targets
from ml.contracts import Floats
from ml.dataset.windows import Cut
from ml.runtime.features import Tables
from ml.runtime.scaling import backward
from ml.schema import HORIZON, LEAD_BUCKETS, MEDIAN, METRICS, QUANTILES

Progress = Callable[[str], None]
NODES: Final = np.array([1, 2, 3, 4, 6, 9, 12, 15, 18, 24, 30, 36, 42, 48, 54, 60, 66, 72, 78, 84, 90, 96])
"""Lead steps that are predicted; between them the path is linear on the boosters' scale."""
ROUNDS: Final = 600
_PATIENCE: Final = 25
_FEWEST: Final = 300  # held-out rows at which a width is half trusted
_PARAMETERS: Final = {
    "objective": "quantile", "learning_rate": 0.08, "num_leaves": 63, "min_data_in_leaf": 300, "max_bin": 127,
    "feature_fraction": 0.5, "bagging_fraction": 0.7, "bagging_freq": 1, "lambda_l2": 1.0, "verbosity": -1,
    "deterministic": True, "force_row_wise": True,
}  # fmt: skip


class BoostingMissing(ValueError):
    """LightGBM cannot be used here; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows to fit on or to check with: `columns` [n, F], `target` [n]."""

    columns: Floats
    target: Floats


@dataclass(frozen=True, slots=True)
class Boosted:
    """Fitted boosters, one a quantile level, with the widths `stretch` [M, buckets, Q] learnt on held-out machines."""

    boosters: Sequence[Any]
    tables: Tables
    stretch: Floats

    def quantiles(self, piece: Cut) -> Floats:
        """Quantiles [N, M, H, Q] in units, NaN for metrics without a recent level."""
        rows = rows_of(piece, NODES, self.tables)
        fan = _predicted(self.boosters, rows.columns).reshape(*rows.seen.level.shape, len(NODES), len(QUANTILES))
        middle = fan[..., MEDIAN : MEDIAN + 1]
        fan = middle + (fan - middle) * _at_nodes(self.stretch)
        return _in_units(np.sort(fan, axis=-1), rows)


def boosting_library() -> Any:
    """LightGBM; BoostingMissing when it or its OpenMP library is not installed."""
    try:
        return import_module("lightgbm")
    except ImportError as error:
        raise BoostingMissing("LightGBM is not installed: pip install lightgbm") from error
    except OSError as error:
        raise BoostingMissing(f"LightGBM cannot be loaded ({error}): it needs the system's libgomp") from error


def sampled(pieces: Iterable[Cut], tables: Tables, random: np.random.Generator, each: int = 1) -> Sample:
    """Rows with a known target, at `each` random leads of every lead bucket, so that all buckets count alike."""
    columns, target = [], []
    for piece in pieces:
        leads = np.sort(np.concatenate([random.integers(low + 1, high + 1, each) for low, high in LEAD_BUCKETS]))
        rows = rows_of(piece, leads, tables)
        goal = targets(piece, leads, rows.seen)
        known = np.isfinite(goal)
        columns.append(rows.columns[known])
        target.append(goal[known])
    return Sample(np.concatenate(columns), np.concatenate(target))


def fit_boosted(
    train: Sample, held_out: Sample, tables: Tables, seed: int, progress: Progress, rounds: int = ROUNDS
) -> Boosted:
    """One booster a level on `train`, stopped early and widened by `held_out`; the same arguments, the same numbers.

    (On machines with the same number of cores: LightGBM adds in another order on others.)
    """
    library = boosting_library()
    common = {**_PARAMETERS, "seed": seed, "num_threads": os.cpu_count() or 1}
    data = library.Dataset(train.columns, train.target, categorical_feature=list(range(len(CATEGORIES))), params=common)
    check = library.Dataset(held_out.columns, held_out.target, reference=data, params=common)
    boosters = []
    for level in QUANTILES:
        stop = library.early_stopping(_PATIENCE, verbose=False)
        booster = library.train({**common, "alpha": level}, data, rounds, valid_sets=[check], callbacks=[stop])
        progress(f"lightgbm: level {level:.2f} after {booster.best_iteration} rounds")
        boosters.append(booster)
    return Boosted(boosters, tables, _stretch(_predicted(boosters, held_out.columns), held_out))


def _predicted(boosters: Sequence[Any], columns: Floats) -> Floats:
    """Sorted quantiles [n, Q] on the boosters' scale."""
    levels = [booster.predict(columns, num_threads=os.cpu_count() or 1) for booster in boosters]
    return np.sort(np.stack(levels, axis=-1).astype(np.float32), axis=-1)


def _stretch(fans: Floats, held_out: Sample) -> Floats:
    """Factors [M, buckets, Q] on the distance from the median, with which each level holds what it says.

    Split conformal prediction (Vovk et al. 2005) on the width, drawn towards one where rows are few.
    """
    metric, lead = held_out.columns[:, 0].astype(np.int64), held_out.columns[:, LEAD_COLUMN]
    factors = np.ones((len(METRICS), len(LEAD_BUCKETS), len(QUANTILES)), np.float32)
    for place, (low, high) in enumerate(LEAD_BUCKETS):
        for one in range(len(METRICS)):
            here = (metric == one) & (lead > low) & (lead <= high) & (np.abs(held_out.target) < CAP)
            factors[one, place] = _factors(fans[here], held_out.target[here])
    return factors


def _factors(fans: Floats, target: Floats) -> Floats:
    found = np.ones(len(QUANTILES), np.float32)
    if not len(target):
        return found
    trust = len(target) / (len(target) + _FEWEST)
    for place, level in enumerate(QUANTILES):
        width = fans[:, place] - fans[:, MEDIAN]
        if place != MEDIAN:
            part = (target - fans[:, MEDIAN]) / np.where(np.abs(width) > 1e-4, width, np.copysign(1e-4, level - 0.5))
            found[place] = np.clip(np.quantile(part, level if place > MEDIAN else 1.0 - level), 0.5, 2.0) ** trust
    return found


def _at_nodes(stretch: Floats) -> Floats:
    """The factors at the nodes, [M, nodes, Q]: linear between the middles of the buckets."""
    middles = [(low + high + 1) / 2.0 for low, high in LEAD_BUCKETS]
    weights = np.stack([np.interp(NODES, middles, row) for row in np.eye(len(middles))], axis=1)
    return np.asarray(np.einsum("gb,mbq->mgq", weights, stretch), np.float32)


def _in_units(fan: Floats, rows: Rows) -> Floats:
    """Fans at the nodes [n, M, nodes, Q] on the boosters' scale as quantiles [n, M, H, Q] in units."""
    steps = np.arange(1, HORIZON + 1)
    between = np.stack([np.interp(steps, NODES, row) for row in np.eye(len(NODES))], axis=1).astype(np.float32)
    seen = rows.seen
    path = np.einsum("hg,nmgq->nmhq", between, fan, optimize=True) * seen.scale[..., None, None]
    path += (seen.season + seen.level).transpose(1, 2, 0)[..., None]
    for metric in range(len(METRICS)):
        backward(path[:, metric], metric, seen.reference[:, metric, None, None], rows.top[:, metric, None, None])
    return np.asarray(path, np.float32)
