"""Fit the ridge forecaster in closed form: centre, spread, and the shape of the errors on held-out servers.

Reads top to bottom: tables, slopes, then for each history class the two regressions and the residual
quantiles. Ridge regression after Hoerl and Kennard (1970); the spread is a second ridge on the log of the
absolute residual (Harvey 1976); residual quantiles by regime are split conformal prediction in bins.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.baselines.tables import fit_tables
from ml.calibration import fit_correlation, fit_residuals, fit_risk
from ml.contracts import Bools, Floats
from ml.dataset.windows import Cut, Span, cut, origins
from ml.generator import first_breach
from ml.runtime.basis import lead_basis, lead_projection
from ml.runtime.crossing import crossing
from ml.runtime.features import PLAIN_SLOPES, PROFILES, STATES, Prepared, Rows, Tables, prepare
from ml.runtime.odds import HOURS, Odds
from ml.runtime.ridge import (
    CENTRE_SIZE,
    FEATURES,
    HISTORY_CLASSES,
    NODES,
    SPREAD_SIZE,
    Ridge,
    Weights,
    between_nodes,
    membership,
    regressors,
)
from ml.runtime.scaling import SHARE, forward, usual
from ml.schema import CONTEXT, HORIZON, METRICS, MIN_HISTORY, QUANTILES, TICKS_PER_HOUR, Profile
from ml.streams.fleet import threshold_matrix

Progress = Callable[[str], None]
Doubles = NDArray[np.float64]
_M: Final = len(METRICS)
_PENALTY: Final = 2e-3
_REWEIGHTED: Final = 2
_FLOOR: Final = 0.25
_EVERY: Final = 29  # ticks between origins: coprime with the day, so every time of day is seen
_UNTOUCHED: Final = 0.3  # share of a stranger's series that stay as simulated
_DROPPED: Final = 0.04  # share of metrics that are hidden in training
_CAP: Final = 8.0  # targets beyond this many scales say "failure", not how large


@dataclass(frozen=True, slots=True)
class Fitted:
    """A trained model: its tensors and the `correlation` [M, 5] of `ml.runtime.odds`."""

    weights: Weights
    tables: Tables
    correlation: Floats

    def tensors(self) -> dict[str, NDArray[np.generic]]:
        """Everything by name, as an artefact stores it."""
        named: dict[str, NDArray[np.generic]] = {}
        for prefix, part in (("weights", self.weights), ("tables", self.tables)):
            named |= {f"{prefix}.{field.name}": getattr(part, field.name) for field in fields(part)}
        return {**named, "correlation": self.correlation}


@dataclass(frozen=True, slots=True)
class Batch:
    """One origin's servers, ready for regression: features and the scaled truth [n, H, M] (NaN where unknown)."""

    prepared: Prepared
    target: Floats
    upkeep: Bools
    profiles: Rows


