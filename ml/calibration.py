"""Honest widths: residual quantiles from held-out servers, and a slow online correction from matured truth.

Pure functions. Guards that an interval is only ever rescaled around its median, so quantiles keep their order.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.contracts import Floats
from ml.runtime.crossing import PATHS, copula_paths, threshold_levels
from ml.runtime.features import PROFILES, Rows
from ml.runtime.odds import HOURS
from ml.runtime.persistence import NORMAL_LEVELS
from ml.schema import HIGH80, HORIZON, LEAD_BUCKETS, LOW80, MEDIAN, METRICS, QUANTILES

TARGET: Final = 0.8
"""Share of truths that the interval between the 10 and 90 % quantiles should hold."""
_FEWEST: Final = 300  # rows that a regime needs for quantiles of its own
_LAGS: Final = (1, 3, 6, 12, 24, 48)
_MEMORIES: Final = 1.0 - np.geomspace(0.12, 0.001, 32)
_NARROWEST, _WIDEST = 0.5, 2.5


def fit_residuals(errors: Floats, regime: Floats, profiles: Rows, nodes: NDArray[np.int64]) -> Floats:
    """Quantiles of standardised errors by profile and regime: [M, P, STATES, nodes, Q], smooth along the lead.

    `errors` [n, M, H] (NaN where unknown), `regime` [n, M, STATES] memberships, `profiles` [n] rows, `nodes`
    indexes of lead steps. Regimes are pooled over profiles (a regime with too few rows gets the quantiles of
    all); then each profile stretches its lower and upper halves until they hold what they say.
    """
    found = []
    for metric in range(errors.shape[1]):
        known = np.isfinite(errors[:, metric, 0])
        rows, member = errors[known, metric], regime[known, metric]
        pooled = _by_regime(rows, member.argmax(axis=1), member.shape[1], nodes)
        mixed = np.einsum("ns,sgq->ngq", member, pooled)
        tables = []
        for place in range(len(PROFILES)):
            here = profiles[known] == place
            usual = _stretched(pooled, rows[here][:, nodes], mixed[here])
            tables.append(_refined(usual, rows[here], member[here].argmax(axis=1), nodes))
        found.append(np.stack(tables))
    return np.stack(found).astype(np.float32)


def _refined(usual: Floats, rows: Floats, chosen: NDArray[np.int64], nodes: NDArray[np.int64]) -> Floats:
    """Each regime's table moved towards the profile's own rows in that regime, as far as their number allows."""
    refined = usual.copy()
    for state in range(len(usual)):
        own = rows[chosen == state]
        if len(own) >= _FEWEST // 3:
            trust = len(own) / (len(own) + _FEWEST)
            refined[state] += trust * (_by_node(own, nodes) - usual[state])
    return refined


def _by_regime(rows: Floats, chosen: NDArray[np.int64], states: int, nodes: NDArray[np.int64]) -> Floats:
    pooled = _by_node(rows, nodes)
    parts = [rows[chosen == state] for state in range(states)]
    return np.stack([_by_node(part, nodes) if len(part) >= _FEWEST else pooled for part in parts])


def _stretched(pooled: Floats, errors: Floats, mixed: Floats) -> Floats:
    """Regime quantiles [STATES, nodes, Q], each half scaled until `errors` [n, nodes] fall within `mixed` as told."""
    middle = pooled[..., MEDIAN : MEDIAN + 1]
    factors = np.ones((errors.shape[1], len(QUANTILES)), np.float32)
    if len(errors) >= _FEWEST:
        centred = errors - mixed[..., MEDIAN]
        width = np.abs(mixed - mixed[..., MEDIAN : MEDIAN + 1])
        for low, high in ((0, -1), (1, -2)):
            factors[:, low] = -np.quantile(centred / width[..., low], QUANTILES[low], axis=0)
            factors[:, high] = np.quantile(centred / width[..., high], QUANTILES[high], axis=0)
        factors[:, :MEDIAN] = factors[:, :2].mean(axis=1, keepdims=True)
        factors[:, MEDIAN + 1 :] = factors[:, -2:].mean(axis=1, keepdims=True)
    smooth = (np.roll(factors, 1, 0) + factors + np.roll(factors, -1, 0)) / 3.0
    smooth[[0, -1]] = factors[[0, -1]]
    return np.asarray(middle + (pooled - middle) * np.clip(smooth, 0.4, 2.5), np.float32)


def _by_node(rows: Floats, nodes: NDArray[np.int64]) -> Floats:
    """Quantiles [nodes, Q] of rows [n, H], each node pooled with the steps beside it."""
    found = []
    for node in nodes:
        reach = max(0, int(node) // 12)
        near = rows[:, max(0, node - reach) : min(HORIZON, node + reach + 1)]
        found.append(np.quantile(near, QUANTILES))
    return np.asarray(found, np.float32)


def fit_correlation(errors: Floats, fans: Floats) -> Floats:
    """Per metric [M, 2]: step-to-step correlation of the slow part of error paths, and its share of the variance.

    `errors` [n, M, H] and the quantiles `fans` [n, M, H, Q] that were given for them. The white share is read
    from the autocorrelation of the Gaussianised errors; the correlation is then the one under which as many
    paths stay above their upper quantiles as did in truth, because breaches live in that tail.
    """
    found = []
    for metric in range(errors.shape[1]):
        known = np.isfinite(errors[:, metric, 0])
        levels = np.clip(threshold_levels(fans[known, metric], errors[known, metric]), -3.5, 3.5)
        share = _slow_share(levels - levels.mean(axis=0))
        found.append((_tail_memory(levels, share), share))
    return np.asarray(found, np.float32)


def _slow_share(levels: Floats) -> float:
    """Variance share of the slow part: w in the fit of w * rho^lag to the autocorrelation."""
    power = float(np.square(levels).mean())
    lagged = np.array([float((levels[:, :-lag] * levels[:, lag:]).mean()) / power for lag in _LAGS])
    _, start = np.polyfit(_LAGS, np.log(np.maximum(lagged, 0.02)), 1)
    return float(np.clip(np.exp(start), 0.05, 0.98))


def _tail_memory(levels: Floats, share: float) -> float:
    """The step-to-step correlation whose paths stay above the 90 and 95 % levels as often as `levels` [n, H] do."""
    measured = _stays(levels)
    gaps = [abs(float(np.log(_stays(copula_paths(memory, share, 1_000)) / measured).sum())) for memory in _MEMORIES]
    return float(_MEMORIES[int(np.argmin(gaps))])


def _stays(levels: Floats) -> NDArray[np.float64]:
    """Share of paths with two steps in a row above the 90 and the 95 % level, within half and all of the horizon."""
    shares = []
    for limit in NORMAL_LEVELS[-2:]:
        above = levels > limit
        stay = above[:, 1:] & above[:, :-1]
        shares += [stay[:, : HORIZON // 2].any(axis=1).mean(), stay.any(axis=1).mean()]
    return np.maximum(shares, 1e-4)


def fit_risk(chance: Floats, truth: NDArray[np.bool_]) -> Floats:
    """The log-odds correction [3] of one metric's breach chances [n, hours], by what came true [n, hours].

    Logistic regression (Platt 1999) on the chance's log-odds and the lead, drawn towards no correction, so a
    metric that rarely breaches keeps its chances.
    """
    told = chance > 0.0
    lead = np.broadcast_to(np.log2(HOURS), chance.shape)[told]
    bounded = np.clip(chance[told], 0.5 / PATHS, 1.0 - 0.5 / PATHS)
    inputs = np.stack([np.ones(len(lead)), lead, np.log(bounded / (1.0 - bounded))], axis=1)
    prior, pull = np.array([0.0, 0.0, 1.0]), np.diag([4.0, 4.0, 40.0])
    found = prior.copy()
    for _ in range(25):
        expected = 1.0 / (1.0 + np.exp(-inputs @ found))
        slope = inputs.T @ (truth[told] - expected) - pull @ (found - prior)
        curve = (inputs * (expected * (1.0 - expected))[:, None]).T @ inputs + pull
        found = found + np.linalg.solve(curve, slope)
    return np.asarray(np.clip(found, [-4.0, -1.5, 0.3], [4.0, 1.5, 2.0]), np.float32)


def coverage(quantiles: Floats, truth: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Share of truths inside the 80 % interval and their number, per metric and lead bucket, [M, 5] each.

    `quantiles` [n, M, H, Q], `truth` [n, M, H]; NaN on either side is left out, a share of nothing is NaN.
    """
    known = np.isfinite(truth) & np.isfinite(quantiles[..., MEDIAN])
    inside = known & (truth >= quantiles[..., LOW80]) & (truth <= quantiles[..., HIGH80])
    counts = np.stack([known[:, :, a:b].sum(axis=(0, 2)) for a, b in LEAD_BUCKETS], axis=1)
    hits = np.stack([inside[:, :, a:b].sum(axis=(0, 2)) for a, b in LEAD_BUCKETS], axis=1)
    share = np.where(counts > 0, hits / np.maximum(counts, 1), np.nan)
    return np.asarray(share, np.float32), counts


