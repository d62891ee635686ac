"""Training examples: what the network sees of a series, and what its answer is composed from and compared with.

Guards that training and serving share one path (`ml.runtime.fusion.parts`), and that a short history is short in
everything: a server whose first observation is faked as recent remembers no week either.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.contracts import Floats
from ml.dataset.windows import Cut, Span, cut, origins
from ml.runtime.fusion import Parts, parts
from ml.runtime.inputs import Situation, flat
from ml.runtime.ridge import Ridge
from ml.runtime.scaling import LOGGED, SHARE, ceilings, forward, usual
from ml.schema import CONTEXT, HALF_HOUR, HORIZON, METRICS, MIN_HISTORY, TICKS_PER_DAY, TICKS_PER_WEEK, WEEK, Profile

Halves = NDArray[np.float16]
STRIDE: Final = 4
"""Every fourth lead step of an example is compared, from one of the first four on."""
SCORED: Final = HORIZON // STRIDE
_FARTHEST: Final = 24.0
_M: Final = len(METRICS)
_DROPPED, _UNTOUCHED = 0.04, 0.25
_COURSELESS, _WANDERING, _JOBS, _SHIFTING = 0.25, 0.4, 0.35, 0.25
"""Shares of a stranger's series that lose their daily course, wander, run a job, change their level."""


@dataclass(frozen=True, slots=True)
class Examples:
    """n series, first axis first in every array: the network's inputs, then [n, ..., SCORED] paths.

    `offset` [n] is the first lead compared. `cost` [n, 4] takes a value y in units of the series back to standard
    deviations of what was measured: slope, exponent (0 for a linear metric), lowest and highest y.
    `target` is NaN where nothing was measured.
    """

    static: Halves
    encoder: Halves
    decoder: Halves
    metric: NDArray[np.uint8]
    profile: NDArray[np.uint8]
    offset: NDArray[np.uint8]
    centre: Halves
    spread: Halves
    fan: Halves
    paths: Halves
    daily: Halves
    day: Halves
    target: Halves
    cost: Floats

    def __len__(self) -> int:
        return len(self.static)


def joined(found: Sequence[Examples]) -> Examples:
    """All of them."""
    return Examples(*(np.concatenate([getattr(one, field.name) for one in found]) for field in fields(Examples)))


def examples(spans: Sequence[Span], ridge: Ridge, every: int, seed: int, damage: bool = True) -> Iterator[Examples]:
    """Examples of every server at origins `every` ticks apart; with `damage` some as serving may meet them."""
    random = np.random.Generator(np.random.Philox(seed))
    for span in spans:
        unit = _unit(span)
        for origin in origins(span, every, int(random.integers(every))):
            piece = cut(span, origin)
            yield _of(damaged(piece, random) if damage else piece, ridge, unit, int(random.integers(STRIDE)))


def _unit(span: Span) -> Floats:
    """Standard deviation of each series over its span, [N, M], at least a thousandth of a unit."""
    known = np.isfinite(span.values)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, span.values, 0.0).sum(axis=0) / count
    square = np.where(known, np.square(span.values - mean), 0.0).sum(axis=0) / count
    return np.asarray(np.maximum(np.sqrt(square), 1e-3), np.float32)


