"""When a breach becomes an incident, and when that is over.

Two observations in a row over the threshold, 5 minutes apart, open one; it starts with the first of them. Two
observations in a row that are clear end it, so flapping around the limit is one incident; it ends with the first of
them. A gap does neither. After more than an hour without any observation it is lost sight of.

A decision at a tick depends on nothing after it, so ticks may be judged in slices of any size, and from any tick on
anew when late rows have come. An incident that is stored keeps its threshold, and stays unless it turns out to be a
part of another one, or the observation that it starts with was another server's, and is taken back.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import isnan

import numpy as np

from ml.contracts import Bools, Floats
from ml.schema import TICKS_PER_HOUR

LONGEST_HOLE = TICKS_PER_HOUR
"""Ticks between two observations of one incident, at most."""


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident as it stands after some tick. `server` and `metric` are indexes, times are ticks.

    `seen` is the last observation, `clear` one that was clear and that no second has followed yet, `closed` the tick
    at which the end was known. `maintained`: every observation over the threshold lay in maintenance.
    """

    server: int
    metric: int
    threshold: float
    start: int
    seen: int
    peak: float
    peak_tick: int
    maintained: bool
    clear: int | None = None
    end: int | None = None
    closed: int | None = None
    lost: bool = False
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Slice:
    """Ticks to judge, from `first` on, each array with the tick before it as well.

    `values` [N, 1 + T, M], NaN where nothing was observed; `maintenance` [N, 1 + T]; `thresholds` [N, M], NaN where
    nothing is watched.
    """

    first: int
    values: Floats
    maintenance: Bools
    thresholds: Floats


@dataclass(frozen=True, slots=True)
class Judged:
    """The incidents that a slice touches as they stand after it, and the ids of those that are part of another, or
    whose start is not observed any more."""

    incidents: tuple[Incident, ...]
    absorbed: tuple[int, ...]


def judge(part: Slice, stored: Sequence[Incident]) -> Judged:
    """Which incidents open, go on and end in a slice.

    `stored` are those that started before the slice's last tick and were not closed before its first one. What
    started before `first - 1` stands as it did right before `first`; a later one counts by its start, threshold and id.
    """
    known: dict[tuple[int, int], list[Incident]] = defaultdict(list)
    for one in stored:
        known[one.server, one.metric].append(one)
    walks = [_Walk(part, *place, known[place]) for place in sorted(known.keys() | _suspects(part))]
    found = [one for walk in walks for one in walk.run()]
    return Judged(tuple(found), tuple(gone for walk in walks for gone in walk.absorbed))


def restored(one: Incident, since: int, values: Floats, maintenance: Bools) -> Incident:
    """An incident as it stood at the last of these ticks; `values` [T] and `maintenance` [T] begin at `since`.

    That is its start, or a later tick when what came before is not kept any more: of that, what is stored holds.
    """
    if since == one.start:
        stands = _begun(one.server, one.metric, one.threshold, since, float(values[0]), bool(maintenance[0]))
    else:
        stands = replace(one, seen=since - 1, clear=None)
    for step, (value, maintained) in enumerate(zip(values.tolist(), maintenance.tolist(), strict=True)):
        if since + step > one.start:
            stands = follow(stands, since + step, value, maintained)
    return replace(stands, id=one.id, end=None, closed=None, lost=False)


def out_of_sight(one: Incident, tick: int) -> Incident:
    """An open incident of which nothing is known any more at `tick`."""
    return replace(one, end=one.seen + 1 if one.clear is None else one.clear, closed=tick, lost=True)


def follow(one: Incident, tick: int, value: float, maintained: bool) -> Incident:
    """An open incident one tick later; `value` is NaN for a gap."""
    if tick - one.seen > LONGEST_HOLE:
        return out_of_sight(one, tick)
    if isnan(value):
        return one
    if value > one.threshold:
        top, at = max((one.peak, -one.peak_tick), (value, -tick))
        still = one.maintained and maintained
        return replace(one, seen=tick, clear=None, peak=top, peak_tick=-at, maintained=still)
    if one.clear is None:
        return replace(one, seen=tick, clear=tick)
    return replace(one, seen=tick, end=one.clear, closed=tick)


def _suspects(part: Slice) -> set[tuple[int, int]]:
    """Servers and metrics with two observations in a row over the threshold: hardly any, of a healthy fleet."""
    with np.errstate(invalid="ignore"):
        over = part.values > part.thresholds[:, None, :]
    return {(server, metric) for server, metric in np.argwhere((over[:, 1:] & over[:, :-1]).any(axis=1)).tolist()}


def _begun(server: int, metric: int, threshold: float, start: int, value: float, maintained: bool) -> Incident:
    return Incident(server, metric, threshold, start, start, value, start, maintained)


class _Walk:
    """One metric of one server through a slice, tick by tick."""

    def __init__(self, part: Slice, server: int, metric: int, known: Sequence[Incident]) -> None:
        self._place = server, metric
        self._before = part.first - 1
        self._values: list[float] = part.values[server, :, metric].tolist()
        self._maintained: list[bool] = part.maintenance[server].tolist()
        self._limit = float(part.thresholds[server, metric])
        self._open = next((one for one in known if one.start < self._before), None)
        self._stored = {one.start: one for one in known if one.start >= self._before}
        self.absorbed: list[int] = []

    def run(self) -> Iterator[Incident]:
        """Each incident as it stands when it closes, the last one as it stands after the slice."""
        for step in range(1, len(self._values)):
            self._start(step)
            if self._open is not None:
                tick = self._before + step
                self._open = follow(self._open, tick, self._values[step], self._maintained[step])
                if self._open.closed is not None:
                    yield self._open
                    self._open = None
        if self._open is not None:
            yield self._open

    def _start(self, step: int) -> None:
        """An incident that is open at `step` since the tick before it, because it is stored or by its values."""
        stored = self._stored.get(self._before + step - 1)
        if stored is not None and stored.id is not None and not self._values[step - 1] > stored.threshold:
            self.absorbed.append(stored.id)
            stored = None
        if self._open is not None:
            if stored is not None:
                self._take_in(self._open, stored)
        elif stored is not None or (self._values[step - 1] > self._limit and self._values[step] > self._limit):
            limit = self._limit if stored is None else stored.threshold
            start = self._before + step - 1
            new = _begun(*self._place, limit, start, self._values[step - 1], self._maintained[step - 1])
            self._open = new if stored is None else replace(new, id=stored.id)

    def _take_in(self, one: Incident, stored: Incident) -> None:
        """A stored incident turns out to be a part of `one`, which takes its place if it has none yet."""
        if one.id is None:
            self._open = replace(one, id=stored.id)
        elif stored.id is not None:
            self.absorbed.append(stored.id)
