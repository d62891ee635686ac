"""Forecasts to look at, chosen by rule and never by eye: the greatest gain on yesterday's curve, the usual, the worst.

Guards against picking: of all series in trouble on a test fleet, the same places are shown for every model.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.contracts import Floats
from ml.dataset.windows import Cut, Span, cut
from ml.evaluation.contenders import Served
from ml.evaluation.scoring import unit_of
from ml.runtime import Forecaster
from ml.runtime.losses import pinball
from ml.schema import CONTEXT, HORIZON, METRICS, QUANTILES, TICKS_PER_DAY

_EVERY: Final = 2  # ticks between the points that are kept
_BEFORE: Final = 96
_SHOWN: Final = (
    ("the greatest gain on yesterday's curve, of series in trouble", 0, 1.0),
    ("the median gain, of series in trouble", 0, 0.5),
    ("the greatest loss against yesterday's curve, of series in trouble", 0, 0.0),
    ("the greatest loss, of series whose trouble begins after the origin", 1, 0.0),
)
"""Title, kind of series (0 in trouble at the origin, 1 soon after) and place in the order of gains."""


@dataclass(frozen=True, slots=True)
class _Found:
    """Where one example lies, and what was forecast."""

    piece: Cut
    server: int
    metric: int
    fan: Floats


def examples(forecaster: Forecaster, span: Span, rows: Sequence[int]) -> list[dict[str, object]]:
    """Forecasts of a simulated span at the origins `rows`, by their gain in pinball loss on yesterday's curve.

    The greatest and the median gain and the greatest loss of all series in trouble at the origin, and the greatest
    loss of those whose trouble had not begun. Numbers in units, every second tick; [] without the simulator's states.
    """
    if span.states is None:
        return []
    unit = unit_of(span.values)
    kept = [_forecast(forecaster, span, row) for row in rows]
    gains = np.stack([_gain(piece, fan) / unit for piece, fan in kept])  # [rows, N, M]
    kinds = np.stack([_kind(span.states, piece.origin) for piece, _ in kept])  # [rows, N]
    found = []
    for title, kind, share in _SHOWN:
        places = np.argwhere(np.isfinite(gains) & (kinds == kind)[:, :, None])
        if len(places):
            order = np.argsort(gains[tuple(places.T)], kind="stable")
            row, server, metric = (int(one) for one in places[order[round(share * (len(places) - 1))]])
            told = _told(_Found(kept[row][0], server, metric, kept[row][1][server, metric]), span)
            gain = round(float(gains[row, server, metric]), 3)
            found.append({"title": title, "of": len(places), "gain": gain, **told})
    return found


def _kind(states: NDArray[np.object_], origin: int) -> NDArray[np.int64]:
    """Of every server, [N]: 0 in trouble at the origin, 1 soon after, 2 not at all."""
    later = np.asarray((states[origin + 1 : origin + 1 + HORIZON] != "healthy").any(axis=0))
    return np.where(states[origin] != "healthy", 0, np.where(later, 1, 2))


def _forecast(forecaster: Forecaster, span: Span, row: int) -> tuple[Cut, Floats]:
    piece = cut(span, row)
    return piece, Served(forecaster).quantiles(piece)


def _gain(piece: Cut, fan: Floats) -> Floats:
    """How much less the model loses than yesterday's curve as a median, [N, M] in units."""
    truth = piece.truth.transpose(0, 2, 1)
    mine = pinball(fan, truth)
    naive = np.abs(truth - _yesterday(piece)) / 2.0  # the mean pinball loss of seven equal quantiles around one half
    known = np.isfinite(mine) & np.isfinite(naive)
    count = known.sum(axis=2)
    gain = np.where(known, naive - mine, 0.0).sum(axis=2)
    return np.where(count > 0, gain / np.maximum(count, 1), np.nan).astype(np.float32)


def _yesterday(piece: Cut) -> Floats:
    """What was observed 24 hours before each step of the horizon, [N, M, H]."""
    start = CONTEXT - TICKS_PER_DAY
    return piece.history[:, start : start + HORIZON].transpose(0, 2, 1)


def _told(one: _Found, span: Span) -> dict[str, object]:
    metric = METRICS[one.metric]
    return {
        "asset": span.assets[one.server],
        "profile": span.profiles[one.server],
        "metric": metric.name,
        "unit": metric.unit,
        "every_ticks": _EVERY,
        "history": _rounded(one.piece.history[one.server, -_BEFORE::_EVERY, one.metric]),
        "truth": _rounded(one.piece.truth[one.server, ::_EVERY, one.metric]),
        "yesterday": _rounded(_yesterday(one.piece)[one.server, one.metric, ::_EVERY]),
        "quantiles": {str(level): _rounded(one.fan[::_EVERY, place]) for place, level in enumerate(QUANTILES)},
    }


def _rounded(values: Floats) -> list[float | None]:
    return [round(float(one), 3) if np.isfinite(one) else None for one in values]
