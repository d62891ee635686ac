"""What the temporal fusion transformer sees of a series, identically in training and in serving.

Everything is in units of the series: its level (the last hour) is 0, its scale is 1, on the modelled scale of
`ml.runtime.scaling`. Layout is features first and series last ([features, steps, series]): sums over the few
features then run along long contiguous rows.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.contracts import Bools, Floats
from ml.runtime.features import PLAIN_SLOPES, Prepared, Rows, is_unknown
from ml.runtime.recall import HABITS, PATHS, Recall, recall
from ml.runtime.scaling import forward
from ml.schema import CONTEXT, HALF_HOUR, HIGH80, HORIZON, LOW80, MEDIAN, METRICS, TICKS_PER_DAY, TICKS_PER_WEEK

LEADS: Final = np.array([1, 3, 6, 12, 24, 48, 72, 96])
"""Lead steps of the decoder; what it says of them is linear in between."""
GROUPS: Final = ((-32, -24), (-24, -16), (-16, -12), (-12, -8), (-8, -6), (-6, -4), (-4, -3), (-3, -2), (-2, -1),
                 (-1, 0))  # fmt: skip
"""Encoder steps as half hours before the origin: sixteen hours, from stretches of four hours down to half an hour."""
ENCODER: Final = ("past_value", "past_season", "past_upkeep", "past_seen")
DECODER: Final = (
    "centre", "upper", "lower", *(f"to_{name}" for name in PATHS[1:]), "daily_spread", "season", "upkeep", "day_sin",
    "day_cos", "weekend",
)  # fmt: skip
_NATURE: Final = ("position", "roughness", "noise", "bursts", "room", "seen_lately", "seen_yesterday", "seen")
_OWN_ROWS: Final = (0, 1, 2, 3, 4, 5, *PLAIN_SLOPES, 47, 56, 57, 59, 60, 62, 63, 64)
STATIC: Final = (
    *(f"last_{lag}" for lag in range(1, 7)), *(f"slope_{span}" for span in range(len(PLAIN_SLOPES))), *_NATURE,
    *HABITS, "day_low", "day_middle", "day_high", *(f"climb_{metric.name}" for metric in METRICS),
)  # fmt: skip
_SAMPLED: Final = np.concatenate([np.arange(HORIZON), np.arange(HORIZON, CONTEXT, 2)])
"""Ticks of the last day that are looked at one by one: all that lie 24 h before a lead, every second one after them."""
_FAR: Final = np.float32(6.0)
_SLOPE_SIZE: Final = np.float32(3.0)
BETWEEN: Final = np.stack(
    [np.interp(np.arange(1, HORIZON + 1), LEADS, row) for row in np.eye(len(LEADS))], axis=1
).astype(np.float32)
"""From the decoder's leads to every lead step, [H, leads]."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """B = M * n series, metric by metric, as the network sees them.

    `static` [STATIC, B], `encoder` [ENCODER, GROUPS, B] and `decoder` [DECODER, LEADS, B] are bounded numbers;
    `metric` and `profile` [B] are rows of the embeddings.
    """

    static: Floats
    encoder: Floats
    decoder: Floats
    metric: Rows
    profile: Rows


@dataclass(frozen=True, slots=True)
class Situation:
    """What the inputs of n servers at one origin are made from; `values` [n, 288, M] and `week` [n, 336, M] in units,
    `maintenance` [n, 384], `profiles` [n], `week_tick` the origin in its week."""

    values: Floats
    week: Floats
    maintenance: Bools
    profiles: Rows
    week_tick: int

    def of(self, rows: NDArray[np.int64]) -> "Situation":
        """Some of the servers."""
        return Situation(
            self.values[rows], self.week[rows], self.maintenance[rows], self.profiles[rows], self.week_tick
        )


def flat(values: Floats) -> Floats:
    """[..., n, M] as [..., B]."""
    return np.ascontiguousarray(np.swapaxes(values, -1, -2)).reshape(*values.shape[:-2], -1)


def remembered(prepared: Prepared, given: Situation) -> Recall:
    """The naive paths of every series in its own units."""
    past = forward(given.values.transpose(1, 0, 2)[_SAMPLED], prepared.reference)
    week = forward(given.week.transpose(1, 0, 2), prepared.reference)
    with np.errstate(invalid="ignore"):
        past, week = ((one - prepared.level) / prepared.scale for one in (past, week))
    day, habits = (np.clip(flat(one), -4.0 * _FAR, 4.0 * _FAR) for one in (past, week))
    return recall(day[:HORIZON], day[::2], habits, given.week_tick)


def inputs(prepared: Prepared, given: Situation, base: tuple[Floats, Floats, Floats], known: Recall) -> Inputs:
    """The network's inputs; `base` [B, H] are the ridge's median and the distances to its 90 and 10 % quantiles."""
    n = len(given.values)
    season = flat(prepared.season) / flat(prepared.scale)
    return Inputs(
        _bounded(_static(prepared, known)),
        _bounded(_encoder(prepared, given)),
        _bounded(_decoder(given, season, base, known)),
        np.repeat(np.arange(len(METRICS)), n),
        np.tile(given.profiles, len(METRICS)),
    )


def _bounded(values: Floats) -> Floats:
    return np.clip(np.nan_to_num(values, copy=False), -_FAR, _FAR)


def _static(prepared: Prepared, known: Recall) -> Floats:
    own = flat(prepared.own[list(_OWN_ROWS)])
    slopes = slice(6, 6 + len(PLAIN_SLOPES))
    own[slopes] /= _SLOPE_SIZE
    climbs = prepared.own[PLAIN_SLOPES[1]].T / _SLOPE_SIZE  # [M, n], told to every metric of the server
    day = known.day[:, [LOW80, MEDIAN, HIGH80]].T
    return np.concatenate([own, known.habits, day, np.tile(climbs, (1, len(METRICS)))])


def _encoder(prepared: Prepared, given: Situation) -> Floats:
    parts, seen = prepared.parts, prepared.counts / np.float32(HALF_HOUR)
    upkeep = given.maintenance[:, :CONTEXT].T.reshape(-1, HALF_HOUR, len(given.values)).mean(axis=1)
    steps = []
    for first, last in GROUPS:
        inside = slice(first, last or None)
        weight = seen[inside].sum(axis=0)
        value = (parts[inside] * seen[inside]).sum(axis=0) / np.maximum(weight, 0.1)
        during = np.repeat(upkeep[inside].mean(axis=0)[:, None], len(METRICS), axis=1)
        shape = prepared.past_season[inside].mean(axis=0) / prepared.scale
        steps.append(np.stack([flat(one) for one in (value, shape, during, weight / (last - first))]))
    return np.stack(steps, axis=1).astype(np.float32)


def _decoder(given: Situation, season: Floats, base: tuple[Floats, Floats, Floats], known: Recall) -> Floats:
    at = LEADS - 1
    centre, upper, lower = (one[:, at].T for one in base)
    paths = known.paths[1:, :, at].transpose(0, 2, 1) - centre
    sizes = [np.log(np.maximum(one, 0.0) + 0.03) for one in (upper, lower, known.daily[:, at].T)]
    upkeep = np.tile(given.maintenance[:, CONTEXT:][:, at].T, (1, len(METRICS)))
    turn = 2.0 * np.pi * (given.week_tick + LEADS) / TICKS_PER_DAY
    weekend = (given.week_tick + LEADS) % TICKS_PER_WEEK >= 5 * TICKS_PER_DAY
    clock = np.stack([np.sin(turn), np.cos(turn), weekend.astype(np.float64)])[:, :, None]
    timed = np.tile(~is_unknown(given.profiles), len(METRICS))  # whose day is not known has no use for the clock
    rows = [centre, sizes[0], sizes[1], *paths, sizes[2], season[at] - season[0], upkeep.astype(np.float32)]
    return np.concatenate([np.stack(rows), clock * timed]).astype(np.float32)
