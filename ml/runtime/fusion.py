"""The champion: a linear forecast, corrected and reshaped by a temporal fusion transformer.

The network says, at eight leads, how far each quantile moves from the linear forecast's, how much the series' own
habits (the last hour, yesterday, its usual day, last week, the quantiles of its last day) count instead of it, and
how much of the spread between its days is added. A network that says nothing leaves the linear forecast as it is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.contracts import Bools, Floats
from ml.runtime.features import Prepared, Rows, Tables, is_unknown, prepare
from ml.runtime.inputs import BETWEEN, LEADS, Inputs, Situation, inputs, remembered
from ml.runtime.network import Tensors
from ml.runtime.persistence import NORMAL_LEVELS
from ml.runtime.recall import PATHS, Recall
from ml.runtime.ridge import Base, Ridge, membership
from ml.runtime.scaling import backward, ceilings
from ml.runtime.tft import Looked, Tft
from ml.runtime.week import week_within
from ml.schema import HIGH80, HORIZON, LOW80, MEDIAN, METRICS, QUANTILES

KINDS: Final = ("known", "stranger")
"""Servers of a known profile, and those of none: each kind has a network of its own."""
OUTPUTS: Final = len(QUANTILES) + len(PATHS) + 2
"""What the network says at a lead: a shift of each quantile in spreads, the share of each path, that of the spread
between days, and that of the last day's own quantiles."""
_Q: Final = len(QUANTILES)
_SHARES: Final = slice(_Q, _Q + len(PATHS))
_DAILY, _DAY = _Q + len(PATHS), _Q + len(PATHS) + 1
_SHIFTS: Final = np.kron(BETWEEN.T, np.eye(_Q, dtype=np.float32)).astype(np.float32)  # [LEADS * Q, H * Q]


@dataclass(frozen=True, slots=True)
class Parts:
    """What is forecast together: servers `rows` of one history class, B = M * n series, metric by metric.

    `highest` [n, M] is what such servers reach, in units.
    """

    rows: NDArray[np.int64]
    highest: Floats
    prepared: Prepared
    inputs: Inputs
    base: Base
    known: Recall


def parts(ridge: Ridge, given: Situation) -> Iterator[Parts]:
    """The inputs and the linear forecast of every server of a situation, one history class after another."""
    for rows, turn in ridge.classes(given.values, given.profiles):
        some = given.of(rows)
        prepared = prepare(some.values, some.maintenance, some.profiles, some.week_tick, ridge.tables)
        mixture = membership(prepared.regime, some.profiles)
        each = [ridge.base(prepared, mixture[metric], metric, turn, some.maintenance) for metric in range(len(METRICS))]
        base = Base(
            *(np.concatenate(list(one)) for one in zip(*((b.centre, b.spread, b.fan) for b in each), strict=True))
        )
        known = remembered(prepared, some)
        median, high, low = (base.spread * base.fan[..., place] for place in (MEDIAN, HIGH80, LOW80))
        yield Parts(
            rows,
            ridge.tables.highest[some.profiles],
            prepared,
            inputs(prepared, some, (base.centre + median, high - median, median - low), known),
            base,
            known,
        )


def compose(said: Floats, part: Parts, stretch: Floats) -> Floats:
    """Quantiles [B, H, Q] in units of each series from what the network said, [OUTPUTS, LEADS, B].

    `stretch` [M, H, Q] are factors of each quantile's distance from the median.
    """
    base, known, count = part.base, part.known, said.shape[2]
    shifts = np.ascontiguousarray(said[:_Q].transpose(2, 1, 0)).reshape(count, -1)
    shares = said[_SHARES].transpose(0, 2, 1) @ BETWEEN.T
    daily, day = (said[place].T @ BETWEEN.T for place in (_DAILY, _DAY))
    fan = base.fan * (1.0 - day)[:, :, None]
    fan += (shifts @ _SHIFTS).reshape(count, HORIZON, _Q)
    fan *= base.spread[:, :, None]
    fan += day[:, :, None] * known.day[:, None, :]
    fan += (daily * known.daily)[:, :, None] * NORMAL_LEVELS
    middle = fan[..., MEDIAN].copy()
    fan -= middle[:, :, None]
    fan.reshape(len(METRICS), -1, HORIZON, _Q)[...] *= stretch[:, None]
    centre = base.centre * (1.0 - day) + middle
    for share, path in zip(shares, known.paths, strict=True):
        centre += share * (path - base.centre)
    fan += centre[:, :, None]
    return ordered(fan)


