"""What each kind of server looks like when it is well: the numbers behind the simulated fleet.

One frozen row a profile. Levels are for a server of average size; `Traits` spreads them over
servers by hash of the name, so that a server keeps its character whatever fleet it is drawn with.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ml.generator.draws import Doubles, keys_for, uniforms
from ml.schema import TICKS_PER_DAY, Profile

Bump = tuple[float, float, float]
"""Hour of the day, height, sharpness."""


@dataclass(frozen=True, slots=True)
class Character:
    """A profile's habits: load shape (share of capacity), and each metric's level and its rise with load."""

    share: float  # of the fleet
    floor: float
    bumps: tuple[Bump, ...]
    weekend: float
    jobs: float  # height of the plateaus that long jobs make
    cpu: float
    memory: tuple[float, float]
    disk: tuple[float, float]
    io: tuple[float, float]
    net: tuple[float, float]
    latency: float
    error: float
    backup: float  # MB/s at the height of a maintenance window


CHARACTERS: Final = {
    Profile.WEB: Character(
        0.20, 0.20, ((9.4, 0.37, 9.0), (14.4, 0.24, 7.0), (20.0, 0.12, 7.0)), 0.64, 0.02,
        92.0, (46.0, 16.0), (48.0, 10.0), (18.0, 70.0), (22.0, 190.0), 72.0, 0.10, 90.0),
    Profile.DATABASE: Character(
        0.15, 0.27, ((9.7, 0.28, 9.0), (15.0, 0.24, 7.0), (2.0, 0.16, 20.0)), 0.70, 0.03,
        88.0, (66.0, 10.0), (58.0, 9.0), (70.0, 340.0), (18.0, 120.0), 46.0, 0.06, 190.0),
    Profile.CACHE: Character(
        0.10, 0.18, ((9.5, 0.33, 8.0), (14.6, 0.24, 7.0), (20.2, 0.13, 7.0)), 0.66, 0.01,
        80.0, (70.0, 9.0), (30.0, 5.0), (6.0, 26.0), (30.0, 230.0), 14.0, 0.04, 40.0),
    Profile.QUEUE: Character(
        0.10, 0.18, ((10.2, 0.30, 8.0), (15.8, 0.24, 8.0)), 0.60, 0.03,
        84.0, (44.0, 18.0), (42.0, 12.0), (40.0, 190.0), (16.0, 130.0), 35.0, 0.07, 80.0),
    Profile.ML_COMPUTE: Character(
        0.15, 0.24, ((11.0, 0.12, 5.0), (22.0, 0.08, 6.0)), 0.88, 0.30,
        96.0, (50.0, 24.0), (55.0, 12.0), (30.0, 250.0), (14.0, 160.0), 92.0, 0.08, 150.0),
    Profile.STORAGE: Character(
        0.10, 0.24, ((1.5, 0.26, 14.0), (11.0, 0.20, 6.0), (16.0, 0.10, 6.0)), 0.84, 0.03,
        70.0, (48.0, 10.0), (64.0, 8.0), (80.0, 420.0), (50.0, 270.0), 26.0, 0.04, 220.0),
    Profile.WORKER: Character(
        0.20, 0.24, ((22.4, 0.28, 10.0), (6.0, 0.18, 14.0), (13.0, 0.16, 6.0)), 0.76, 0.14,
        98.0, (42.0, 22.0), (44.0, 14.0), (26.0, 180.0), (10.0, 110.0), 96.0, 0.12, 100.0),
}  # fmt: skip

_LATTICE: Final = np.arange(TICKS_PER_DAY) / TICKS_PER_DAY * 24.0


def day_shape(profile: Profile) -> Doubles:
    """Share of capacity over one day, [288]: a floor and von Mises bumps, so midnight joins up smoothly."""
    character = CHARACTERS[profile]
    shape = np.full(TICKS_PER_DAY, character.floor)
    for hour, height, sharpness in character.bumps:
        shape += height * np.exp(sharpness * (np.cos(2.0 * np.pi * (_LATTICE - hour) / 24.0) - 1.0))
    return shape


def level(profiles: Sequence[Profile], name: str) -> Doubles:
    """One field of every server's character as [N]; a pair's halves are called `memory.0`, `memory.1`."""
    field, _, half = name.partition(".")
    picked = [getattr(CHARACTERS[profile], field) for profile in profiles]
    return np.array([value[int(half)] for value in picked] if half else picked, np.float64)


class Traits:
    """Per-server constants [N], drawn by name: size, phase of the day, base levels, cleanup rhythm."""

    def __init__(self, seed: int, names: Sequence[str], profiles: Sequence[Profile]) -> None:
        def spread(channel: str, low: float, high: float) -> Doubles:
            drawn = uniforms(keys_for(seed, names, f"trait/{channel}"), np.zeros(1, np.int64))
            return low + (high - low) * drawn.reshape(-1)

        self.scale = spread("scale", 0.82, 1.16)
        self.phase = np.rint(spread("phase", -9.0, 9.0)).astype(np.int64)
        self.unrest = spread("unrest", 0.7, 1.5)
        self.weekend = level(profiles, "weekend") * spread("weekend", 0.9, 1.1)
        self.jobs = level(profiles, "jobs") * spread("jobs", 0.5, 1.3)
        self.cpu = level(profiles, "cpu") * spread("cpu", 0.88, 1.06)
        self.latency = level(profiles, "latency") * spread("latency", 0.75, 1.2)
        self.error = level(profiles, "error") * spread("error", 0.5, 1.8)
        self.backup = level(profiles, "backup") * spread("backup", 0.7, 1.3)
        self.memory = level(profiles, "memory.0") + spread("memory", -7.0, 6.0)
        self.memory_rise = level(profiles, "memory.1") * spread("memory_rise", 0.6, 1.3)
        self.memory_creep = spread("memory_creep", 0.5, 4.0)
        self.memory_period = np.rint(spread("memory_period", 2.0, 7.0)) * TICKS_PER_DAY
        self.disk = level(profiles, "disk.0") + spread("disk", -12.0, 10.0)
        self.disk_saw = level(profiles, "disk.1") * spread("disk_saw", 0.4, 1.2)
        self.disk_period = np.rint(spread("disk_period", 0.6, 7.4)) * TICKS_PER_DAY
        self.disk_phase = np.rint(spread("disk_phase", 0.0, 2016.0))
        self.io = level(profiles, "io.0") * spread("io", 0.7, 1.3)
        self.io_rise = level(profiles, "io.1") * spread("io_rise", 0.7, 1.2)
        self.net = level(profiles, "net.0") * spread("net", 0.7, 1.3)
        self.net_rise = level(profiles, "net.1") * spread("net_rise", 0.7, 1.15)
        self.shape = np.stack([day_shape(profile) for profile in profiles], axis=1)  # [288, N]
