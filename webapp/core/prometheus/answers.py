"""Reading what Prometheus answers. Nothing in it is believed: wrong shapes are sentences, odd values are gaps.

NaN and the infinities are no observation; a staleness marker never leaves Prometheus, it is a missing point.
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ml.schema import TICK_SECONDS
from webapp.core.errors import Invalid, Unavailable
from webapp.core.outside.http import short

MOST_SERIES: Final = 10_000
"""Most series of one query: as many as a stream may have servers."""
_LATEST: Final = 1e11
"""Seconds since the epoch beyond which a number is no time."""


@dataclass(frozen=True, slots=True)
class Series:
    """One series: its labels, and its finite values by tick."""

    labels: Mapping[str, str]
    values: Mapping[int, float]


def data(body: bytes, status: int) -> Mapping[str, object]:
    """The `data` of an answer. Raises Invalid when the query was refused, Unavailable when it is no answer."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or document.get("status") not in ("success", "error"):
        if status >= 500:
            raise Unavailable(f"The server, or a proxy before it, answers with HTTP {status}: it is not well.")
        raise Unavailable(
            f"What answers there (HTTP {status}) is no Prometheus: name its address like "
            "http://prometheus.example:9090, with the path below which /api/v1 lies."
        )
    if document["status"] == "error":
        said = short(document.get("error"))
        if document.get("errorType") in ("timeout", "canceled", "internal", "unavailable"):
            raise Unavailable(f"Prometheus could not answer: {said}.")
        raise Invalid(f"Prometheus refuses the query: {said}.")
    found = document.get("data")
    if not isinstance(found, dict):
        raise _odd("has no data")
    return found


def matrix(found: Mapping[str, object]) -> tuple[Series, ...]:
    """The series of a range query, at ticks. Points beside the grid of ticks are left out."""
    return tuple(_series(entry, _listed_points(entry)) for entry in _entries(found, "matrix"))


def vector(found: Mapping[str, object]) -> tuple[Series, ...]:
    """The series of an instant query, each with one value at most; its key is the nearest tick."""
    return tuple(_series(entry, [entry.get("value")], math.inf) for entry in _entries(found, "vector"))


def _entries(found: Mapping[str, object], kind: str) -> list[dict[str, object]]:
    if found.get("resultType") != kind:
        raise _odd(f"is a {short(found.get('resultType'))} instead of a {kind}: the query has to give series")
    listed = found.get("result")
    if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
        raise _odd("has no list of series")
    if len(listed) > MOST_SERIES:
        raise too_many(len(listed))
    return listed


def too_many(number: int) -> Invalid:
    """The refusal of a query with too many series."""
    return Invalid(
        f"The query gives {number} series, and at most {MOST_SERIES} are read: aggregate by server, or set "
        "`matching` in the mapping."
    )


def _series(entry: Mapping[str, object], points: list[object], beside: float = 1.0) -> Series:
    labels = entry.get("metric")
    if not isinstance(labels, dict) or not all(isinstance(value, str) for value in labels.values()):
        raise _odd("has a series without labels")
    return Series(labels, dict(_points(points, beside)))


def _listed_points(entry: Mapping[str, object]) -> list[object]:
    if "values" not in entry and "histograms" in entry:
        raise Invalid("The query gives histograms; it has to give one number a server: use histogram_quantile.")
    listed = entry.get("values")
    if not isinstance(listed, list):
        raise _odd("has a series without values")
    return listed


def _points(listed: list[object], beside: float) -> Iterator[tuple[int, float]]:
    """(tick, value) of the finite points that lie less than `beside` seconds from a tick."""
    for point in listed:
        at, value = _numbers(point)
        tick = round(at / TICK_SECONDS)
        if math.isfinite(value) and abs(at - tick * TICK_SECONDS) < beside:
            yield tick, value


def _numbers(point: object) -> tuple[float, float]:
    """A point's time and value: a number, and a number in text."""
    if isinstance(point, list) and len(point) == 2 and isinstance(point[1], str) and not isinstance(point[0], bool):
        try:
            at, value = float(point[0]), float(point[1])
        except (TypeError, ValueError, OverflowError):
            at = value = math.nan
        else:
            if abs(at) < _LATEST:
                return at, value
    raise _odd("has a point that is no time and number")


def _odd(what: str) -> Unavailable:
    return Unavailable(f"Prometheus's answer {what}.")