def initial_scale() -> Floats:
    """The neutral correction, [M, buckets]."""
    return np.ones((len(METRICS), len(LEAD_BUCKETS)), np.float32)


def adapt(
    scale: Floats, covered: Floats, counts: NDArray[np.int64], step: float = 0.15, target: float = TARGET
) -> Floats:
    """The next width correction [M, buckets] after one round of matured forecasts (adaptive conformal inference).

    `covered` is the measured share inside the 80 % interval and `counts` how many truths it rests on. Few
    truths move it little, none leave it as it is; it stays between half and two and a half times the model's width.
    After Gibbs and Candes (2021), on the logarithm of the width.
    """
    trust = counts / (counts + 200.0)
    miss = np.where(np.isfinite(covered), target - covered, 0.0)
    return np.clip(scale * np.exp(step * trust * miss * 4.0), _NARROWEST, _WIDEST).astype(np.float32)


def rescale(quantiles: Floats, scale: Floats, ceilings: Sequence[float] | None = None) -> Floats:
    """Fans [N, M, H, Q] widened by `scale` [M, buckets] around their medians; linear between bucket centres.

    Values stay at or above 0 and, where `ceilings` [M] are given, at or below them.
    """
    centres = [(first + last - 1) / 2.0 for first, last in LEAD_BUCKETS]
    factors = np.stack([np.interp(np.arange(HORIZON), centres, row) for row in scale]).astype(np.float32)
    middle = quantiles[..., MEDIAN : MEDIAN + 1]
    wider = middle + (quantiles - middle) * factors[None, :, :, None]
    top = np.inf if ceilings is None else np.asarray(ceilings, np.float32)[None, :, None, None]
    return np.asarray(np.clip(wider, 0.0, top), np.float32)
