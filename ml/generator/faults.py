"""Faults as data: injections and the seeded background of organic faults, turned into strengths per channel.

A fault pushes some channels (load, CPU, memory, ...) of one server towards a bad level; `dynamics` says
what that does to the metrics. Strengths depend on absolute ticks only, so any chunk gives equal numbers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.contracts import Fleet, Injection
from ml.generator.draws import Doubles, Ints, keys_for, uniforms
from ml.schema import Profile
from ml.streams.fleet import LIBRARY, InjectionKind

CHANNELS: Final = ("load", "cpu", "memory", "disk", "io", "net", "latency", "error", "down")
SLOT: Final = 96
"""Ticks of one organic slot: each server draws once every eight hours whether a fault begins."""
LONGEST: Final = 204
"""Upper bound on an organic fault's life in ticks, so that few slots have to be looked at."""
CHANCE: Final = 0.2
"""Chance of an organic fault a server and slot."""
_MINOR: Final = 0.35  # share of organic faults that stop early; the others run their course
_NEVER: Final = np.iinfo(np.int64).max // 2
_K = InjectionKind

# channel weights in (0, 1]: how far full strength takes the channel to its bad level
WEIGHTS: Final[Mapping[InjectionKind, Mapping[str, float]]] = {
    _K.MEMORY_LEAK: {"memory": 1.0, "cpu": 0.10},
    _K.DISK_FILL: {"disk": 1.0, "io": 0.15},
    _K.CPU_SATURATION: {"cpu": 1.0, "load": 0.55},
    _K.LATENCY_CREEP: {"latency": 1.0},
    _K.ERROR_BURST: {"error": 1.0, "latency": 0.15},
    _K.CONNECTION_STORM: {"net": 1.0, "load": 0.35, "latency": 0.45, "error": 0.25},
    _K.NOISY_NEIGHBOUR: {"io": 1.0, "cpu": 0.40, "latency": 0.50},
    _K.CASCADE: {"latency": 1.0, "io": 0.55, "load": 0.30},
    _K.DEGRADING: {"latency": 1.0, "cpu": 0.65, "memory": 0.60, "error": 0.25},
    _K.CRITICAL: {"latency": 1.0, "cpu": 1.0, "memory": 0.95, "io": 0.8, "net": 0.8, "error": 0.9, "load": 0.4},
    _K.SUDDEN_CRASH: {"down": 1.0},
}
_FOLLOWS: Final = {"latency": 0.85, "error": 0.45, "load": 0.25}  # what a cascade does to a caller
_CASCADE_DELAY, _CASCADE_DEPTH, _CASCADE_FADE = 4, 2, 0.8
_COUPLING, _COUPLING_DELAY = 0.30, 2  # share of a dependency's latency trouble that any caller feels


@dataclass(frozen=True, slots=True)
class Faults:
    """F faults in structure-of-arrays form: server index, trapezoid in ticks, amplitude, channel weights [F, C]."""

    server: Ints
    start: Ints
    ramp: Ints
    hold: Ints
    recover: Ints
    stop: Ints
    weights: Doubles

    def pick(self, rows: NDArray[np.bool_] | Ints) -> "Faults":
        """The faults at `rows` (a mask or indexes), in order."""
        return Faults(*(getattr(self, field.name)[rows] for field in fields(self)))

    @property
    def end(self) -> Ints:
        """The tick after each fault's last effect."""
        over: Ints = self.start + self.ramp + self.hold + self.recover
        return np.minimum(over, self.stop)


def join(parts: Sequence[Faults]) -> Faults:
    """Several fault tables as one, in order."""
    return Faults(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Faults)))


def weight_row(weights: Mapping[str, float]) -> Doubles:
    """Channel weights as [C]."""
    return np.array([weights.get(channel, 0.0) for channel in CHANNELS])


_KINDS: Final = tuple(InjectionKind)
_TABLE: Final = np.stack([weight_row(WEIGHTS[kind]) for kind in _KINDS])
_TIMES: Final = np.array([[LIBRARY[kind].ramp, LIBRARY[kind].hold, LIBRARY[kind].recover] for kind in _KINDS])


