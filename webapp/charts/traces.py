"""Traces of the large charts: lines, fans and gaps, each in its slot of the template.

A band is one closed `toself` outline, so that 90, 80 and 50 % add up where they overlap; a
missing value breaks a line and is never bridged.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np

from ml.contracts import Floats
from ml.schema import MEDIAN, QUANTILES, TICK_SECONDS
from webapp.charts.axes import milliseconds
from webapp.charts.template import SLOTS

Trace = dict[str, object]
TICK_MS = TICK_SECONDS * 1000
BANDS = {"90": (0, len(QUANTILES) - 1), "80": (1, len(QUANTILES) - 2), "50": (2, len(QUANTILES) - 3)}
"""The pair of quantiles that bounds each interval."""


def in_slots(traces: Mapping[str, Trace]) -> list[Trace]:
    """The traces in template order; an unused slot is an empty trace."""
    silent: Trace = {"type": "scatter", "hoverinfo": "skip"}
    return [silent | traces.get(slot, {"x": [], "y": []}) for slot in SLOTS]


def line(start: datetime, values: Floats, decimals: int, hover: Sequence[Sequence[str]] | None = None) -> Trace:
    """A line of 5-minute steps from `start`; a gap (NaN) breaks it. `hover` holds what the box says at each step."""
    trace: Trace = {"x0": milliseconds(start), "dx": TICK_MS, "y": rounded(values, decimals), "connectgaps": False}
    if hover is not None:
        trace |= {"customdata": [list(one) for one in hover], "hoverinfo": "none"}
    return trace


def fan(origin: datetime, now: float | None, quantiles: Floats, decimals: int, kind: str) -> dict[str, Trace]:
    """The three bands of [H, Q] quantiles after `origin`; they open at the measured value `now`."""
    lead = [milliseconds(origin) + TICK_MS * step for step in range(0 if now is not None else 1, len(quantiles) + 1)]
    outline = {}
    for width, (low, high) in BANDS.items():
        bottom, top = (_joined(now, quantiles[:, one], decimals) for one in (low, high))
        outline[f"{kind}{width}"] = {"x": lead + lead[::-1], "y": top + bottom[::-1]}
    return outline


def median(origin: datetime, now: float | None, quantiles: Floats, decimals: int,
           hover: Sequence[Sequence[str]] | None = None) -> Trace:  # fmt: skip
    """The median line; with `now` it starts at the measured value, without it one step later."""
    start = origin if now is not None else origin + timedelta(seconds=TICK_SECONDS)
    values = quantiles[:, MEDIAN] if now is None else np.concatenate([[now], quantiles[:, MEDIAN]])
    texts = hover if hover is None or now is None else [("", "", ""), *hover]
    return line(start, values, decimals, texts)


def gaps(start: datetime, values: Floats, low: float, high: float) -> Trace:
    """One hatched box per run of missing values, from the last value before it to the first one after.

    Before the first value nobody watched: that is no gap.
    """
    x: list[int | None] = []
    y: list[float | None] = []
    for first, last in runs_of_missing(values):
        if first == 0:
            continue
        left, right = (milliseconds(start) + TICK_MS * edge for edge in (first - 1, last + 1))
        x += [left, right, right, left, left, None]
        y += [low, low, high, high, low, None]
    return {"x": x, "y": y, "connectgaps": False}


def runs_of_missing(values: Floats) -> list[tuple[int, int]]:
    """First and last index of each run of NaN."""
    missing = np.concatenate([[False], ~np.isfinite(values), [False]])
    edges = np.flatnonzero(missing[1:] != missing[:-1])
    return [(int(first), int(after) - 1) for first, after in zip(edges[::2], edges[1::2], strict=True)]


def rounded(values: Floats, decimals: int) -> list[float | None]:
    """Plain numbers with one digit more than is shown; None where nothing is known."""
    digits = np.round(np.asarray(values, np.float64), decimals + 1)
    known = np.isfinite(digits).tolist()
    return [one if there else None for one, there in zip(digits.tolist(), known, strict=True)]


def _joined(now: float | None, values: Floats, decimals: int) -> list[float | None]:
    head = [] if now is None else [round(float(now), decimals + 1)]
    return [*head, *rounded(values, decimals)]
