"""What may be asked about servers that Forewarn does not watch: the rules of the request, and its window. Pure.

A request is right as a whole or refused as a whole, as a batch of telemetry is, and its rows are the same rows. Its
size is bounded, so that one caller cannot keep a core busy for long.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from ml.contracts import Bools, Floats, Window
from ml.runtime.week import half_hours, week_before
from ml.schema import CONTEXT, HORIZON, METRIC_INDEX, METRICS, QUANTILES, TICKS_PER_WEEK, Profile
from ml.streams.fleet import profile_of, threshold_matrix
from webapp.core.clock import time_of
from webapp.core.errors import FieldError
from webapp.core.policies import telemetry
from webapp.core.policies.telemetry import Row

MOST_ROWS: Final = 20_000
MOST_SERVERS: Final = 200
_OLDEST: Final = telemetry.Oldest(timedelta(days=3653), "is older than 10 years")
_FIELDS: Final = ("profile", "rows", "maintenance", "thresholds", "quantiles")
_OUTCOME: Final = "Nothing was forecast."
_Problems = Iterator[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that is right. `quantiles` are the places of the levels that were asked for."""

    window: Window
    thresholds: Floats
    quantiles: tuple[int, ...]


def parse(document: object, at: datetime) -> Asked:
    """The window of a request as decoded from JSON. Raises Invalid naming each wrong field, and its row."""
    if not isinstance(document, dict):
        _refuse([("body", 'must be an object like {"rows": [...]}')])
        raise AssertionError("refuse() raises")
    _refuse(_problems(document))
    rows = telemetry.parse({"rows": document.get("rows")}, at, MOST_ROWS, _OLDEST, _OUTCOME)
    origin = max(row.tick for row in rows)
    names = tuple(dict.fromkeys(row.asset for row in rows))
    profiles = _profiles(rows, document.get("profile"))
    _refuse(_late_problems(document, names, rows, origin))
    flags = _calendar(document.get("maintenance") or {}, names)
    window = _window(names, [profiles[name] for name in names], rows, origin, flags)
    thresholds = threshold_matrix(window.profiles)
    for name, limit in (document.get("thresholds") or {}).items():
        thresholds[:, METRIC_INDEX[name]] = limit
    levels = document.get("quantiles") or QUANTILES
    return Asked(window, thresholds, tuple(QUANTILES.index(level) for level in sorted(set(levels))))


def _refuse(problems: "_Problems | Sequence[tuple[str, str]]") -> None:
    telemetry.refuse([FieldError(field, message) for field, message in problems], _OUTCOME)


def _problems(document: Mapping[str, object]) -> _Problems:
    """What is wrong with everything but the rows."""
    for key in sorted(str(key) for key in document.keys() - set(_FIELDS)):
        yield telemetry.short(key), f"is not a field of a request; it has {', '.join(_FIELDS)}"
    profile = document.get("profile")
    if profile is not None and (not isinstance(profile, str) or profile not in set(Profile)):
        yield "profile", f"must be one of {', '.join(Profile)}"
    yield from _threshold_problems(document.get("thresholds"))
    yield from _quantile_problems(document.get("quantiles"))
    yield from _maintenance_problems(document.get("maintenance"))


def _threshold_problems(given: object) -> _Problems:
    if given is None:
        return
    if not isinstance(given, dict):
        yield "thresholds", 'must be an object like {"cpu_pct": 90}'
        return
    for name, limit in given.items():
        if name not in METRIC_INDEX:
            yield "thresholds", f"names {telemetry.short(str(name))}, which is not in the data contract"
        elif (message := telemetry.value_problem(METRICS[METRIC_INDEX[name]], limit)) is not None:
            yield "thresholds", f"{name} {message}"


def _quantile_problems(given: object) -> _Problems:
    if given is None:
        return
    if not isinstance(given, list) or not given or len(given) > len(QUANTILES):
        yield "quantiles", f"must be a list of 1 to {len(QUANTILES)} levels"
        return
    known = ", ".join(f"{level:g}" for level in QUANTILES)
    if any(isinstance(level, bool) or not isinstance(level, float) or level not in QUANTILES for level in given):
        yield "quantiles", f"must be levels out of {known}"


def _maintenance_problems(given: object) -> _Problems:
    if given is None:
        return
    if not isinstance(given, dict):
        yield "maintenance", f'must be an object like {{"web-1": [{HORIZON} times true or false]}}'
        return
    for name, flags in given.items():
        if not isinstance(flags, list) or len(flags) != HORIZON or not all(isinstance(one, bool) for one in flags):
            yield "maintenance", f"of {telemetry.short(str(name))} must be a list of {HORIZON} times true or false"


def _late_problems(document: Mapping[str, object], names: Sequence[str], rows: Sequence[Row], origin: int) -> _Problems:
    """What is wrong with the rows taken together."""
    if len(names) > MOST_SERVERS:
        yield "rows", f"are of {len(names)} servers; a request has at most {MOST_SERVERS}"
    first = min(row.tick for row in rows)
    if origin - first >= TICKS_PER_WEEK + CONTEXT:
        yield "rows", f"span more than 8 days, from {time_of(first):%Y-%m-%d} on; no forecaster reads further back"
    planned = document.get("maintenance")
    for name in sorted(str(one) for one in (planned if isinstance(planned, dict) else {}) if one not in names):
        yield "maintenance", f"names {telemetry.short(name)}, of which there is no row"


def _profiles(rows: Sequence[Row], otherwise: object) -> dict[str, str]:
    """The profile of each server: as its rows say, else the request's, else what its name suggests."""
    told: dict[str, str] = {}
    errors = []
    for index, row in enumerate(rows):
        if row.profile is not None and told.setdefault(row.asset, row.profile.value) != row.profile.value:
            errors.append(FieldError("profile", f"{row.asset} is {told[row.asset]} in an earlier row", index))
    telemetry.refuse(errors, _OUTCOME)
    for row in rows:
        told.setdefault(row.asset, str(otherwise) if otherwise is not None else profile_of(row.asset).value)
    return told


def _calendar(planned: Mapping[str, list[bool]], names: Sequence[str]) -> Bools:
    flags = np.zeros((len(names), CONTEXT + HORIZON), np.bool_)
    for place, name in enumerate(names):
        flags[place, CONTEXT:] = planned.get(name, False)
    return flags


def _window(names: Sequence[str], profiles: Sequence[str], rows: Sequence[Row], origin: int, flags: Bools) -> Window:
    length = CONTEXT + TICKS_PER_WEEK
    values = np.full((length, len(names), len(METRICS)), math.nan, np.float32)
    place = {name: index for index, name in enumerate(names)}
    for row in rows:
        values[row.tick - origin - 1, place[row.asset]] = [math.nan if one is None else one for one in row.values]
    first, means = half_hours(values, origin - length + 1)
    day = np.ascontiguousarray(values[-CONTEXT:].transpose(1, 0, 2))
    return Window(tuple(names), tuple(profiles), time_of(origin), day, flags, week_before(first, means, origin))