def between_leads(stretch: Floats) -> Floats:
    """Factors [..., LEADS, Q] at every lead step, [..., H, Q]."""
    return np.asarray(BETWEEN @ stretch, np.float32)


def ordered(fan: Floats) -> Floats:
    """Quantiles that never fall, in place: outwards from the median, none nearer to it than the one before."""
    for place in range(MEDIAN, _Q - 1):
        np.maximum(fan[..., place + 1], fan[..., place], out=fan[..., place + 1])
    for place in range(MEDIAN, 0, -1):
        np.minimum(fan[..., place - 1], fan[..., place], out=fan[..., place - 1])
    return fan


class Fusion:
    """Ridge, networks and calibration made ready for serving.

    `networks` and the first axis of `stretch` [KINDS, M, LEADS, Q] follow KINDS; the latter was learnt on held-out
    servers.
    """

    def __init__(self, ridge: Ridge, networks: Sequence[Tft], stretch: Floats) -> None:
        self.ridge, self.networks, self.stretch = ridge, tuple(networks), stretch
        self._stretch = between_leads(stretch)

    @classmethod
    def from_tensors(cls, tensors: Tensors) -> "Fusion":
        """From an artefact's tensors; KeyError when one is missing."""
        networks = [Tft(tensors_of(tensors, kind)) for kind in KINDS]
        return cls(Ridge.from_tensors(tensors), networks, np.asarray(tensors["stretch"], np.float32))

    @property
    def tables(self) -> Tables:
        return self.ridge.tables

    def quantiles(
        self, values: Floats, maintenance: Bools, profiles: Rows, week_tick: int, week: Floats | None = None
    ) -> Floats:
        """Quantiles [n, M, H, Q] in units, NaN for metrics without a recent level; arguments as for `prepare`."""
        out = np.empty((len(values), len(METRICS), HORIZON, _Q), np.float32)
        for part in self._parts(values, maintenance, profiles, week_tick, week):
            said, _ = self._network(part)(part.inputs)
            fan = compose(said, part, self._stretch[_kind(part)])
            out[part.rows] = in_units(fan, part, values[part.rows])
        return out

    def looked(
        self, values: Floats, maintenance: Bools, profiles: Rows, week_tick: int, week: Floats | None = None
    ) -> Looked:
        """What was looked at for every series, B = M * n, metric by metric; arguments as for `prepare`."""
        found, places = [], []
        for part in self._parts(values, maintenance, profiles, week_tick, week):
            found.append(self._network(part)(part.inputs)[1])
            places.append((np.arange(len(METRICS))[:, None] * len(values) + part.rows).ravel())
        order = np.argsort(np.concatenate(places))
        joined = (np.concatenate([getattr(one, field.name) for one in found], axis=-1) for field in fields(Looked))
        return Looked(*(one[..., order] for one in joined))

    def _parts(
        self, values: Floats, maintenance: Bools, profiles: Rows, week_tick: int, week: Floats | None
    ) -> Iterator[Parts]:
        known = week_within(values, week_tick) if week is None else week
        return parts(self.ridge, Situation(values, known, maintenance, profiles, week_tick))

    def _network(self, part: Parts) -> Tft:
        return self.networks[_kind(part)]


def _kind(part: Parts) -> int:
    """The place in KINDS of a history class, which is of one kind."""
    return int(is_unknown(part.inputs.profile)[0])


def tensors_of(tensors: Tensors, kind: str) -> dict[str, NDArray[np.generic]]:
    """The tensors of one network by pytorch-forecasting's names; none when the artefact has no such network."""
    return {name.removeprefix(f"{kind}."): one for name, one in tensors.items() if name.startswith(f"{kind}.")}


def in_units(fan: Floats, part: Parts, values: Floats) -> Floats:
    """Quantiles [n, M, H, Q] in each metric's unit from `fan` [B, H, Q] in units of each series."""
    prepared, servers = part.prepared, len(values)
    top = ceilings(values, part.highest)
    out = np.empty((servers, len(METRICS), HORIZON, _Q), np.float32)
    for metric in range(len(METRICS)):
        mine = fan[metric * servers : (metric + 1) * servers]
        mine *= prepared.scale[:, metric, None, None]
        mine += prepared.level[:, metric, None, None]
        reference = prepared.reference[:, metric, None, None]
        out[:, metric] = backward(mine, metric, reference, top[:, metric, None, None])
    return out


NEUTRAL: Final = np.ones((len(KINDS), len(METRICS), len(LEADS), _Q), np.float32)
"""The calibration that changes nothing."""
