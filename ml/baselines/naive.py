"""Forecasters that a model has to beat, each with intervals from its own past errors.

They are fitted per machine and metric on rows before the first scored origin, so no comparison is won
by giving the naive side a foreign width, and the best of them is chosen without hindsight.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.baselines.losses import known_quantiles, pinball
from ml.contracts import Floats
from ml.dataset.windows import Cut, Span, cut, origins
from ml.runtime.ridge import NODES, between_nodes
from ml.schema import CONTEXT, HALF_HOUR, HORIZON, LEAD_BUCKETS, METRICS, TICKS_PER_DAY, WEEK

BEST: Final = "best_naive"
"""The name of the naive forecaster that is chosen per machine and metric."""
_EVERY: Final = 13  # rows between the origins that errors are collected from: coprime with the day
_DAYS: Final = 7
_HALF_HOURS: Final = TICKS_PER_DAY // HALF_HOUR
_AHEAD: Final = HORIZON // HALF_HOUR + 3  # half hours that the horizon touches, and one on either side
_FEWEST: Final = 15  # of the 21 half hours that one point of the profile rests on
_LEADS: Final = np.arange(1, HORIZON + 1)
_LOW: Final = np.array([metric.low for metric in METRICS], np.float32)[:, None, None]
_HIGH: Final = np.array([metric.high for metric in METRICS], np.float32)[:, None, None]
_WEIGHT: Final = np.array([
    1.0 / sum(1 for other in NODES if low < other <= high)
    for node in NODES for low, high in LEAD_BUCKETS if low < node <= high
], np.float32)  # fmt: skip
Steps = NDArray[np.int64]


class Naive(StrEnum):
    """The naive forecasters."""

    PERSISTENCE = "persistence"
    SEASONAL = "seasonal_naive"
    SEASONAL_WEEK = "seasonal_naive_week"
    DAY_QUANTILES = "day_quantiles"
    WEEK_PROFILE = "week_profile"


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
    pieces = [cut(before, row) for row in origins(before, _EVERY)] or [cut(before, CONTEXT - 1)]
    truth = np.stack([piece.truth[:, NODES - 1].transpose(0, 2, 1) for piece in pieces], axis=-1)
    fitted, losses = [], []
    for kind in Naive:
        guess = np.stack([base(kind, piece, NODES) for piece in pieces], axis=-2)  # [N, M, nodes, rows, Q or 1]
        spread = _errors(guess, truth)
        fitted.append(FittedNaive(kind, np.einsum("hg,nmgq->nmhq", between_nodes(), spread).astype(np.float32)))
        losses.append(_loss(np.sort(guess + spread[:, :, :, None], axis=-1), truth))
    choice = np.argmin(np.stack(losses), axis=0)
    return {**{one.kind.value: one for one in fitted}, BEST: BestNaive(tuple(fitted), choice)}


def _errors(guess: Floats, truth: Floats) -> Floats:
    """The error quantiles at the nodes, [N, M, nodes, Q]: of each level's own error where the guess has levels."""
    if guess.shape[-1] == 1:
        return np.nan_to_num(known_quantiles(truth - guess[..., 0]))
    levels = [known_quantiles(truth - guess[..., place])[..., place] for place in range(guess.shape[-1])]
    return np.nan_to_num(np.stack(levels, axis=-1))


def _loss(fans: Floats, truth: Floats) -> Floats:
    """Mean pinball loss [N, M], every lead bucket counting alike; infinite where nothing is known."""
    losses = pinball(fans, truth) * _WEIGHT[:, None]
    known = np.isfinite(losses)
    weight = (known * _WEIGHT[:, None]).sum(axis=(2, 3))
    total = np.where(known, losses, 0.0).sum(axis=(2, 3))
    return np.asarray(np.where(weight > 0.0, total / np.maximum(weight, 1e-9), np.inf), np.float32)


def base(kind: Naive, piece: Cut, leads: Steps) -> Floats:
    """What the forecaster starts from at lead steps [L], [N, M, L, 1], or [N, M, L, Q] where it has levels itself.

    A series that is not known for a week gets the day's variant: the one of yesterday or the day's quantiles.
    """
    match kind:
        case Naive.PERSISTENCE:
            return np.repeat(_last(piece.history)[:, :, None, None], len(leads), axis=2)
        case Naive.SEASONAL:
            return _yesterday(piece, leads)
        case Naive.SEASONAL_WEEK:
            past = _at(_memory(piece, _DAYS, 0), piece, leads)[..., None]
            return np.where(np.isfinite(past), past, _yesterday(piece, leads))
        case Naive.DAY_QUANTILES:
            return _day(piece, leads)
        case Naive.WEEK_PROFILE:
            profile = _at(week_profile(piece), piece, leads)
            return np.where(np.isfinite(profile), profile, _day(piece, leads))


def _day(piece: Cut, leads: Steps) -> Floats:
    return np.repeat(known_quantiles(piece.history.transpose(0, 2, 1))[:, :, None], len(leads), axis=2)


def _yesterday(piece: Cut, leads: Steps) -> Floats:
    same = piece.history[:, CONTEXT - TICKS_PER_DAY + leads - 1].transpose(0, 2, 1)
    return np.where(np.isfinite(same), same, _last(piece.history)[:, :, None])[..., None]


def _last(history: Floats) -> Floats:
    known = np.isfinite(history)
    place = history.shape[1] - 1 - known[:, ::-1].argmax(axis=1)
    return np.asarray(np.take_along_axis(history, place[:, None, :], axis=1)[:, 0])


def _memory(piece: Cut, days: int, shift: int) -> Floats:
    """The half hours `days` before the horizon, `shift` later, [N, M, _AHEAD]; the first is the newest known one."""
    place = WEEK - 1 + np.arange(_AHEAD) + shift - days * _HALF_HOURS
    return np.asarray(piece.week[:, np.maximum(place, 0)].transpose(0, 2, 1))


def week_samples(piece: Cut) -> Floats:
    """What the last seven days held at the horizon's times of day, half an hour about them, [N, M, _AHEAD, 21]."""
    return np.stack([_memory(piece, day, shift) for day in range(1, _DAYS + 1) for shift in (-1, 0, 1)], axis=-1)


def week_profile(piece: Cut) -> Floats:
    """Quantiles of the last seven days at each time of day, [N, M, _AHEAD, Q]; NaN where too little is known."""
    return known_quantiles(week_samples(piece), _FEWEST)


def _at(half_hours: Floats, piece: Cut, leads: Steps) -> Floats:
    """Values of half hours [N, M, _AHEAD, ...] at lead steps, [N, M, L, ...]: linear between their middles."""
    newest = (piece.week_tick + 1) // HALF_HOUR - 1
    place = (piece.week_tick + leads + 0.5) / HALF_HOUR - 0.5 - newest
    left = np.floor(place).astype(np.int64)
    part = (place - left).astype(np.float32).reshape(-1, *(1,) * (half_hours.ndim - 3))
    here, there = half_hours[:, :, left], half_hours[:, :, left + 1]
    return np.asarray(here + (there - here) * part, np.float32)
