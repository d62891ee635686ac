"""The oracle as a contender: what a forecast of a simulated fleet could reach if it knew the simulator's true state.

Guards that faults and injections which begin after the origin are as likely in its futures as they are in truth.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ml.contracts import Floats, Injection
from ml.dataset.windows import Cut, random_injections
from ml.generator import demo_fleet, first_breach
from ml.generator.oracle import Oracle
from ml.runtime import Crossing
from ml.runtime.crossing import ENDS, TIMES
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
        self._last: tuple[int, Floats] = (-1, np.empty(0, np.float32))

    def quantiles(self, piece: Cut) -> Floats:
        """Quantiles [N, M, H, Q] in units over the futures of the cut's origin, which is a tick of the simulation."""
        return self._oracle.quantiles(self._futures(piece), QUANTILES)

    def breaches(self, piece: Cut, fan: Floats, limits: Floats) -> Crossing:
        """How often and when the thresholds are crossed in the futures; the fan adds nothing to them."""
        begins = np.stack([first_breach(one, limits) for one in self._futures(piece)])
        return told(np.where(begins < 0, np.inf, begins + 1.0))

    def _futures(self, piece: Cut) -> Floats:
        """The futures of one origin, [futures, H, N, M]; those of the last one are kept."""
        if self._last[0] != piece.origin:
            self._last = piece.origin, self._drawn(piece)
        return self._last[1]

    def _drawn(self, piece: Cut) -> Floats:
        begun = [one for one in self._injections if one.start <= piece.origin <= _ended(one)]
        fresh = [self._fresh(piece.origin, future) for future in range(self._oracle.futures)]
        return self._oracle.paths(piece.origin, piece.origin + 1, HORIZON, begun, fresh)

    def _fresh(self, origin: int, future: int) -> Sequence[Injection]:
        """The injections of one future that begin after the origin, at the span's rate."""
        seed = (self._seed * 10_000 + origin) * 100 + future
        drawn = random_injections(self._names, HORIZON, seed, self._weekly)
        return [replace(one, start=origin + 1 + one.start) for one in drawn]


def told(first: Floats) -> Crossing:
    """The risk that paths tell: `first` [futures, N, M] lead steps of their first breach, infinite without one."""
    by = np.stack([(first <= end + 1).mean(axis=0) for end in ENDS], axis=-1).astype(np.float32)
    ordered = np.sort(first, axis=0)
    crossed = np.isfinite(ordered).sum(axis=0)
    places = np.maximum(np.ceil(crossed[None] * np.array(TIMES)[:, None, None]) - 1, 0).astype(np.int64)
    times = np.where(crossed > 0, np.take_along_axis(ordered, places, axis=0), np.nan).astype(np.float32)
    return Crossing(by, by[..., -1], *times)


def _ended(one: Injection) -> int:
    return one.start + one.ramp + one.hold + one.recover + LONGEST_LAG
