"""Latent dynamics: from demand and faults to the seven metrics of every server.

Two guards: values stay inside the contract's range and are physically sensible, and every step is
elementwise over [ticks, servers] (or a fixed-order sum), so that chunks and subsets are bit-equal.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ml.contracts import Bools
from ml.generator.draws import Doubles, Keys, keys_for, normals, smooth, uniforms
from ml.generator.faults import CHANNELS
from ml.generator.profiles import Traits
from ml.schema import METRICS, TICKS_PER_DAY

_NOISES: Final = (
    ("load", (1, 5, 18, 72, 288)), ("jobs", (40,)), ("cpu", (1, 3)), ("memory", (1, 10, 60)), ("disk", (6,)),
    ("io", (1, 3, 12)), ("net", (1, 4)), ("latency", (1, 4, 15)), ("error", (1, 5)), ("fault", (4, 16)),
)  # fmt: skip
_WEEK: Final = np.array([1.06, 1.0, 1.0, 0.99, 0.94])  # Monday ... Friday; the weekend is the server's own


@dataclass(frozen=True, slots=True)
class Health:
    """What the truth says: the worst fault strength [K, N], and the metrics without their fast noise [M, K, N]."""

    strain: Doubles
    means: Doubles


@dataclass(frozen=True, slots=True)
class Scene:
    """The stretch being simulated: its first tick, the thresholds [M, N] that bad levels are set from, the calendar."""

    first: int
    limits: Doubles
    maintenance: Bools


class Noise:
    """The noise of a set of servers: named channels, each a sum of octaves of counter-based draws."""

    def __init__(self, seed: int, names: tuple[str, ...]) -> None:
        self._keys = {
            (name, period): keys_for(seed, names, f"noise/{name}/{period}")
            for name, periods in _NOISES for period in periods
        }  # fmt: skip
        self._burst = keys_for(seed, names, "noise/burst")

    def draw(self, name: str, period: int, first: int, count: int) -> Doubles:
        """Unit-variance noise [count, N] that varies on the scale of `period` ticks; period 1 is white."""
        keys = self.keys(name, period)
        if period == 1:
            return normals(keys, np.arange(first, first + count, dtype=np.int64))
        return smooth(keys, first, count, period)

    def keys(self, name: str, period: int) -> Keys:
        """The stream keys [N] of one octave of a channel."""
        return self._keys[name, period]

    def bursts(self, first: int, count: int) -> Doubles:
        """Rare one-tick spikes in [0, 1], [count, N]: about one tick in two hundred."""
        drawn = uniforms(self._burst, np.arange(first, first + count, dtype=np.int64))
        return np.maximum(drawn - 0.994, 0.0) / 0.006


def soft_cap(share: Doubles) -> Doubles:
    """Identity up to 0.8, then bending smoothly towards 1: cores cannot be more than busy."""
    return np.where(share < 0.8, share, 1.0 - 0.2 * np.exp(-(np.maximum(share, 0.8) - 0.8) / 0.2))


def queueing(load: Doubles) -> Doubles:
    """Growth of response time with utilisation: mild below 70 %, steep near saturation (an M/M/1-like pole)."""
    busy = np.minimum(load, 1.02)
    return 1.0 + 0.8 * busy * busy / (1.1 - busy)


def demand(traits: Traits, noise: Noise, first: int, count: int) -> Doubles:
    """Utilisation without faults or maintenance, [count, N]: day shape x week x slow unrest, and job plateaus."""
    ticks = np.arange(first, first + count, dtype=np.int64)[:, None] + traits.phase[None, :]
    shape = np.take_along_axis(traits.shape, ticks % TICKS_PER_DAY, axis=0)
    slow = 0.07 * noise.draw("load", 288, first, count) + 0.06 * noise.draw("load", 72, first, count)
    wander = slow + 0.045 * noise.draw("load", 18, first, count)
    plateau = np.clip(noise.draw("jobs", 40, first, count) * 4.0 - 1.0, 0.0, 1.0)
    load: Doubles = traits.scale * shape * _week(ticks, traits.weekend) * (1.0 + traits.unrest * wander)
    load += traits.jobs * plateau + 0.012 * traits.unrest * noise.draw("load", 5, first, count)
    load += 0.008 * noise.draw("load", 1, first, count)
    return np.maximum(load, 0.01)


def _week(ticks: np.ndarray[tuple[int, ...], np.dtype[np.int64]], weekend: Doubles) -> Doubles:
    """The weekly factor, [K, N]; each day's factor blends into the next over four hours around midnight."""
    shifted = ticks + TICKS_PER_DAY // 12
    day, within = shifted // TICKS_PER_DAY, (shifted % TICKS_PER_DAY) / (TICKS_PER_DAY / 6.0)
    blend = np.clip(within, 0.0, 1.0)
    factors = np.concatenate([np.tile(_WEEK[:, None], (1, len(weekend))), np.tile(weekend, (2, 1))])
    today: Doubles = np.take_along_axis(factors, day % 7, axis=0)
    before: Doubles = np.take_along_axis(factors, (day - 1) % 7, axis=0)
    today -= before
    today *= blend * blend * (3.0 - 2.0 * blend)
    return before + today


