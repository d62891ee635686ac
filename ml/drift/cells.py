"""Cells of metric and profile: whether several servers moved the same way, and how sure that is.

A cell is judged by how far all its servers lie from their reference together, without the one that moved most where
they are few: what happens to a single server is an incident, never drift. Guards that a column that never moves, and a
cell that has too little to tell, are named as such and never tested.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.drift.hours import HOURS_A_DAY, Channel
from ml.drift.reference import Doubles, Reference, Test, middle, series
from ml.drift.thresholds import MANY, thresholds

WINDOW: Final = HOURS_A_DAY
"""Hours that a look needs, at least as many as any test's."""
FEWEST: Final = 2
"""Servers of a cell that can be told from their reference; of one alone, an incident looks like drift."""
_CLIP: Final = 5.0

Rows = NDArray[np.int64]


class State(IntEnum):
    """Whether a test of a cell was made, and why not."""

    TESTED = 0
    CONSTANT = 1
    FEW_SERVERS = 2
    TOO_LITTLE = 3
    SILENT = 4


@dataclass(frozen=True, slots=True)
class Look:
    """What is found after one hour, of C groups of servers, M metrics and every test.

    `statistic` [C, M, tests] is signed: above 0 higher values, larger residuals, less coverage; its size is held
    against `threshold`. `effect` is in the test's unit: standard deviations of the series, of the forecast, or shares.
    `cost` [C, M] is how much larger the loss is than in the reference, as
    a share. `servers` [C, M, tests] were looked at.
    """

    statistic: Doubles
    threshold: Doubles
    effect: Doubles
    cost: Doubles
    servers: Rows
    state: Rows

    @property
    def alarms(self) -> NDArray[np.bool_]:
        """Which tests find drift, [C, M, tests]."""
        return np.asarray((self.state == State.TESTED) & (np.abs(self.statistic) >= self.threshold))


def look(reference: Reference, first: int, hours: NDArray[np.floating], groups: Sequence[Rows]) -> Look:
    """Judge groups of servers after the last of `hours` [WINDOW or more, N, M, channels], the first being hour `first`
    since the epoch."""
    far, plain = moved(reference, first, hours)
    servers = np.stack([np.isfinite(far[:, group]).sum(axis=1).T for group in groups])
    state = np.stack([_state(reference, group, count) for group, count in zip(groups, servers, strict=True)])
    tested = state == State.TESTED
    statistic = np.stack([together(far[:, group]).T for group in groups])
    limits = thresholds(servers, tested, reference.hours)
    return Look(
        np.where(tested, statistic, np.nan), limits, _means(plain, groups),
        np.stack([_cost(reference, hours, group) for group in groups]), servers, state,
    )  # fmt: skip


def moved(reference: Reference, first: int, hours: NDArray[np.floating]) -> tuple[Doubles, Doubles]:
    """How far each server lies from its reference, [tests, N, M]: in spreads of the test's window, and in the test's
    unit. NaN where a test cannot tell."""
    found: list[tuple[Doubles, Doubles]] = []
    for test in Test:
        every = series(test, first, hours, reference.day, reference.week, reference.scale)[-test.hours :]
        sign, unit = _told(reference, test)
        off = sign * (middle(np.moveaxis(every, 0, -1), test) - reference.centre[test])
        found.append((off / reference.spread[test], off * unit))
    far, plain = (np.stack(part) for part in zip(*found, strict=True))
    return far, plain


def _told(reference: Reference, test: Test) -> tuple[Doubles, Doubles]:
    """The sign with which a test counts, NaN where it cannot be made, and the factor to its unit; [N, M] both."""
    usable = reference.known[test] & ~reference.constant
    unit = reference.scale / np.maximum(reference.deviation, 1e-9) if test is Test.INPUTS else np.ones(usable.shape)
    return np.where(usable, -1.0 if test is Test.COVERAGE else 1.0, np.nan), unit


def pulses(
    reference: Reference, first: int, hours: NDArray[np.floating], group: Rows, metric: int, test: Test
) -> Doubles:
    """The effect in a cell of each of some hours alone, [H]; NaN where nobody is known."""
    every = series(test, first, hours, reference.day, reference.week, reference.scale)[:, group, metric]
    sign, unit = (one[group, metric] for one in _told(reference, test))
    off = sign * unit * (every - reference.centre[test][group, metric])
    known = np.isfinite(off)
    count = known.sum(axis=1)
    return np.where(count > 0, np.where(known, off, 0.0).sum(axis=1) / np.maximum(count, 1), np.nan)


def together(far: Doubles) -> Doubles:
    """One statistic [...,  M] for servers [..., N, M]: their sum over the root of their number, which stays at one
    spread however many they are. Of few, the one that moved most that way is left out; unknown ones do not count."""
    clipped = np.clip(np.where(np.isfinite(far), far, 0.0), -_CLIP, _CLIP)
    count = np.isfinite(far).sum(axis=-2)
    few = (count < MANY) & (count > 0)
    up = clipped.sum(axis=-2) - np.where(few, np.maximum(clipped.max(axis=-2), 0.0), 0.0)
    down = clipped.sum(axis=-2) - np.where(few, np.minimum(clipped.min(axis=-2), 0.0), 0.0)
    stronger = np.where(np.maximum(up, 0.0) >= np.maximum(-down, 0.0), np.maximum(up, 0.0), np.minimum(down, 0.0))
    return np.asarray(stronger / np.sqrt(np.maximum(count - few, 1)))


def _state(reference: Reference, group: Rows, servers: Rows) -> Rows:
    """[M, tests] of one group, of which `servers` [M, tests] could be looked at."""
    constant = reference.constant[group].all(axis=0) if len(group) else np.ones(servers.shape[0], np.bool_)
    states = np.full(servers.shape, State.TESTED, np.int64)
    for test in Test:
        known = (reference.known[test, group] & ~reference.constant[group]).sum(axis=0)
        states[servers[:, test] < FEWEST, test] = State.SILENT
        states[known < FEWEST, test] = State.TOO_LITTLE
    states[(~reference.constant[group]).sum(axis=0) < FEWEST] = State.FEW_SERVERS
    states[constant] = State.CONSTANT
    return states


def _means(values: Doubles, groups: Sequence[Rows]) -> Doubles:
    """[C, M, tests] of values [tests, N, M]: the mean of the servers that are known."""
    known = np.isfinite(values)
    filled = np.where(known, values, 0.0)
    sums = np.stack([filled[:, group].sum(axis=1).T for group in groups])
    counts = np.stack([known[:, group].sum(axis=1).T for group in groups])
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def _cost(reference: Reference, hours: NDArray[np.floating], group: Rows) -> Doubles:
    """How much larger the loss of the last day is than in the reference, [M]; each server in its own deviations."""
    losses = np.asarray(hours[-WINDOW:, group][..., Channel.LOSS], np.float64)
    known = np.isfinite(losses)
    count = known.sum(axis=0)
    now = np.where(known, losses, 0.0).sum(axis=0) / np.maximum(count, 1)
    before, unit = reference.loss[group], reference.deviation[group]
    usable = (count >= WINDOW // 2) & np.isfinite(before) & (unit > 0.0)
    sums = [np.where(usable, one / np.where(usable, unit, 1.0), 0.0).sum(axis=0) for one in (now, before)]
    return np.where(sums[1] > 0.0, sums[0] / np.where(sums[1] > 0.0, sums[1], 1.0) - 1.0, np.nan)
