"""Rolling origins: every model on the same windows, losses in units of each series.

Guards that every comparison is paired. A series' losses are divided by its standard deviation over the scored
span, so that all series count alike; what naive models know of a series' errors comes from rows before it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.baselines.naive import FittedNaive, Naive, by_bucket, fit_naive, pinball
from ml.contracts import Floats
from ml.dataset.windows import Cut, Span, cut, origins
from ml.generator import first_breach
from ml.runtime import Forecaster, crossing
from ml.runtime.crossing import HOURS
from ml.runtime.persistence import persistence
from ml.runtime.scaling import is_observed
from ml.schema import CONTEXT, HIGH80, HORIZON, LOW80, MEDIAN, MIN_HISTORY, TICKS_PER_DAY, TICKS_PER_HOUR
from ml.streams.fleet import threshold_matrix

Doubles = NDArray[np.float64]
Model = Forecaster | FittedNaive
CHAMPION: Final = "champion"
_MOST_ORIGINS: Final = 160  # of one span: a longer file is scored at wider spaced origins
_EVERY: Final = 31


@dataclass(frozen=True, slots=True)
class Scores:
    """One model's losses, [windows, M, buckets] each; the windows are all assets at each origin."""

    pinball: Doubles
    absolute: Doubles
    inside: Doubles

    def at(self, metric: int | None = None, bucket: int | None = None) -> "Scores":
        """The scores of one metric, one lead bucket, or both."""
        rows = slice(None) if metric is None else slice(metric, metric + 1)
        place = slice(None) if bucket is None else slice(bucket, bucket + 1)
        return Scores(self.pinball[:, rows, place], self.absolute[:, rows, place], self.inside[:, rows, place])

    def of(self, windows: NDArray[np.bool_]) -> "Scores":
        """The scores of some windows."""
        return Scores(self.pinball[windows], self.absolute[windows], self.inside[windows])


@dataclass(frozen=True, slots=True)
class Breaches:
    """Breach forecasts: chances and truths [n, 4] by 1, 2, 4, 8 h, for series that are not above the threshold yet."""

    chance: Floats
    truth: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class SpanScores:
    """Everything measured on one span; `situations` [windows] bool by name, `asset` [windows] a running number.

    `naive_error` [N, M] is the mean absolute day-to-day change before the scored rows, the unit of MASE.
    """

    scores: Mapping[str, Scores]
    situations: Mapping[str, NDArray[np.bool_]]
    asset: NDArray[np.int64]
    naive_error: Doubles
    breaches: Breaches | None


def mean(values: NDArray[np.floating], axis: int | tuple[int, ...] | None = None) -> Doubles:
    """Mean of the known values, NaN where none is known."""
    known = np.isfinite(values)
    count = np.asarray(known.sum(axis=axis))
    total = np.asarray(np.where(known, values, 0.0).sum(axis=axis, dtype=np.float64))
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def score_span(span: Span, models: Mapping[str, Forecaster], names: Sequence[str], fitted_rows: int) -> SpanScores:
    """Score `names` (of `models`, or naive ones) at rolling origins after the first `fitted_rows` rows."""
    before = span.values[:fitted_rows]
    naive = {kind.value: fit_naive(kind, before) for kind in Naive}
    everyone: dict[str, Model] = {**naive, **{name: models[name] for name in names if name in models}}
    unit = _unit(span.values[fitted_rows:])
    rows = _rows(span, fitted_rows)
    limits = threshold_matrix(span.profiles)
    parts: dict[str, list[Scores]] = {name: [] for name in everyone}
    breaches, situations = [], []
    for row in rows:
        piece = cut(span, row)
        situations.append(_situation(span, piece))
        for name, model in everyone.items():
            fan = predict(model, piece)
            parts[name].append(_scored(fan, piece, unit))
            if name == CHAMPION and isinstance(model, Forecaster):
                breaches.append(_breaches(fan, piece, limits, model.correlation))
    return SpanScores(
        {name: _joined(scores) for name, scores in parts.items()},
        {name: np.concatenate([one[name] for one in situations]) for name in situations[0]},
        np.tile(np.arange(len(span.assets)), len(rows)),
        mean(np.abs(before[TICKS_PER_DAY:] - before[:-TICKS_PER_DAY]), axis=0) / unit,
        Breaches(np.concatenate([b.chance for b in breaches]), np.concatenate([b.truth for b in breaches]))
        if breaches else None,
    )  # fmt: skip


