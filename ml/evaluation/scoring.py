"""Rolling origins: every model on the same windows, losses in units of each series.

Guards that every comparison is paired: where one model has no forecast, nobody is scored. A series' losses are
divided by its standard deviation over the scored span, so that all series count alike.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.contracts import Bools, Floats
from ml.dataset.windows import Cut, Span, cut, origins
from ml.evaluation.breaches import Breaches, breaches_of, joined_breaches
from ml.evaluation.contenders import Contender, Foresees, head, models_for
from ml.runtime.losses import by_bucket, pinball
from ml.schema import CONTEXT, HIGH80, HORIZON, LOW80, MEDIAN, TICKS_PER_DAY
from ml.streams.fleet import threshold_matrix

Doubles = NDArray[np.float64]
STATES: Final = ("healthy", "degrading", "onset", "maintenance")
"""Situations of a window: calm now and later; in trouble now; trouble begins in the horizon; maintenance in it."""
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

    def of(self, windows: Bools) -> "Scores":
        """The scores of some windows."""
        return Scores(self.pinball[windows], self.absolute[windows], self.inside[windows])

    def where(self, known: NDArray[np.bool_]) -> "Scores":
        """The same with NaN outside `known` [windows, M, buckets]."""
        return Scores(*(np.where(known, one, np.nan) for one in (self.pinball, self.absolute, self.inside)))


def stack(parts: Sequence[Scores]) -> Scores:
    """Scores of several stretches as one, in order."""
    return Scores(
        np.concatenate([one.pinball for one in parts]),
        np.concatenate([one.absolute for one in parts]),
        np.concatenate([one.inside for one in parts]),
    )


@dataclass(frozen=True, slots=True)
class SpanScores:
    """Everything measured on one span, by model name; the windows are those of all models.

    `situations` [windows] bool by name; `asset`, `day` [windows] running numbers and `profile` [windows] names;
    `forecast_share` is how much of what was known each model had a forecast for; `naive_error` [N, M] the mean
    absolute day-to-day change before the scored rows, the unit of MASE; `digest` names origins and truth.
    """

    scores: Mapping[str, Scores]
    breaches: Mapping[str, Breaches]
    situations: Mapping[str, Bools]
    asset: NDArray[np.int64]
    day: NDArray[np.int64]
    profile: NDArray[np.str_]
    forecast_share: Mapping[str, float]
    naive_error: Doubles
    digest: str


def mean(values: NDArray[np.floating], axis: int | tuple[int, ...] | None = None) -> Doubles:
    """Mean of the known values, NaN where none is known."""
    known = np.isfinite(values)
    count = np.asarray(known.sum(axis=axis))
    total = np.asarray(np.where(known, values, 0.0).sum(axis=axis, dtype=np.float64))
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def score_span(
    span: Span, contenders: Mapping[str, Contender], fitted_rows: int, rows: Sequence[int] = (),
    unit: Doubles | None = None,
) -> SpanScores:  # fmt: skip
    """Score the naive models and the contenders at rolling origins after the first `fitted_rows` rows.

    At the origins `rows`, and in units of `unit` [N, M], where these are given. ValueError when the span is too short
    for a single origin.
    """
    rows = rows or scored_rows(span, fitted_rows)
    models = models_for(head(span, fitted_rows), contenders)
    unit = unit_of(span.values[fitted_rows:]) if unit is None else unit
    limits = threshold_matrix(span.profiles)
    parts: dict[str, list[Scores]] = {name: [] for name in models}
    breaches: dict[str, list[Breaches]] = {name: [] for name, one in models.items() if isinstance(one, Foresees)}
    situations, digest = [], hashlib.sha256()
    for row in rows:
        piece = cut(span, row)
        digest.update(np.int64(span.first + row).tobytes() + piece.truth.tobytes())
        situations.append(_situation(span, piece))
        for name, model in models.items():
            fan = model.quantiles(piece)
            parts[name].append(_scored(fan, piece, unit))
            if isinstance(model, Foresees):
                told = model.breaches(piece, fan, limits)
                breaches[name].append(breaches_of(told, piece, limits, _troubled(span, piece)))
    scores = {name: stack(some) for name, some in parts.items()}
    common = np.logical_and.reduce([np.isfinite(one.pinball) for one in scores.values()])
    before = span.values[:fitted_rows]
    return SpanScores(
        {name: one.where(common) for name, one in scores.items()},
        {name: joined_breaches(some) for name, some in breaches.items()},
        {name: np.concatenate([one[name] for one in situations]) for name in situations[0]},
        np.tile(np.arange(len(span.assets)), len(rows)),
        np.repeat([(span.first + row) // TICKS_PER_DAY for row in rows], len(span.assets)),
        np.tile(np.array(span.profiles), len(rows)),
        _shares(scores),
        mean(np.abs(before[TICKS_PER_DAY:] - before[:-TICKS_PER_DAY]), axis=0) / unit,
        digest.hexdigest(),
    )


def scored_rows(span: Span, fitted_rows: int) -> list[int]:
    """The origins, frozen by the span's length alone; the first one is the last row that may be fitted on."""
    rows = list(origins(span, _EVERY, max(0, fitted_rows - CONTEXT)))
    if not rows:
        raise ValueError(f"{len(span.values)} ticks are too few: {fitted_rows + CONTEXT + HORIZON} are needed")
    return rows[:: -(-len(rows) // _MOST_ORIGINS)]


def _shares(scores: Mapping[str, Scores]) -> dict[str, float]:
    """How much of what any model has a forecast for each one has."""
    known = {name: np.isfinite(one.pinball) for name, one in scores.items()}
    most = max(int(one.sum()) for one in known.values())
    return {name: float(one.sum() / max(1, most)) for name, one in known.items()}


def unit_of(values: Floats) -> Doubles:
    """Standard deviation per series, [N, M], at least a thousandth of a unit."""
    centred = values - mean(values, axis=0)
    return np.asarray(np.maximum(np.nan_to_num(np.sqrt(mean(np.square(centred), axis=0)), nan=1.0), 1e-3))


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


def _troubled(span: Span, piece: Cut) -> Bools:
    """The servers [N] that are not healthy at the origin; none where states are unknown."""
    if span.states is None:
        return np.zeros(len(piece.profiles), np.bool_)
    return np.asarray(span.states[piece.origin] != "healthy")


def _situation(span: Span, piece: Cut) -> dict[str, Bools]:
    upkeep = {"maintenance": np.asarray(piece.calendar[:, CONTEXT:].any(axis=1))}
    if span.states is None:
        return upkeep
    now = _troubled(span, piece)
    later = np.asarray((span.states[piece.origin + 1 : piece.origin + 1 + HORIZON] != "healthy").any(axis=0))
    return {"healthy": ~now & ~later, "degrading": now, "onset": ~now & later, **upkeep}
