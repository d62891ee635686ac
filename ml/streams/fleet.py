"""The fleet stream in words and numbers: profiles, thresholds, the library of injections, the calendar.

Light on purpose: web, workers and the generator all read it, so that a threshold or an injection
kind is defined once and means the same on every page, in every verdict and in every training run.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from ml.contracts import Bools, Fleet, Floats, Injection, Maintenance
from ml.schema import METRIC_NAMES, TICKS_PER_WEEK, Profile

LONGEST_LAG: Final = 12
"""Ticks by which an injection may still act on a server after its own end: two calls down a cascade, each 4 to 6."""
CONSECUTIVE: Final = 2
"""Observations in a row above the threshold that make a breach: 2 x 5 minutes."""


class State(StrEnum):
    """How a simulated server really is, known only to the simulator."""

    HEALTHY = "healthy"
    DEGRADING = "degrading"
    CRITICAL = "critical"


def _row(*limits: float) -> Mapping[str, float]:
    return dict(zip(METRIC_NAMES, limits, strict=True))


# cpu %, memory %, disk used %, disk I/O MB/s, network MB/s, latency ms, errors %
THRESHOLDS: Final[Mapping[Profile, Mapping[str, float]]] = {
    Profile.WEB: _row(90, 88, 90, 450, 350, 400, 2),
    Profile.DATABASE: _row(90, 92, 90, 600, 300, 250, 2),
    Profile.CACHE: _row(90, 92, 90, 450, 400, 80, 2),
    Profile.QUEUE: _row(90, 88, 90, 500, 300, 200, 2),
    Profile.ML_COMPUTE: _row(95, 92, 90, 600, 450, 500, 2),
    Profile.STORAGE: _row(90, 88, 92, 600, 450, 150, 2),
    Profile.WORKER: _row(95, 90, 90, 500, 300, 550, 2),
    Profile.UNKNOWN: _row(90, 90, 90, 500, 400, 400, 2),
}
"""Default thresholds, profile x metric, in each metric's unit."""


def threshold_matrix(profiles: Sequence[str]) -> Floats:
    """Default thresholds as [N, M] float32, one row a profile name; an unheard-of profile reads as unknown."""
    return np.array([list(THRESHOLDS[profile_named(name)].values()) for name in profiles], np.float32).reshape(
        len(profiles), len(METRIC_NAMES)
    )


def profile_named(name: str) -> Profile:
    """The profile called `name`, or unknown."""
    return next((profile for profile in Profile if profile == name), Profile.UNKNOWN)


_ROLES: Final = (
    (Profile.WEB, "web|www|front|nginx|http"),
    (Profile.DATABASE, "db|database|sql|mysql|pg|postgres|mongo"),
    (Profile.CACHE, "cache|redis|memcache|varnish"),
    (Profile.QUEUE, "queue|mq|kafka|rabbit|broker"),
    (Profile.ML_COMPUTE, "ml|gpu|infer|train"),
    (Profile.STORAGE, "store|storage|nas|nfs|ceph|s3"),
    (Profile.WORKER, "work|worker|batch|job|cron"),
)
_PATTERNS: Final = tuple(
    (profile, re.compile(rf"(?:^|^[a-z]{{2}}|[-_.])(?:{words})(?=\d|[-_.]|$)")) for profile, words in _ROLES
)


def profile_of(name: str) -> Profile:
    """Guess a server's profile from its name: `ppweb001` and `web-3.example` are web; otherwise unknown."""
    lowered = name.lower()
    return next((profile for profile, pattern in _PATTERNS if pattern.search(lowered)), Profile.UNKNOWN)


def in_maintenance(windows: Sequence[Maintenance], assets: Sequence[str], first: int, count: int) -> Bools:
    """The calendar as [count, N] bool: which of `assets` is in a weekly window at ticks `first` ... `first + count`."""
    column = {name: index for index, name in enumerate(assets)}
    week = np.arange(first, first + count) % TICKS_PER_WEEK
    calendar = np.zeros((count, len(assets)), np.bool_)
    for window in windows:
        if window.asset in column:
            calendar[:, column[window.asset]] |= (week - window.start) % TICKS_PER_WEEK < window.length
    return calendar