def fit(train: Sequence[Span], held_out: Sequence[Span], seed: int, progress: Progress, every: int = _EVERY) -> Fitted:
    """Fit on `train`; residual quantiles and correlations come from `held_out`, whose servers were never fitted.

    `every` ticks lie between the origins of windows; same arguments, same tensors.
    """
    progress("climatology and levels of the profiles")
    tables = fitted_tables(train)
    found = []
    for turn in range(2 * len(HISTORY_CLASSES)):
        hours, strangers = HISTORY_CLASSES[turn % 3] // TICKS_PER_HOUR, turn >= len(HISTORY_CLASSES)
        progress(f"servers {'without' if strangers else 'of known'} profile, history from {hours} h")
        some = train[: -(-len(train) // 2)] if strangers else train
        batches = list(_batches(some, tables, turn, seed, every))
        checked = list(_batches(held_out, tables, turn, seed + 1, every))
        found.append(_fit_class(batches, checked, tables, paths=turn == 0))
    weights = Weights(
        np.stack([one.centre for one in found]), np.stack([one.spread for one in found]),
        np.stack([one.bounds for one in found]), np.stack([one.residuals for one in found]), found[0].upkeep_spread,
    )  # fmt: skip
    progress("breach chances on held-out servers")
    risk = _fit_risk(Ridge(weights, tables), found[0].correlation, held_out, every)
    return Fitted(weights, tables, np.concatenate([found[0].correlation, risk], axis=1))


def fitted_tables(train: Sequence[Span]) -> Tables:
    """The profile tables of training spans, with how large slopes are on a normal day."""
    tables = fit_tables(train)
    return replace(tables, slope_sd=_slope_sd(train, tables))


def _fit_risk(model: Ridge, correlation: Floats, held_out: Sequence[Span], every: int) -> Floats:
    """The correction of breach chances at the default thresholds, [M, 3]."""
    plain = np.concatenate([correlation, np.tile(np.array([0.0, 0.0, 1.0], np.float32), (_M, 1))], axis=1)
    chances, truths, metrics = [], [], []
    for span in held_out:
        limits = threshold_matrix(span.profiles)
        for origin in origins(span, every):
            piece = cut(span, origin)
            fans = model.quantiles(piece.history, piece.calendar, piece.profiles, piece.week_tick)
            begins = first_breach(piece.truth.transpose(1, 0, 2), limits)
            clear = piece.history[:, -1] <= limits
            chances.append(crossing(fans, limits, Odds(plain)).by[clear])
            lead = np.where(begins < 0, HORIZON, begins)[clear]
            truths.append(lead[:, None] < np.array(HOURS) * TICKS_PER_HOUR)
            metrics.append(np.nonzero(clear)[1])
    chance, truth, metric = np.concatenate(chances), np.concatenate(truths), np.concatenate(metrics)
    return np.stack([fit_risk(chance[metric == place], truth[metric == place]) for place in range(_M)])


@dataclass(frozen=True, slots=True)
class _Class:
    """What one history class contributes."""

    centre: Floats
    spread: Floats
    bounds: Floats
    residuals: Floats
    upkeep_spread: Floats
    correlation: Floats


def _fit_class(batches: Sequence[Batch], checked: Sequence[Batch], tables: Tables, paths: bool) -> _Class:
    """One class of servers: regressions on `batches`, errors on `checked`; `paths` asks for their correlation too."""
    centre = _fit_centre(batches, tables)
    spread = _fit_spread(batches, Ridge(_weights(centre, np.zeros((_M, SPREAD_SIZE, FEATURES))), tables))
    bounds = _bounds(batches, centre, spread)
    model = Ridge(replace(_weights(centre, spread), bounds=bounds[None]), tables)
    errors = np.concatenate([_standardised(model, batch) for batch in checked])
    regime = np.concatenate([batch.prepared.regime for batch in checked])
    profiles = np.concatenate([batch.profiles for batch in checked])
    residuals = fit_residuals(errors, regime, profiles, NODES - 1)
    mixed = _mixed(residuals, regime, profiles)
    return _Class(
        centre.astype(np.float32), spread.astype(np.float32), bounds, residuals,
        _upkeep_spread(errors, checked), fit_correlation(errors, mixed) if paths else np.zeros((_M, 2), np.float32),
    )  # fmt: skip


def _mixed(residuals: Floats, regime: Floats, profiles: Rows) -> Floats:
    """The quantiles that each held-out row was given, [n, M, H, Q]."""
    tables = np.einsum("hg,mpsgq->mpshq", between_nodes(), residuals).reshape(_M, -1, HORIZON * len(QUANTILES))
    mixed = np.einsum("mnk,mkx->nmx", membership(regime, profiles), tables, optimize=True)
    return np.asarray(mixed.reshape(len(regime), _M, HORIZON, len(QUANTILES)), np.float32)


def _weights(centre: Doubles, spread: Doubles) -> Weights:
    """One history class's weights, with flat residuals, to predict centre and spread with."""
    flat = np.zeros((1, len(centre), len(PROFILES), STATES, len(NODES), len(QUANTILES)), np.float32)
    bounds = np.tile(np.array([-12.0, 12.0, -5.0, 3.0], np.float32), (1, len(centre), 1))
    return Weights(
        centre[None].astype(np.float32), spread[None].astype(np.float32), bounds, flat, np.ones(_M, np.float32)
    )


def _slope_sd(spans: Sequence[Span], tables: Tables) -> Floats:
    """How large slopes are on a normal day: half the 16-84 % distance over training windows, [M, spans]."""
    slopes = [
        _batch(cut(span, origin), tables).prepared.own[list(PLAIN_SLOPES)]
        for span in spans for origin in origins(span, 4 * _EVERY)
    ]  # fmt: skip
    low, high = np.quantile(np.concatenate(slopes, axis=1), [0.16, 0.84], axis=1)
    return np.asarray(np.maximum(high - low, 1e-3).T / 2.0, np.float32)


def _batches(spans: Sequence[Span], tables: Tables, turn: int, seed: int, every: int) -> Iterator[Batch]:
    random = np.random.Generator(np.random.Philox([seed, turn]))
    for span in spans:
        for origin in origins(span, every, int(random.integers(every))):
            yield _batch(_damaged(cut(span, origin), turn, random), tables)


def _damaged(whole: Cut, turn: int, random: np.random.Generator) -> Cut:
    """A cut as serving may see it: history truncated to its class, metrics missing, gaps, strangers of no profile."""
    servers, place = len(whole.history), turn % len(HISTORY_CLASSES)
    if turn >= len(HISTORY_CLASSES):
        whole = _strange(whole, random)
    history = whole.history.copy()
    longest = CONTEXT if place == 0 else HISTORY_CLASSES[place - 1] - 1
    shortest = max(HISTORY_CLASSES[place], MIN_HISTORY)
    length = random.integers(shortest, longest + 1, servers)
    if place == 0:
        length = np.where(random.random(servers) < 0.9, CONTEXT, length)
    history[np.arange(CONTEXT)[None, :] < CONTEXT - length[:, None]] = np.nan
    history[np.broadcast_to((random.random((servers, _M)) < _DROPPED)[:, None, :], history.shape)] = np.nan
    lost = random.random((servers, CONTEXT)) < np.where(random.random(servers) < 0.1, 0.15, 0.002)[:, None]
    history[lost] = np.nan
    return replace(whole, history=history)


def _strange(whole: Cut, random: np.random.Generator) -> Cut:
    """The servers as strangers: no profile, and behaving like none of the simulated ones.

    Each series gets another contrast and size, many become rougher, some bursty. Simulated servers know how load,
    noise and faults go together; real ones of unknown role need wider and less certain answers.
    """
    path = np.concatenate([whole.history, whole.truth], axis=1)
    servers, each = len(path), (len(path), 1, _M)
    reference = usual(path, 1)[:, None, :]
    contrast = np.exp(random.uniform(-1.2, 1.0, each))
    rough = np.maximum(random.uniform(-0.2, 0.9, each), 0.0)
    often = np.maximum(random.uniform(-0.02, 0.06, each), 0.0)
    shape = contrast * np.log((path + 0.02 * reference) / reference) + rough * random.normal(size=path.shape)
    shape += (random.random(path.shape) < often) * random.exponential(1.2, path.shape)
    level = reference * np.exp(np.where(SHARE, random.uniform(-1.5, 0.2, each), 0.0))
    strange = np.clip(level * np.exp(np.clip(shape, -8.0, 5.0)), 0.0, np.where(SHARE, 100.0, np.inf))
    path = np.where(random.random(each) < _UNTOUCHED, path, strange).astype(np.float32)
    profiles = np.full(servers, PROFILES.index(Profile.UNKNOWN))
    return replace(whole, history=path[:, :CONTEXT], truth=path[:, CONTEXT:], profiles=profiles)


def _batch(piece: Cut, tables: Tables) -> Batch:
    prepared = prepare(piece.history, piece.calendar, piece.profiles, piece.week_tick, tables)
    path = forward(piece.truth, prepared.reference[:, None, :]) - prepared.season.transpose(1, 0, 2)
    target = (path - prepared.level[:, None, :]) / prepared.scale[:, None, :]
    return Batch(prepared, target, piece.calendar[:, CONTEXT:], piece.profiles)


def _regress(
    batches: Sequence[Batch], goals: Sequence[Floats], metric: int, size: int, trust: Sequence[Floats] | None = None
) -> Doubles:
    """Ridge weights [size, FEATURES] from all rows with a target; the penalty is relative to each feature's power.

    `trust` [n] weighs the rows of each batch.
    """
    gram, moment = np.zeros((FEATURES, FEATURES)), np.zeros((FEATURES, size))
    for place, (batch, goal) in enumerate(zip(batches, goals, strict=True)):
        rows = np.isfinite(goal[:, 0])
        x = regressors(batch.prepared, metric)[rows].astype(np.float64)
        weighted = x if trust is None else x * trust[place][rows, None]
        gram += weighted.T @ x
        moment += weighted.T @ (goal[rows] @ lead_projection(size))
    power = np.diag(gram).copy()
    power[-1] = 0.0
    return np.asarray(np.linalg.solve(gram + np.diag(_PENALTY * power + 1e-6 * gram[-1, -1]), moment).T)


def _fit_centre(batches: Sequence[Batch], tables: Tables) -> Doubles:
    """Centre weights [M, CENTRE_SIZE, FEATURES]: least squares first, then reweighted towards least absolute error.

    The reweighting keeps rare jumps (a cleanup, a crash) from bending every ordinary forecast a little.
    """
    found = []
    for metric in range(_M):
        goals = [np.clip(batch.target[:, :, metric], -_CAP, _CAP) for batch in batches]
        weights = _regress(batches, goals, metric, CENTRE_SIZE)
        for _ in range(_REWEIGHTED):
            model = Ridge(_one(weights), tables)
            paths = (model.shape(regressors(batch.prepared, metric), 0, 0)[0] for batch in batches)
            trust = [_trust(goal - path) for goal, path in zip(goals, paths, strict=True)]
            weights = _regress(batches, goals, metric, CENTRE_SIZE, trust)
        found.append(weights)
    return np.stack(found)


def _trust(error: Floats) -> Floats:
    return np.asarray(1.0 / np.maximum(np.abs(error).mean(axis=1), _FLOOR))


def _one(weights: Doubles) -> Weights:
    """One metric's centre, to predict with."""
    return _weights(weights[None], np.zeros((1, SPREAD_SIZE, FEATURES)))


def _fit_spread(batches: Sequence[Batch], model: Ridge) -> Doubles:
    """Ridge on the log of the absolute error of `model`'s centre, [M, SPREAD_SIZE, FEATURES]."""
    found = []
    for metric in range(_M):
        goals = [np.log(np.abs(_error(model, batch, metric)[0]) + 0.05) for batch in batches]
        found.append(_regress(batches, goals, metric, SPREAD_SIZE))
    return np.stack(found)


def _bounds(batches: Sequence[Batch], centre: Doubles, spread: Doubles) -> Floats:
    """The range of centre and log spread over training rows, [M, 4]; serving does not extrapolate beyond it."""
    found = []
    for metric in range(_M):
        limits = []
        for weights, basis in ((centre[metric], lead_basis(CENTRE_SIZE)), (spread[metric], lead_basis(SPREAD_SIZE))):
            paths = [regressors(batch.prepared, metric) @ weights.T @ basis.T for batch in batches]
            limits += np.quantile(np.concatenate(paths), [0.0002, 0.9998]).tolist()
        found.append(limits)
    return np.asarray(found, np.float32)


def _error(model: Ridge, batch: Batch, metric: int) -> tuple[Floats, Floats]:
    """Truth less centre, and the spread that the model gives it, [n, H] each, in scales."""
    centre, spread = model.shape(regressors(batch.prepared, metric), metric, 0)
    return np.asarray(batch.target[:, :, metric] - centre), spread


def _standardised(model: Ridge, batch: Batch) -> Floats:
    """Errors over their spread, [n, M, H]; NaN where there is no truth or no level."""
    parts = []
    for metric in range(_M):
        error, spread = _error(model, batch, metric)
        parts.append(error / spread)
    return np.stack(parts, axis=1).astype(np.float32)


def _upkeep_spread(errors: Floats, batches: Sequence[Batch]) -> Floats:
    """How much wider errors are inside future maintenance windows than outside, [M], between 1 and 2.5."""
    inside = np.concatenate([batch.upkeep for batch in batches])
    wide = [_typical_size(errors[:, metric][inside]) for metric in range(_M)]
    common = [_typical_size(errors[:, metric][~inside]) for metric in range(_M)]
    return np.asarray(np.clip(np.nan_to_num(np.divide(wide, common), nan=1.0), 1.0, 2.5), np.float32)


def _typical_size(errors: Floats) -> float:
    """Median absolute error, NaN without any."""
    known = np.abs(errors[np.isfinite(errors)])
    return float(np.median(known)) if len(known) else float("nan")
