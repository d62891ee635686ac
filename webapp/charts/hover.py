"""What the hover box says at each step of a chart, in the words of the product.

A point carries (title, text); the trace's name is the row's label and its `meta` the role whose
colour that label takes, so that one box can speak for several traces and both lanes.
"""

from datetime import datetime, timedelta, tzinfo

import numpy as np

from ml.contracts import Floats
from ml.schema import HIGH80, LOW80, MEDIAN, TICK_SECONDS
from webapp.core.policies import wording

Rows = list[list[str]]
TICK = timedelta(seconds=TICK_SECONDS)


def when(origin: datetime, step: int, zone: tzinfo) -> str:
    """Where a step is, seen from now: "17:00, in 2 h 25 min" or "11:35, 3 h ago"."""
    clock = wording.clock_time(origin + TICK * step, zone, origin)
    away = wording.duration(abs(step) * TICK_SECONDS / 60)
    if step == 0:
        return f"{clock}, now"
    return f"{clock}, in {away}" if step > 0 else f"{clock}, {away} ago"


def measured(origin: datetime, values: Floats, unit: str, decimals: int, zone: tzinfo) -> Rows:
    """Rows of a history that ends at `origin`."""
    first = 1 - len(values)
    return [
        [when(origin, first + n, zone), wording.value(float(one), unit, decimals) if np.isfinite(one) else ""]
        for n, one in enumerate(values)
    ]


def forecast(origin: datetime, quantiles: Floats, unit: str, decimals: int, zone: tzinfo) -> Rows:
    """Rows of the steps after `origin`: the median with its 80 % range."""
    return [[when(origin, 1 + n, zone), range_text(row, unit, decimals)] for n, row in enumerate(quantiles)]


def range_text(row: Floats, unit: str, decimals: int) -> str:
    """One step of a fan [Q]: "98 %, 80 % range 94 to 100"."""
    middle, low, high = (float(row[one]) for one in (MEDIAN, LOW80, HIGH80))
    ends = f"{wording.number(low, decimals)} to {wording.number(high, decimals)}"
    return f"{wording.value(middle, unit, decimals)}, 80{wording.SPACE}% range {ends}"
