"""What the model looked at, folded into a few groups of words that an operator knows. Never a cause.

The transformer (Lim et al. 2021, "Temporal Fusion Transformers for interpretable multi-horizon time series
forecasting", section 6) tells which variables its three selections weighed, and which steps its attention rested on.
For each lead l, with attention a(l, s) over the past stretches p and the earlier leads k (it sums to one over both),

    encoder variable v:  2/3 * sum over p of a(l, p) * w(v, p)
    decoder variable v:  2/3 * sum over k of a(l, k) * w(v, k)
    static variable v:   1/3 * w(v)

The selections of a step sum to one and so does attention, so these sum to one; they are averaged over the leads. The
static selection is no step that could be attended to, it enriches all of them: it counts as one selection of three,
which is a convention. Guards that each variable belongs to exactly one group (tested).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from ml.contracts import Floats
from ml.runtime.inputs import DECODER, ENCODER, GROUPS, STATIC
from ml.runtime.tft import CATEGORIES, Looked
from ml.schema import HALF_HOUR, METRICS, TICKS_PER_HOUR

_STATIC_SHARE: Final = 1.0 / 3.0
TREND: Final = "Its trend"
OTHERS: Final = "Other metrics of this server"
NAMED: Final[Mapping[str, tuple[str, ...]]] = {
    "Its last half hour": tuple(f"last_{lag}" for lag in range(1, 7)),
    TREND: tuple(name for name in STATIC if name.startswith("slope_")),
    "The last 16 hours": ("past_value",),
    "Its last day": ("to_yesterday", "day_low", "day_middle", "day_high"),
    "Its usual day": ("past_season", "season", "to_usual"),
    "Last week": ("to_last_week", "week_mean", "week_top", "week_low"),
    "Time of day and week": ("day_sin", "day_cos", "weekend"),
    "Maintenance calendar": ("past_upkeep", "upkeep"),
    "The linear forecast": ("centre", "upper", "lower"),
    "How high it stands": ("position", "room"),
    "How restless it is": (
        "roughness", "noise", "bursts", "week_spread", "day_spread", "day_change", "hour_change", "shift_change",
        "daily_spread",
    ),
    "What was observed": ("past_seen", "seen_lately", "seen_yesterday", "seen", "week_known"),
    "Its profile": CATEGORIES,
}  # fmt: skip
"""Groups of variables but for the climbs of the server's metrics: its own is its trend, the others' are the others'."""
VARIABLES: Final = (*CATEGORIES, *STATIC, *ENCODER, *DECODER)


@dataclass(frozen=True, slots=True)
class Group:
    """Some variables under one name, how many they are, and their share of what was looked at."""

    name: str
    inputs: int
    share: float


@dataclass(frozen=True, slots=True)
class Reasons:
    """What one forecast looked at: groups by falling share, which sum to one, and the stretch of the past that was
    attended to most, from `from_h` to `to_h` hours before the origin."""

    groups: tuple[Group, ...]
    from_h: float
    to_h: float


def groups_of(metric: int) -> dict[str, str]:
    """The group of each variable in forecasts of a metric."""
    found = {variable: name for name, variables in NAMED.items() for variable in variables}
    climbs = {f"climb_{one.name}": TREND if one is METRICS[metric] else OTHERS for one in METRICS}
    return found | climbs


def variable_shares(looked: Looked, series: int) -> Floats:
    """The share of each of VARIABLES in the forecast of one series, [VARIABLES]; sums to one."""
    attention = looked.attention[..., series].mean(axis=0)  # [GROUPS + LEADS]; weights do not depend on the lead
    past, ahead = attention[: len(GROUPS)], attention[len(GROUPS) :]
    timed = np.concatenate([looked.encoder[..., series] @ past, looked.decoder[..., series] @ ahead])
    static = looked.static[:, series]
    return np.concatenate([_STATIC_SHARE * static, (1.0 - _STATIC_SHARE) * timed]).astype(np.float32)


def reasons(looked: Looked, metric: int, servers: int = 1, server: int = 0) -> Reasons:
    """The reasons of one server's metric; `looked` holds the series of `servers`, metric by metric."""
    series, names = metric * servers + server, groups_of(metric)
    shares: dict[str, float] = {}
    counts: dict[str, int] = {}
    for variable, share in zip(VARIABLES, variable_shares(looked, series).tolist(), strict=True):
        name = names[variable]
        shares[name], counts[name] = shares.get(name, 0.0) + share, counts.get(name, 0) + 1
    ordered = sorted(shares, key=lambda name: -shares[name])
    past = looked.attention[:, : len(GROUPS), series].mean(axis=0)
    first, last = GROUPS[int(past.argmax())]
    hours = HALF_HOUR / TICKS_PER_HOUR
    return Reasons(tuple(Group(name, counts[name], shares[name]) for name in ordered), -first * hours, -last * hours)
