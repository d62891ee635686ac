"""The floor of any forecast: futures of a simulated fleet drawn from its true state at the origin.

All futures share what is settled at the origin: traits, calendar, faults that have begun, and every draw that has
had an effect on the past. Guards that their past is the simulation's own, bit by bit, and that everything else is
drawn afresh. The slow noise is smooth, so its settled draws reach beyond the origin: whoever sees only telemetry
cannot know them, and stays above this floor.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from ml.contracts import Asset, Fleet, Floats, Injection, Maintenance
from ml.generator.draws import Doubles, Ints, Keys, keys_for, normals, spline, spline_knots, uniforms
from ml.generator.dynamics import Noise, Scene, observe
from ml.generator.faults import CHANCE, SLOT, Graph, Organic, from_injections, join, slot_counters, strengths
from ml.generator.profiles import Traits
from ml.schema import METRICS, Profile
from ml.streams.fleet import in_maintenance, threshold_matrix

FUTURES: Final = 48
"""Paths that the quantiles rest on: with 48 the 10 and 90 % ones lie between the fifth and sixth from either end."""
_CELLS: Final = 30_000  # ticks x servers worked on at once, so that arrays stay in the cache
_MARK: Final = "~"  # between a server's name and the number of its future


class Oracle:
    """Futures of one fleet. Building it costs as much as a fleet `futures` times as large."""

    def __init__(self, fleet: Fleet, futures: int = FUTURES) -> None:
        self.futures = futures
        self._names = tuple(asset.name for asset in fleet.assets)
        self._copies = _copies(fleet, futures)
        self._every = tuple(asset.name for asset in self._copies.assets)
        settled = self._names * futures
        profiles = [Profile(asset.profile) for asset in self._copies.assets]
        self._graph = Graph(self._copies)
        self._traits = Traits(fleet.seed, settled, profiles)
        self._noise = _ForkedNoise(fleet.seed, settled, self._copies)
        self._organic = _ForkedOrganic(fleet.seed, settled, self._copies, self._graph)
        self._limits = threshold_matrix(profiles).T.astype(np.float64)

    def paths(
        self, origin: int, first: int, count: int,
        begun: Sequence[Injection] = (), fresh: Sequence[Sequence[Injection]] = (),
    ) -> Floats:  # fmt: skip
        """Telemetry of ticks `first` ... `first + count` in every future, [futures, count, N, M] float32.

        `begun` are the injections that started by `origin` and happen in all futures; `fresh` holds those of each
        future that start later. Up to `origin` every future is what `Generator.ticks` gives.
        """
        self._noise.origin = origin
        self._organic.fork_at(origin)
        injections = [self._copied(one, future) for one in begun for future in range(self.futures)]
        injections += [self._copied(one, future) for future, some in enumerate(fresh) for one in some]
        faults = join([self._organic.between(first, first + count - 1), from_injections(injections, self._graph)])
        servers, size = len(self._copies.assets), max(1, _CELLS // len(self._copies.assets))
        found = np.empty((self.futures, count, len(self._names), len(METRICS)), np.float32)
        for start in range(first, first + count, size):
            rows = min(size, first + count - start)
            push = strengths(faults, start, rows, np.arange(servers))
            scene = Scene(start, self._limits, in_maintenance(self._copies.maintenance, self._every, start, rows))
            seen, _ = observe(self._traits, self._noise, push, scene)  # [M, rows, futures * N]
            apart = seen.reshape(len(METRICS), rows, self.futures, -1)
            found[:, start - first : start - first + rows] = apart.transpose(2, 1, 3, 0)
        return found

    def quantiles(self, paths: Floats, levels: Sequence[float]) -> Floats:
        """Quantiles [N, M, count, Q] of `paths`; each is as often above the truth as a new draw would be."""
        found = np.quantile(paths, levels, axis=0, method="weibull")  # [Q, count, N, M]
        return np.ascontiguousarray(found.transpose(2, 3, 1, 0), np.float32)

    def _copied(self, one: Injection, future: int) -> Injection:
        """An injection in one copy; the seed makes up for the servers' places, which decide a cascade's delays."""
        assets = tuple(_name(asset, future) for asset in one.assets)
        return replace(one, assets=assets, seed=one.seed - future * len(self._names))


def _name(asset: str, future: int) -> str:
    return f"{asset}{_MARK}{future}"


def _copies(fleet: Fleet, futures: int) -> Fleet:
    """The fleet once for each future, one copy after another; dependencies stay within a copy."""
    assets = tuple(
        Asset(_name(one.name, future), one.profile, tuple(_name(called, future) for called in one.depends_on))
        for future in range(futures)
        for one in fleet.assets
    )
    maintenance = tuple(
        Maintenance(_name(one.asset, future), one.start, one.length)
        for future in range(futures)
        for one in fleet.maintenance
    )
    return Fleet(fleet.seed, assets, maintenance)


class _ForkedNoise(Noise):
    """Noise whose draws are the fleet's own as far as they are settled at `origin`, and each copy's own after that."""

    def __init__(self, seed: int, settled: tuple[str, ...], copies: Fleet) -> None:
        super().__init__(seed, settled)
        self.origin = 0
        self._later = Noise(seed, tuple(asset.name for asset in copies.assets))

    def draw(self, name: str, period: int, first: int, count: int) -> Doubles:
        """As in the base class; draws that have no part in ticks up to the origin differ from copy to copy."""
        own, other = self.keys(name, period), self._later.keys(name, period)
        if period == 1:
            return _forked(normals, own, other, np.arange(first, first + count, dtype=np.int64), self.origin)
        counters = spline_knots(first, count, period)
        settled = int(spline_knots(self.origin, 1, period)[-1])
        return spline(_forked(normals, own, other, counters, settled), first, count, period)

    def bursts(self, first: int, count: int) -> Doubles:
        """As in the base class."""
        settled = min(max(0, self.origin + 1 - first), count)
        later = self._later.bursts(first + settled, count - settled)
        return np.concatenate([super().bursts(first, settled), later])


def _forked(draw: Callable[[Keys, Ints], Doubles], own: Keys, later: Keys, counters: Ints, last: int) -> Doubles:
    """Draws with the `own` keys up to counter `last`, with the `later` ones after it."""
    settled = int(np.searchsorted(counters, last, "right"))
    return np.concatenate([draw(own, counters[:settled]), draw(later, counters[settled:])])


class _ForkedOrganic(Organic):
    """Organic faults: those that have begun at the origin are the fleet's own, the others each copy's."""

    def __init__(self, seed: int, settled: tuple[str, ...], copies: Fleet, graph: Graph) -> None:
        super().__init__(copies, graph)
        self._settled = keys_for(seed, settled, "organic")
        self._origin = 0

    def fork_at(self, origin: int) -> None:
        """From now on, faults that start after `origin` differ."""
        self._origin, self._cached = origin, None

    def _uniforms(self, slots: Ints) -> Doubles:
        own = uniforms(self._settled, slot_counters(slots)).reshape(len(slots), 8, -1)
        later = super()._uniforms(slots)
        here = self._origin // SLOT
        part = (self._origin + 1 - here * SLOT) / SLOT  # of the slot of the origin that has passed
        begun = (own[:, 0] < CHANCE) & (own[:, 1] < part)
        later[slots == here] = _in_the_rest(later[slots == here], part)
        keep = (slots < here)[:, None] | ((slots == here)[:, None] & begun)
        return np.where(keep[:, None], own, later)


def _in_the_rest(drawn: Doubles, part: float) -> Doubles:
    """A slot's draws, given that no fault began in the first `part` of it (Bayes); one may begin in the rest."""
    chance = CHANCE * (1.0 - part) / (1.0 - CHANCE * part)
    moved = drawn.copy()
    moved[:, 0] = drawn[:, 0] * CHANCE / max(chance, 1e-12)
    moved[:, 1] = part + (1.0 - part) * drawn[:, 1]
    return moved
