"""Honest widths for the fused forecaster: factors of each quantile's distance from the median, from held-out servers.

A factor is the one under which as many held-out truths fall below the quantile as its level says (split conformal
prediction, Vovk 2005, here per metric, lead and kind of server). Breach chances are corrected afterwards.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.calibration import fit_correlation, fit_risk
from ml.contracts import Floats
from ml.dataset.windows import Cut, Span, cut, origins
from ml.generator import first_breach
from ml.runtime.crossing import crossing
from ml.runtime.features import PROFILES, is_unknown, profile_rows
from ml.runtime.fusion import NEUTRAL, Fusion
from ml.runtime.inputs import LEADS
from ml.runtime.odds import HOURS, Odds
from ml.schema import HORIZON, MEDIAN, METRICS, QUANTILES, TICKS_PER_HOUR
from ml.streams.fleet import threshold_matrix

_FEWEST: Final = 400
_REACH: Final = (1, 2, 3, 4, 6, 8, 8, 8)
_NARROWEST, _WIDEST = 0.5, 2.0
_AS_MANY: Final = 20
"""Held-out servers that weigh as much as what was learnt before from many."""


@dataclass(frozen=True, slots=True)
class Held:
    """A held-out cut with its fans [N, M, H, Q] and truths [N, M, H], in units."""

    piece: Cut
    fan: Floats
    truth: Floats


def held_out(model: Fusion, spans: Sequence[Span], every: int) -> list[Held]:
    """Every cut of held-out spans, forecast."""
    found = []
    for span in spans:
        for origin in origins(span, every, 7):
            piece = cut(span, origin)
            fan = model.quantiles(piece.history, piece.calendar, piece.profiles, piece.week_tick, piece.week)
            found.append(Held(piece, fan, piece.truth.transpose(0, 2, 1)))
    return found


def fit_stretch(
    found: Sequence[Held], spans: Sequence[Span] = (), before: NDArray[np.generic] | None = None
) -> Floats:  # fmt: skip
    """The factors [2, M, LEADS, Q] for servers of a known profile and for strangers; where cases are few, as `before`.

    With factors `before`, those of the model that was trained on, the servers of the held-out `spans` move them by
    as much as their number can tell: four machines alone would widen and narrow intervals by chance, which outweighs
    all else that a training does (docs/studies/gate.md).
    """
    fan = np.concatenate([one.fan for one in found])
    truth = np.concatenate([one.truth for one in found])
    strange = np.concatenate([is_unknown(one.piece.profiles) for one in found])
    earlier = NEUTRAL if before is None else np.asarray(before, np.float32)
    table = earlier.copy()
    for kind in range(2):
        for metric in range(len(METRICS)):
            rows = (strange == bool(kind)) & np.isfinite(fan[:, metric, 0, 0])
            for place, lead in enumerate(LEADS):
                near = slice(max(0, lead - 1 - _REACH[place]), min(HORIZON, lead + _REACH[place]))
                kept = table[kind, metric, place]
                table[kind, metric, place] = _factors(fan[rows, metric, near], truth[rows, metric, near], kept)
    return table if before is None else _moved(earlier, table, _servers(spans))


def _servers(spans: Sequence[Span]) -> NDArray[np.int64]:
    """Servers of a known profile and strangers, [2]."""
    strange = np.concatenate([is_unknown(profile_rows(one.profiles)) for one in spans])
    return np.array([(~strange).sum(), strange.sum()])


def _moved(before: Floats, table: Floats, servers: NDArray[np.int64]) -> Floats:
    """Factors between the earlier ones and those of some servers, which weigh as much as their number says."""
    weight = (servers / (servers + _AS_MANY)).astype(np.float32)[:, None, None, None]
    return np.asarray(np.exp((1 - weight) * np.log(before) + weight * np.log(table)), np.float32)


def _factors(fan: Floats, truth: Floats, kept: Floats) -> Floats:
    """Of one metric around one lead, [Q]; `kept` where cases are few."""
    known = np.isfinite(truth)
    factors = kept.copy()
    if known.sum() < _FEWEST:
        return factors
    quantiles, actual = fan[known], truth[known]
    median = quantiles[:, MEDIAN]
    for place, level in enumerate(QUANTILES):
        width = quantiles[:, place] - median
        far = np.abs(width) > 1e-6
        if place != MEDIAN and far.sum() >= _FEWEST:
            share = level if place > MEDIAN else 1.0 - level
            factors[place] = np.quantile((actual - median)[far] / width[far], share)
    return np.clip(factors, _NARROWEST, _WIDEST)


def fit_paths(found: Sequence[Held], before: Floats) -> Floats:
    """How errors hang together and the correction of breach chances, [M, 5] of `ml.runtime.odds`.

    A metric with too few complete paths keeps what `before` [M, 5] says.
    """
    known = [one for one in found if not is_unknown(one.piece.profiles).all()]
    chosen = known or list(found)
    fan = np.concatenate([one.fan for one in chosen])
    truth = np.concatenate([one.truth for one in chosen])
    some = slice(None, None, max(1, len(fan) // 6_000))
    fan, truth = fan[some], truth[some]
    whole = np.isfinite(truth).all(axis=2) & np.isfinite(fan[:, :, 0, 0])
    enough = whole.sum(axis=0) >= _FEWEST
    learnt = before[:, :2].copy()
    if enough.any():
        learnt[enough] = fit_correlation(np.where(whole[..., None], truth, np.nan)[:, enough], fan[:, enough])
    plain = np.concatenate([learnt, np.tile(np.array([0.0, 0.0, 1.0], np.float32), (len(METRICS), 1))], axis=1)
    return np.concatenate([learnt, _risk(chosen, plain)], axis=1)


def _risk(found: Sequence[Held], plain: Floats) -> Floats:
    """The correction of breach chances at the default thresholds, [M, 3]."""
    chances, truths, metrics = [], [], []
    for one in found:
        limits = threshold_matrix([PROFILES[row].value for row in one.piece.profiles])
        begins = first_breach(one.piece.truth.transpose(1, 0, 2), limits)
        clear = (one.piece.history[:, -1] <= limits) & np.isfinite(one.fan[:, :, 0, 0])
        chances.append(crossing(one.fan, limits, Odds(plain)).by[clear])
        lead = np.where(begins < 0, HORIZON, begins)[clear]
        truths.append(lead[:, None] < np.array(HOURS) * TICKS_PER_HOUR)
        metrics.append(np.nonzero(clear)[1])
    chance, truth, metric = np.concatenate(chances), np.concatenate(truths), np.concatenate(metrics)
    return np.stack([fit_risk(chance[metric == place], truth[metric == place]) for place in range(len(METRICS))])
