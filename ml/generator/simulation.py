"""The simulated fleet's telemetry: any ticks, any servers, any injections, always the same numbers.

Stateless in time: `Generator.ticks` may be called for any range in any order, and a subset of the
fleet gets exactly the columns that the whole fleet would have had.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from ml.contracts import Bools, Fleet, Injection, Ticks, Upkeep
from ml.generator.draws import Doubles, Ints
from ml.generator.dynamics import Health, Noise, Scene, observe
from ml.generator.faults import Graph, Organic, from_injections, join, strengths
from ml.generator.profiles import Traits
from ml.schema import Profile
from ml.streams.fleet import State, in_maintenance, threshold_matrix

_CELLS: Final = 60_000  # ticks x servers worked on at once, so that memory stays flat
_STRAINED, _CLOSE = 0.16, 0.88  # fault strength, and share of the threshold, from which a server is degrading


class Generator:
    """Telemetry of one fleet. Building it costs a few milliseconds a thousand servers; `ticks` is then cheap."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.limits = threshold_matrix([asset.profile for asset in fleet.assets])
        self._graph = Graph(fleet)
        self._organic = Organic(fleet, self._graph)
        self._all = _Members(fleet, np.arange(len(fleet.assets)))

    def ticks(
        self,
        first: int,
        count: int,
        injections: Sequence[Injection] = (),
        assets: Sequence[str] | None = None,
        upkeep: Sequence[Upkeep] = (),
    ) -> Ticks:
        """Telemetry of ticks `first` ... `first + count` (exclusive), for all servers or for `assets` in their order.

        `upkeep` is maintenance beside the fleet's own; it may name servers that are not simulated here.

        ValueError names an unknown server, an unknown injection kind or an intensity outside (0, 1].
        """
        members = self._all if assets is None else _Members(self.fleet, self._rows(assets))
        faults = from_injections(injections, self._graph)
        calendar = in_maintenance(self.fleet.maintenance, members.names, first, count)
        _add(calendar, upkeep, members.names, first)
        values = np.empty((count, len(members.names), len(self.limits[0])), np.float32)
        states = np.empty((count, len(members.names)), np.object_)
        for start, size in _blocks(first, count, len(members.names)):
            here = slice(start - first, start - first + size)
            acting = join([self._organic.between(start, start + size - 1), faults])
            push = strengths(acting, start, size, members.rows)
            limits = self.limits[members.rows].T.astype(np.float64)
            seen, health = observe(members.traits, members.noise, push, Scene(start, limits, calendar[here]))
            values[here], states[here] = seen.transpose(1, 2, 0), _states(health, limits, calendar[here])
        return Ticks(first, members.names, values, states, calendar)

    def _rows(self, assets: Sequence[str]) -> Ints:
        missing = [name for name in assets if name not in self._graph.index]
        if missing:
            raise ValueError(f"not in this fleet: {', '.join(missing)}")
        return np.array([self._graph.index[name] for name in assets], np.int64)


class _Members:
    """The servers that are simulated: their traits and noise, in the order asked for."""

    def __init__(self, fleet: Fleet, rows: Ints) -> None:
        self.rows = rows
        self.names = tuple(fleet.assets[row].name for row in rows)
        profiles = [Profile(fleet.assets[row].profile) for row in rows]
        self.traits = Traits(fleet.seed, self.names, profiles)
        self.noise = Noise(fleet.seed, self.names)


def _add(calendar: Bools, upkeep: Sequence[Upkeep], names: Sequence[str], first: int) -> None:
    """Mark further maintenance in a calendar [K, N] that begins at tick `first`, in place."""
    for one in upkeep:
        mine = set(one.assets)
        columns = [at for at, name in enumerate(names) if name in mine]
        calendar[max(0, one.start - first) : max(0, one.end - first), columns] = True


def _blocks(first: int, count: int, servers: int) -> Iterator[tuple[int, int]]:
    size = max(1, _CELLS // max(1, servers))
    for start in range(first, first + count, size):
        yield start, min(size, first + count - start)


def _states(health: Health, limits: Doubles, calendar: Bools) -> np.ndarray[tuple[int, ...], np.dtype[np.object_]]:
    """[K, N]: critical above a threshold, degrading under strain or close to one, judged without fast noise."""
    share = health.means / limits[:, None, :]
    close = (share[[0, 1, 2, 5]] > _CLOSE).any(axis=0) | (share[3:5] > 1.0).any(axis=0)
    states = np.full(health.strain.shape, State.HEALTHY.value, np.object_)
    states[(health.strain > _STRAINED) | (close & ~calendar)] = State.DEGRADING.value
    states[(share > 1.0).any(axis=0)] = State.CRITICAL.value
    return states