def damaged(whole: Cut, random: np.random.Generator) -> Cut:
    """A cut as serving may see it: some servers new, some metrics missing, some feeds with holes."""
    servers = len(whole.history)
    history, week = whole.history.copy(), whole.week.copy()
    fresh = random.random(servers) < 0.15
    length = np.where(fresh, random.integers(MIN_HISTORY, CONTEXT + 1, servers), 7 * CONTEXT)
    young = ~fresh & (random.random(servers) < 0.25)
    length = np.where(young, random.integers(CONTEXT, 7 * CONTEXT, servers), length)
    history[np.arange(CONTEXT)[None, :] < CONTEXT - length[:, None]] = np.nan
    week[np.arange(WEEK)[None, :] < WEEK - length[:, None] // HALF_HOUR] = np.nan
    hidden = (random.random((servers, _M)) < _DROPPED)[:, None, :]
    history[np.broadcast_to(hidden, history.shape)] = np.nan
    week[np.broadcast_to(hidden, week.shape)] = np.nan
    lost = random.random((servers, CONTEXT)) < np.where(random.random(servers) < 0.1, 0.15, 0.002)[:, None]
    history[lost] = np.nan
    return replace(whole, history=history, week=week)


def stranger(span: Span, seed: int) -> Span:
    """The fleet as strangers: no profile, and behaving like none of the simulated servers.

    Each series gets another contrast and size; many become rougher, some bursty, some lose their daily course, some
    get a recurring job of their own, some change their level for good now and then.
    """
    random = np.random.Generator(np.random.Philox(seed))
    path = span.values.transpose(1, 0, 2)
    each = (len(path), 1, _M)
    reference = usual(path, 1)[:, None, :]
    contrast = np.exp(random.uniform(-1.2, 1.0, each)) * (random.random(each) > _COURSELESS)
    rough = np.maximum(random.uniform(-0.2, 0.9, each), 0.0)
    often = np.maximum(random.uniform(-0.02, 0.06, each), 0.0)
    shape = contrast * np.log((path + 0.02 * reference) / reference) + rough * random.normal(size=path.shape)
    shape += (random.random(path.shape) < often) * random.exponential(1.2, path.shape)
    shape += (random.random(each) < _WANDERING) * random.uniform(0.1, 0.6, each) * _wander(path.shape, random)
    shape += (random.random(each) < _JOBS) * _jobs(path.shape, random)
    shape += (random.random(each) < _SHIFTING) * _shifts(path.shape, random)
    level = reference * np.exp(np.where(SHARE, random.uniform(-1.5, 0.2, each), 0.0))
    strange = np.clip(level * np.exp(np.clip(shape, -8.0, 5.0)), 0.0, np.where(SHARE, 100.0, np.inf))
    path = np.where(random.random(each) < _UNTOUCHED, path, strange).astype(np.float32)
    values = np.ascontiguousarray(path.transpose(1, 0, 2))
    return replace(span, values=values, profiles=(Profile.UNKNOWN.value,) * values.shape[1])


def _wander(shape: tuple[int, ...], random: np.random.Generator) -> Floats:
    """Autoregressive noise of unit variance, remembering between half an hour and a day."""
    memory = np.exp(-1.0 / np.exp(random.uniform(np.log(6.0), np.log(288.0), (shape[0], shape[2]))))
    drawn = random.normal(size=shape).astype(np.float32)
    found, fresh = np.empty(shape, np.float32), np.sqrt(1.0 - memory**2)
    found[:, 0] = drawn[:, 0]
    for tick in range(1, shape[1]):
        found[:, tick] = memory * found[:, tick - 1] + fresh * drawn[:, tick]
    return found


def _jobs(shape: tuple[int, ...], random: np.random.Generator) -> Floats:
    """A job at the same time of most days: [N, T, M] in logarithms."""
    each = (shape[0], 1, shape[2])
    begin, length = random.integers(0, TICKS_PER_DAY, each), random.integers(1, 25, each)
    ticks = np.arange(shape[1])[None, :, None]
    day = (ticks - begin) // TICKS_PER_DAY
    runs = random.random((shape[0], shape[1] // TICKS_PER_DAY + 2, shape[2])) < random.uniform(0.6, 1.0, each)
    running = (ticks - begin) % TICKS_PER_DAY < length
    chosen = np.take_along_axis(runs, np.broadcast_to(day + 1, shape), axis=1)
    return np.asarray(running * chosen * random.uniform(0.3, 2.5, each), np.float32)


def _shifts(shape: tuple[int, ...], random: np.random.Generator) -> Floats:
    """Levels that change for good, about twice a week: [N, T, M] in logarithms."""
    changes = (random.random(shape) < 2.0 / TICKS_PER_WEEK) * random.normal(0.0, 0.5, shape)
    return np.asarray(np.cumsum(changes, axis=1), np.float32)


def _of(piece: Cut, ridge: Ridge, unit: Floats, offset: int) -> Examples:
    given = Situation(piece.history, piece.week, piece.calendar, piece.profiles, piece.week_tick)
    return joined([_example(part, piece, unit, offset) for part in parts(ridge, given)])


def _example(part: Parts, piece: Cut, unit: Floats, offset: int) -> Examples:
    at = np.arange(offset, HORIZON, STRIDE)
    prepared, truth = part.prepared, piece.truth[part.rows]
    scaled = (forward(truth, prepared.reference[:, None, :]) - prepared.level[:, None, :]) / prepared.scale[:, None, :]
    target = flat(scaled.transpose(1, 0, 2))[at].T
    usable = np.isfinite(target).any(axis=1) & (part.inputs.encoder[3, -2:].sum(axis=0) > 0.0)
    seen, base, known = part.inputs, part.base, part.known
    return Examples(
        static=_half(seen.static.T[usable]),
        encoder=_half(seen.encoder.transpose(2, 0, 1)[usable]),
        decoder=_half(seen.decoder.transpose(2, 0, 1)[usable]),
        metric=seen.metric[usable].astype(np.uint8),
        profile=seen.profile[usable].astype(np.uint8),
        offset=np.full(int(usable.sum()), offset, np.uint8),
        centre=_half(base.centre[usable][:, at]),
        spread=_half(base.spread[usable][:, at]),
        fan=_half(base.fan[usable][:, at]),
        paths=_half(known.paths[:, usable][:, :, at].transpose(1, 0, 2)),
        daily=_half(known.daily[usable][:, at]),
        day=_half(known.day[usable]),
        target=_half(np.clip(target[usable], -_FARTHEST, _FARTHEST)),
        cost=_cost(part, piece, unit)[usable],
    )


def _half(values: Floats) -> Halves:
    return values.astype(np.float16)


def _cost(part: Parts, piece: Cut, unit: Floats) -> Floats:
    """From units of each series back to what is scored, [B, 4]: slope, exponent, lowest and highest value.

    A logged metric is `slope` x exp(`exponent` x y) standard deviations, up to a constant; another `slope` x y.
    """
    prepared, rows = part.prepared, part.rows
    top = ceilings(piece.history[rows], part.highest)
    logged = np.isin(np.arange(_M), LOGGED)
    high, low = (
        (forward(one, prepared.reference) - prepared.level) / prepared.scale for one in (top, np.zeros_like(top))
    )
    with np.errstate(over="ignore"):
        grown = prepared.reference * np.exp(prepared.level)
    slope = np.where(logged, grown, prepared.scale) / unit[rows]
    exponent = np.where(logged, prepared.scale, 0.0)
    found = np.stack([flat(np.nan_to_num(one)) for one in (slope, exponent, low, high)], axis=1)
    return np.asarray(found, np.float32)