class Graph:
    """The dependency graph as edges caller -> callee, in fleet indexes."""

    def __init__(self, fleet: Fleet) -> None:
        self.index = {asset.name: row for row, asset in enumerate(fleet.assets)}
        pairs = [
            (row, self.index[name]) for row, asset in enumerate(fleet.assets) for name in asset.depends_on
            if name in self.index
        ]  # fmt: skip
        edges = np.array(pairs, np.int64).reshape(-1, 2)
        order = np.argsort(edges[:, 1], kind="stable")
        self.caller, self.callee = edges[order, 0], edges[order, 1]

    def callers(self, servers: Ints) -> tuple[Ints, Ints]:
        """All (position in `servers`, caller) pairs of the servers that call the given ones."""
        left = np.searchsorted(self.callee, servers, "left")
        sizes = np.searchsorted(self.callee, servers, "right") - left
        position = np.repeat(np.arange(len(servers)), sizes)
        offset = np.arange(len(position)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return position, self.caller[left[position] + offset]


def from_injections(injections: Sequence[Injection], graph: Graph) -> Faults:
    """Injections as faults, cascades spread over the graph; ValueError names an unknown kind or server."""
    return join([_EMPTY, *(_from_injection(injection, graph) for injection in injections)])


def _from_injection(injection: Injection, graph: Graph) -> Faults:
    if injection.kind not in WEIGHTS:
        raise ValueError(f"unknown injection kind: {injection.kind}")
    unknown = [name for name in injection.assets if name not in graph.index]
    if unknown:
        raise ValueError(f"not in this fleet: {', '.join(unknown)}")
    if not 0.0 < injection.intensity <= 1.0:
        raise ValueError(f"intensity must lie in (0, 1], not {injection.intensity}")
    servers = np.array([graph.index[name] for name in injection.assets], np.int64)
    # intensity^1.5: 0.3 stays clearly below every threshold, 1.0 goes clearly beyond
    own = _faults(servers, injection, weight_row(WEIGHTS[_K(injection.kind)]) * injection.intensity**1.5)
    if injection.kind == _K.CASCADE:
        return join([own, *_spread(own, graph, injection.seed)])
    return join([own, _felt_by_callers(own, graph)])


def _faults(servers: Ints, injection: Injection, weights: Doubles) -> Faults:
    def each(value: int) -> Ints:
        return np.full(len(servers), value, np.int64)

    stop = _NEVER if injection.stop is None else injection.stop
    ramp, hold, recover = (each(max(0, ticks)) for ticks in (injection.ramp, injection.hold, injection.recover))
    return Faults(servers, each(injection.start), ramp, hold, recover, each(stop), np.tile(weights, (len(servers), 1)))


def _spread(own: Faults, graph: Graph, seed: int) -> list[Faults]:
    """A cascade's followers: callers a few ticks later and a little weaker, then their callers."""
    waves, source, seen = [], own, set(own.server.tolist())
    for depth in range(_CASCADE_DEPTH):
        position, caller = graph.callers(source.server)
        fresh = np.array([row for row, name in enumerate(caller.tolist()) if name not in seen], np.int64)
        seen.update(caller.tolist())
        _, first = np.unique(caller[fresh], return_index=True)
        rows = fresh[np.sort(first)]
        follow = source.pick(position[rows])
        strength = source.weights[position[rows], CHANNELS.index("latency")][:, None]
        delay = _CASCADE_DELAY + (caller[rows] + seed + depth) % 3
        weights = strength * (weight_row(_FOLLOWS) / (0.85 if depth else 1.0)) * (_CASCADE_FADE if depth else 1.0)
        source = Faults(caller[rows], follow.start + delay, follow.ramp, follow.hold, follow.recover,
                        np.minimum(follow.stop, _NEVER), weights)  # fmt: skip
        waves.append(source)
    return waves


def _felt_by_callers(faults: Faults, graph: Graph) -> Faults:
    """What ordinary callers feel of their dependencies' slowness: part of the latency, two ticks later."""
    latency = CHANNELS.index("latency")
    strength = np.maximum(faults.weights[:, latency], faults.weights[:, CHANNELS.index("down")])
    slow = faults.pick(strength > 0.0)
    position, caller = graph.callers(slow.server)
    felt = slow.pick(position)
    weights = np.zeros((len(caller), len(CHANNELS)))
    weights[:, latency] = _COUPLING * strength[strength > 0.0][position]
    return Faults(caller, felt.start + _COUPLING_DELAY, felt.ramp, felt.hold, felt.recover, felt.stop, weights)


_NONE: Final = np.zeros(0, np.int64)
_EMPTY: Final = Faults(_NONE, _NONE, _NONE, _NONE, _NONE, _NONE, np.zeros((0, len(CHANNELS))))

# which organic faults a profile tends to have; the order is InjectionKind's
_HABITS: Final = {
    Profile.WEB: (3, 1, 3, 3, 3, 2, 1, 0, 2, 0, 0.15),
    Profile.DATABASE: (1, 2, 2, 3, 1, 1, 3, 1, 2, 0, 0.1),
    Profile.CACHE: (4, 0, 2, 2, 1, 3, 1, 0, 1, 0, 0.1),
    Profile.QUEUE: (3, 2, 1, 3, 2, 2, 1, 0, 1, 0, 0.1),
    Profile.ML_COMPUTE: (4, 2, 2, 2, 1, 1, 2, 0, 2, 0, 0.1),
    Profile.STORAGE: (0.5, 4, 1, 2, 1, 1, 3, 0, 1, 0, 0.1),
    Profile.WORKER: (4, 2, 3, 2, 2, 1, 1, 0, 2, 0, 0.15),
}


class Organic:
    """The background of faults that nobody injected: one draw a server and slot, mostly gradual."""

    def __init__(self, fleet: Fleet, graph: Graph) -> None:
        self._graph = graph
        self._keys = keys_for(fleet.seed, [asset.name for asset in fleet.assets], "organic")
        habits = np.array([_HABITS[Profile(asset.profile)] for asset in fleet.assets], np.float64)
        self._kinds = np.cumsum(habits, axis=1) / habits.sum(axis=1, keepdims=True)
        self._cached: tuple[tuple[int, int], Faults] | None = None

    def between(self, first: int, last: int) -> Faults:
        """All organic faults, callers' share included, that may act on a tick in [first, last]."""
        span = ((first - LONGEST - _COUPLING_DELAY) // SLOT, last // SLOT)
        if self._cached is None or self._cached[0] != span:
            self._cached = (span, self._draw(*span))
        return self._cached[1]

    def _draw(self, first_slot: int, last_slot: int) -> Faults:
        slots = np.arange(first_slot, last_slot + 1, dtype=np.int64)
        drawn = self._uniforms(slots)
        slot, server = np.nonzero(drawn[:, 0] < CHANCE)
        _, when, which, size, pace, length, back, _ = drawn[slot, :, server].T
        kind = np.minimum((which[:, None] > self._kinds[server]).sum(axis=1), len(_KINDS) - 1)
        ramp, hold, recover = _TIMES[kind].T
        amplitude = np.where(size < _MINOR, 0.18 + 0.7 * size, 0.55 + 0.45 * size)
        own = Faults(
            server.astype(np.int64), slots[slot] * SLOT + (when * SLOT).astype(np.int64),
            np.rint(ramp * (0.6 + 0.8 * pace)).astype(np.int64), np.rint(hold * (0.3 + 1.0 * length)).astype(np.int64),
            np.rint(recover * (0.6 + 1.2 * back)).astype(np.int64), np.full(len(server), _NEVER),
            _TABLE[kind] * amplitude[:, None],
        )  # fmt: skip
        return join([own, _felt_by_callers(own, self._graph)])

    def _uniforms(self, slots: Ints) -> Doubles:
        """What each server draws in each slot, [slots, 8, N]: whether, when, what, how strong, and its pace."""
        return uniforms(self._keys, slot_counters(slots)).reshape(len(slots), 8, -1)


def slot_counters(slots: Ints) -> Ints:
    """The counters of the eight draws of each slot, one slot after another."""
    return np.asarray((slots[:, None] * 8 + np.arange(8)).ravel())


def strengths(faults: Faults, first: int, count: int, servers: Ints) -> Doubles:
    """How far each channel is pushed, [C, count, len(servers)] in [0, 1]; several faults combine as 1 - prod(1 - w)."""
    column = np.full(max(int(servers.max()), int(faults.server.max(initial=-1))) + 1, -1)
    column[servers] = np.arange(len(servers))
    here = (column[faults.server] >= 0) & (faults.start < first + count) & (faults.end > first)
    active = faults.pick(here)
    left = np.ones((len(CHANNELS), count, len(servers)))
    if len(active.server):
        shape = _trapezoid(active, first, count)
        place = column[active.server]
        for rows in _rounds(place):  # no server twice in a round, so the products keep a fixed order
            left[:, :, place[rows]] *= 1.0 - active.weights[rows].T[:, None, :] * shape[:, rows]
    return 1.0 - left


def _trapezoid(faults: Faults, first: int, count: int) -> Doubles:
    age = np.arange(first, first + count)[:, None] - faults.start  # [count, F]
    up = np.clip((age + 1.0) / np.maximum(faults.ramp, 1), 0.0, 1.0)
    left = faults.ramp + faults.hold + faults.recover - age
    down = np.clip(left / np.maximum(faults.recover, 1), 0.0, 1.0)
    alive = (age >= 0) & (left > 0) & (age + faults.start < faults.stop)
    return np.where(alive, np.minimum(up, down), 0.0)


def _rounds(place: Ints) -> list[Ints]:
    order = np.argsort(place, kind="stable")
    starts = np.searchsorted(place[order], place[order], "left")
    rank = np.arange(len(place)) - starts
    return [order[rank == turn] for turn in range(int(rank.max()) + 1)]