def _unit(values: Floats) -> Doubles:
    """Standard deviation per series, [N, M], at least a thousandth of a unit."""
    centred = values - mean(values, axis=0)
    return np.asarray(np.maximum(np.nan_to_num(np.sqrt(mean(np.square(centred), axis=0)), nan=1.0), 1e-3))


def _rows(span: Span, fitted_rows: int) -> list[int]:
    rows = list(origins(span, _EVERY, max(0, fitted_rows - CONTEXT)))
    if not rows:
        raise ValueError(f"{len(span.values)} ticks are too few: {fitted_rows + CONTEXT + HORIZON} are needed")
    return rows[:: -(-len(rows) // _MOST_ORIGINS)]


def predict(model: Model, piece: Cut) -> Floats:
    """Quantiles [N, M, H, Q] as serving would give them: a short history gets persistence."""
    if isinstance(model, FittedNaive):
        return model.predict(piece.history)
    quantiles = model.model.quantiles(piece.history, piece.calendar, piece.profiles, piece.week_tick, piece.week)
    known = is_observed(piece.history)
    scarce = np.asarray(known.any(axis=2)).sum(axis=1) < MIN_HISTORY
    scarce |= ~np.asarray(known[:, -TICKS_PER_HOUR:].any(axis=(1, 2)))
    if scarce.any():
        quantiles[scarce] = persistence(piece.history[scarce], piece.profiles[scarce], model.model.tables)
    return quantiles


def _scored(fan: Floats, piece: Cut, unit: Doubles) -> Scores:
    truth = piece.truth.transpose(0, 2, 1)
    scale = unit[:, :, None].astype(np.float32)
    held = (truth >= fan[..., LOW80]) & (truth <= fan[..., HIGH80])
    known = np.isfinite(truth) & np.isfinite(fan[..., MEDIAN])
    return Scores(
        by_bucket(pinball(fan, truth) / scale),
        by_bucket(np.abs(truth - fan[..., MEDIAN]) / scale),
        by_bucket(np.where(known, held, np.nan).astype(np.float32)),
    )


def _joined(parts: Sequence[Scores]) -> Scores:
    return Scores(
        np.concatenate([one.pinball for one in parts]),
        np.concatenate([one.absolute for one in parts]),
        np.concatenate([one.inside for one in parts]),
    )


def _situation(span: Span, piece: Cut) -> dict[str, NDArray[np.bool_]]:
    upkeep = {"maintenance": np.asarray(piece.calendar[:, CONTEXT:].any(axis=1))}
    if span.states is None:
        return upkeep
    now = np.asarray(span.states[piece.origin] != "healthy")
    later = np.asarray((span.states[piece.origin + 1 : piece.origin + 1 + HORIZON] != "healthy").any(axis=0))
    return {"healthy": ~now & ~later, "degrading": now, "onset": ~now & later, **upkeep}


def _breaches(fan: Floats, piece: Cut, limits: Floats, correlation: Floats) -> Breaches:
    begins = first_breach(piece.truth.transpose(1, 0, 2), limits)
    clear = (piece.history[:, -1] <= limits) & np.isfinite(fan[:, :, 0, 0])
    lead = np.where(begins < 0, HORIZON, begins)[clear]
    chance = crossing(fan, limits, correlation).by[clear]
    return Breaches(chance, lead[:, None] < np.array(HOURS) * TICKS_PER_HOUR)