class InjectionKind(StrEnum):
    """The degradations that can be injected into a simulated fleet."""

    MEMORY_LEAK = "memory_leak"
    DISK_FILL = "disk_fill"
    CPU_SATURATION = "cpu_saturation"
    LATENCY_CREEP = "latency_creep"
    ERROR_BURST = "error_burst"
    CONNECTION_STORM = "connection_storm"
    NOISY_NEIGHBOUR = "noisy_neighbour"
    CASCADE = "cascade"
    DEGRADING = "degrading"
    CRITICAL = "critical"
    SUDDEN_CRASH = "sudden_crash"


@dataclass(frozen=True, slots=True)
class KindInfo:
    """One entry of the library. `ramp`, `hold` and `recover` are the defaults, in ticks of 5 minutes.

    `main_metric` is the one that full intensity drives over its threshold; `predictable` is false
    where there is no precursor, so that nobody is blamed for not seeing it.
    """

    kind: InjectionKind
    label: str
    description: str
    ramp: int
    hold: int
    recover: int
    main_metric: str
    predictable: bool = True


_K = InjectionKind
LIBRARY: Final[Mapping[InjectionKind, KindInfo]] = {
    info.kind: info
    for info in (
        KindInfo(_K.MEMORY_LEAK, "Memory leak", "A process keeps what it allocates until the server swaps.",
                 48, 60, 2, "memory_pct"),
        KindInfo(_K.DISK_FILL, "Disk fills up", "A runaway log eats the data volume until writes fail.",
                 60, 60, 3, "disk_used_pct"),
        KindInfo(_K.CPU_SATURATION, "CPU saturation", "Demand grows past what the cores can do and requests pile up.",
                 36, 42, 6, "cpu_pct"),
        KindInfo(_K.LATENCY_CREEP, "Latency creep", "Responses get slower bit by bit while every resource looks calm.",
                 48, 42, 6, "latency_ms"),
        KindInfo(_K.ERROR_BURST, "Error burst", "A growing share of requests fails, as after a bad release.",
                 18, 30, 4, "error_pct"),
        KindInfo(_K.CONNECTION_STORM, "Connection storm", "Clients reconnect in waves and flood the network.",
                 18, 24, 6, "net_mbps"),
        KindInfo(_K.NOISY_NEIGHBOUR, "Noisy neighbour", "Another tenant of the host takes disk bandwidth and cores.",
                 24, 30, 6, "disk_io_mbps"),
        KindInfo(_K.CASCADE, "Cascade", "The server slows down and everything that calls it follows a little later.",
                 36, 36, 8, "latency_ms"),
        KindInfo(_K.DEGRADING, "Slow decline", "CPU, memory and latency drift upwards together over hours.",
                 72, 42, 12, "latency_ms"),
        KindInfo(_K.CRITICAL, "Heading for failure", "Every metric runs for its threshold within the hour.",
                 12, 48, 6, "latency_ms"),
        KindInfo(_K.SUDDEN_CRASH, "Sudden crash", "The server stops answering at once; no forecast can see it coming.",
                 0, 18, 0, "error_pct", predictable=False),
    )
}  # fmt: skip
"""Every kind with what an operator reads about it and the timing that it has unless told otherwise."""


def default_injection(kind: InjectionKind, assets: Sequence[str], start: int, intensity: float = 1.0) -> Injection:
    """An injection of `kind` with the library's timing, beginning at tick `start`; its seed is the start."""
    info = LIBRARY[kind]
    return Injection(kind, tuple(assets), intensity, start, info.ramp, info.hold, info.recover, seed=start)


def fleet_profiles(fleet: Fleet) -> tuple[str, ...]:
    """The profiles of a fleet's servers, in its order."""
    return tuple(asset.profile for asset in fleet.assets)
