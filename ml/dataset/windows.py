"""Simulated fleets for training and testing, cut into windows with their truth.

Guards that fleets for fitting, calibrating and testing differ in seed, and that a window's history and
its truth meet exactly at the origin.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from ml.contracts import Bools, Floats, Injection
from ml.generator import Generator, demo_fleet
from ml.runtime.features import Rows, profile_rows
from ml.runtime.week import half_hours, week_before
from ml.schema import CONTEXT, HORIZON, TICKS_PER_DAY, TICKS_PER_WEEK
from ml.streams.fleet import LIBRARY, InjectionKind

FLEET_SIZE: Final = 40
"""Servers of one simulated training fleet."""


@dataclass(frozen=True)
class Span:
    """Consecutive telemetry of one fleet: `values` [K, N, M], `maintenance` [K, N], row 0 at tick `first`."""

    first: int
    assets: tuple[str, ...]
    profiles: tuple[str, ...]
    values: Floats
    maintenance: Bools
    states: np.ndarray[tuple[int, ...], np.dtype[np.object_]] | None = None

    @cached_property
    def half_hours(self) -> tuple[int, Floats]:
        """`ml.runtime.week.half_hours` of the whole span."""
        return half_hours(self.values, self.first)


@dataclass(frozen=True, slots=True)
class Cut:
    """All servers of a span at one origin: history [N, 288, M], calendar [N, 384], truth [N, H, M].

    `week` [N, 336, M] are the half-hour means before the origin; `week_tick` is the origin in the week.
    """

    history: Floats
    calendar: Bools
    truth: Floats
    profiles: Rows
    week_tick: int
    origin: int
    week: Floats


def simulated_spans(servers: int, days: int, seed: int, injected: float = 0.0) -> Iterator[Span]:
    """Fleets of up to FLEET_SIZE servers, one after another, `days` long; each has its own seed, derived from `seed`.

    `injected` is the expected number of injections a server and week, of all kinds, on top of organic faults.
    """
    for number, start in enumerate(range(0, servers, FLEET_SIZE)):
        size = min(FLEET_SIZE, servers - start)
        yield simulated_span(size, days, seed * 1_000 + number, injected)


def simulated_span(servers: int, days: int, seed: int, injected: float = 0.0) -> Span:
    """One simulated fleet's telemetry over `days` from a Monday 00:00."""
    fleet = demo_fleet(servers, seed)
    names = tuple(asset.name for asset in fleet.assets)
    count = days * TICKS_PER_DAY
    ticks = Generator(fleet).ticks(0, count, random_injections(names, count, seed, injected))
    profiles = tuple(asset.profile for asset in fleet.assets)
    return Span(0, names, profiles, ticks.values, ticks.maintenance, ticks.states)


def random_injections(assets: tuple[str, ...], count: int, seed: int, weekly: float) -> tuple[Injection, ...]:
    """Injections of every kind at random times, with ramps from half to twice the library's."""
    random = np.random.Generator(np.random.Philox(seed))
    number = random.poisson(weekly * len(assets) * count / TICKS_PER_WEEK)
    kinds = random.choice(np.array([kind.value for kind in InjectionKind]), number)
    return tuple(_random_injection(random, assets, count, InjectionKind(kind)) for kind in kinds)


def _random_injection(
    random: np.random.Generator, assets: tuple[str, ...], count: int, kind: InjectionKind
) -> Injection:
    info = LIBRARY[kind]
    ramp, hold, recover = (int(ticks * 2.0 ** random.uniform(-1, 1)) for ticks in (info.ramp, info.hold, info.recover))
    start, who = int(random.integers(count)), str(random.choice(assets))
    return Injection(kind.value, (who,), float(random.uniform(0.4, 1.0)), start, ramp, hold, recover, start)


def cut(span: Span, origin: int) -> Cut:
    """The window whose last observed row is `origin` (CONTEXT - 1 or later, HORIZON rows before the end)."""
    history = span.values[origin - CONTEXT + 1 : origin + 1].transpose(1, 0, 2)
    truth = span.values[origin + 1 : origin + 1 + HORIZON].transpose(1, 0, 2)
    calendar = span.maintenance[origin - CONTEXT + 1 : origin + 1 + HORIZON].T
    return Cut(
        np.ascontiguousarray(history), np.ascontiguousarray(calendar), np.ascontiguousarray(truth),
        profile_rows(span.profiles), (span.first + origin) % TICKS_PER_WEEK, origin,
        week_before(*span.half_hours, span.first + origin),
    )  # fmt: skip


def origins(span: Span, every: int, offset: int = 0) -> range:
    """Rows that can be an origin: full context behind, full horizon ahead, `every` ticks apart."""
    return range(CONTEXT - 1 + offset, len(span.values) - HORIZON, every)
