"""The oracle as a contender: what a forecast of a simulated fleet could reach if it knew the simulator's true state.

Guards that faults and injections which begin after the origin are as likely in its futures as they are in truth.
"""

from collections.abc import Sequence
from dataclasses import replace

from ml.contracts import Floats, Injection
from ml.dataset.windows import Cut, random_injections
from ml.generator import demo_fleet
from ml.generator.oracle import Oracle
from ml.schema import HORIZON, QUANTILES, TICKS_PER_DAY
from ml.streams.fleet import LONGEST_LAG

ORACLE = "oracle"
"""The name under which the floor stands in a report."""


class Floor:
    """Monte Carlo quantiles for cuts of `simulated_span(servers, days, seed, injected)`, and of no other span."""

    def __init__(self, servers: int, days: int, seed: int, injected: float) -> None:
        fleet = demo_fleet(servers, seed)
        self._names = tuple(asset.name for asset in fleet.assets)
        self._seed, self._weekly = seed, injected
        self._injections = random_injections(self._names, days * TICKS_PER_DAY, seed, injected)
        self._oracle = Oracle(fleet)

    def quantiles(self, piece: Cut) -> Floats:
        """Quantiles [N, M, H, Q] in units over the futures of the cut's origin, which is a tick of the simulation."""
        begun = [one for one in self._injections if one.start <= piece.origin <= _last(one)]
        fresh = [self._fresh(piece.origin, future) for future in range(self._oracle.futures)]
        paths = self._oracle.paths(piece.origin, piece.origin + 1, HORIZON, begun, fresh)
        return self._oracle.quantiles(paths, QUANTILES)

    def _fresh(self, origin: int, future: int) -> Sequence[Injection]:
        """The injections of one future that begin after the origin, at the span's rate."""
        seed = (self._seed * 10_000 + origin) * 100 + future
        drawn = random_injections(self._names, HORIZON, seed, self._weekly)
        return [replace(one, start=origin + 1 + one.start) for one in drawn]


def _last(one: Injection) -> int:
    return one.start + one.ramp + one.hold + one.recover + LONGEST_LAG