def observe(traits: Traits, noise: Noise, push: Doubles, scene: Scene) -> tuple[Doubles, Health]:
    """The metrics [M, K, N] and the truth behind them; `push` [C, K, N] are fault strengths in [0, 1]."""
    first, count, limits = scene.first, push.shape[1], scene.limits
    wobble = 1.0 + 0.05 * noise.draw("fault", 4, first, count) + 0.06 * noise.draw("fault", 16, first, count)
    pushed = dict(zip(CHANNELS, np.clip(push * wobble, 0.0, 1.0), strict=True))
    load = demand(traits, noise, first, count) * (1.0 - 0.5 * scene.maintenance)
    load += pushed["load"] * (1.1 - np.minimum(load, 1.1))
    means = _means(traits, noise, load, pushed, scene)
    values = _noisy(traits, noise, load, means, first)
    _crash(pushed["down"], means, limits)
    _crash(pushed["down"], values, limits)
    return _inside(values), Health(push.max(axis=0), _inside(means))


def _towards(value: Doubles, bad: Doubles | float, push: Doubles) -> Doubles:
    return value + push * np.maximum(bad - value, 0.0)


def _means(traits: Traits, noise: Noise, load: Doubles, pushed: dict[str, Doubles], scene: Scene) -> Doubles:
    first, count, limits, window = scene.first, len(load), scene.limits, scene.maintenance
    ticks = np.arange(first, first + count, dtype=np.float64)[:, None]
    cpu = _towards(100.0 * soft_cap(0.03 + traits.cpu / 100.0 * load), 99.4, pushed["cpu"])
    creep = traits.memory_creep * (((ticks + traits.disk_phase) / traits.memory_period) % 1.0)
    memory = traits.memory + traits.memory_rise * load + creep + 0.7 * noise.draw("memory", 60, first, count)
    memory = _towards(memory, 98.5, pushed["memory"])
    swap = np.clip((memory - 91.0) / 8.0, 0.0, 1.0)
    saw = ((ticks + traits.disk_phase) / traits.disk_period) % 1.0
    disk = _towards(traits.disk + traits.disk_saw * saw, 98.8, pushed["disk"])
    full = np.clip((disk - 95.0) / 4.0, 0.0, 1.0)
    io = traits.io + traits.io_rise * load + traits.backup * window * 1.6 + 120.0 * swap
    io = _towards(io, 1.5 * limits[3], pushed["io"])
    net = _towards(traits.net + traits.net_rise * load + 0.35 * traits.backup * window, 1.5 * limits[4], pushed["net"])
    latency = traits.latency * queueing(np.maximum(load, (cpu / 100.0 - 0.25))) * (1.0 + 1.2 * swap + 0.8 * full)
    latency = np.exp(_towards(np.log(latency), np.log(2.3 * limits[5]), pushed["latency"]))
    slow = np.log(np.maximum(latency / (0.8 * limits[5]), 1.0))
    error = traits.error + 2.2 * np.maximum(load - 0.9, 0.0) / 0.15 + 0.9 * slow + 1.0 * swap + 1.5 * full
    return np.stack([cpu, memory, disk, io, net, latency, _towards(error, 3.4 * limits[6], pushed["error"])])


def _noisy(traits: Traits, noise: Noise, load: Doubles, means: Doubles, first: int) -> Doubles:
    """Observation noise on top of the means; its size follows the load, so quiet nights look quiet."""
    count = len(load)

    def wave(name: str, *parts: tuple[int, float]) -> Doubles:
        total = np.zeros(load.shape)
        for period, size in parts:
            total += size * noise.draw(name, period, first, count)
        return total * traits.unrest

    cpu, memory, disk, io, net, latency, error = means
    busy, bursts = np.minimum(load, 1.0), noise.bursts(first, count)
    room = np.minimum(1.0, (101.0 - cpu) / 20.0)  # a saturated CPU no longer fluctuates
    cpu = cpu + room * ((0.6 + 3.2 * busy) * wave("cpu", (1, 0.6), (3, 0.7)) + 22.0 * bursts)
    memory = memory + np.minimum(1.0, (101.0 - memory) / 12.0) * wave("memory", (1, 0.18), (10, 0.45))
    disk = disk + 0.08 * wave("disk", (6, 1.0))
    io = io * np.exp(wave("io", (1, 0.10), (3, 0.10), (12, 0.08)) + 0.5 * bursts)
    net = net * np.exp(wave("net", (1, 0.06), (4, 0.07)))
    latency = latency * np.exp((0.6 + 0.5 * busy) * wave("latency", (1, 0.07), (4, 0.06), (15, 0.05)) + 0.35 * bursts)
    calm = 1.0 / np.sqrt(1.0 + 3.0 * error)  # relative noise shrinks as failures become many
    error = error * np.exp(calm * wave("error", (1, 0.28), (5, 0.22)) + 0.8 * bursts * calm)
    return np.stack([cpu, memory, disk, io, net, latency, error])


def _crash(down: Doubles, metrics: Doubles, limits: Doubles) -> None:
    """A server that is down does nothing, answers late and fails; in place. Cubed: a weak push is not enough."""
    gone = down * down * down
    for row, level in ((0, 1.5), (1, 14.0), (3, 1.0), (4, 0.3)):
        metrics[row] += gone * (level - metrics[row])
    metrics[5] += gone * (6.0 * limits[5] - metrics[5])
    metrics[6] += gone * (96.0 - metrics[6])


_CEILING: Final = np.array([100.0 if one.unit == "%" else one.high for one in METRICS])[:, None, None]


def _inside(metrics: Doubles) -> Doubles:
    return np.clip(metrics, 0.0, _CEILING)
