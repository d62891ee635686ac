"""What the 80 % intervals held, by lead time, and how wide they are now."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from ml.schema import LEAD_BUCKETS, TICKS_PER_HOUR
from webapp.charts import interval
from webapp.core.views.fleet import RiskView


@dataclass(frozen=True, slots=True)
class Bucket:
    """Measured coverage over one range of lead times; `verdict` is "held", "low", "high", "few" or "none"."""

    lead: str
    held: str
    count: str
    verdict: str
    dot: str
    low: str
    span: str
    title: str


def _lead(first: int, last: int) -> str:
    return f"{first // TICKS_PER_HOUR} to {last // TICKS_PER_HOUR}\u00a0h"


LEADS: Final = tuple(_lead(first, last) for first, last in LEAD_BUCKETS)


def bucket(held: int, matured: int, lead: str) -> Bucket:
    """One line of the intervals card."""
    if matured == 0:
        return Bucket(lead, "", "no matured forecast yet", "none", "", "", "", f"{lead} ahead: no matured forecast yet")
    share = interval.wilson(held, matured)
    cell = interval.ribbon_cell(held, matured, lead)
    return Bucket(
        lead=lead, held=f"{share.percent:.0f}\u00a0%", count=f"{held:,} of {matured:,}", verdict=cell.verdict,
        dot=f"{share.percent:.1f}%", low=f"{share.low:.1f}%", span=f"{max(1.0, share.high - share.low):.1f}%",
        title=cell.title,
    )  # fmt: skip


def overall(coverage: Sequence[tuple[int, int]]) -> str:
    held, matured = (sum(one[index] for one in coverage) for index in (0, 1))
    if not matured:
        return "80\u00a0% interval: no matured forecast yet"
    return f"80\u00a0% interval held {interval.wilson(held, matured).percent:.0f}\u00a0% of {matured:,} matured points"


def widths(every: Sequence[RiskView]) -> str:
    """How wide the intervals are now, as a share of each server's threshold: units differ, shares compare."""
    shares = [100 * one.width80 / one.threshold for one in every if one.width80 is not None and one.threshold]
    return f"Median width {median(shares):.0f}\u00a0% of the threshold" if shares else ""


def buckets(coverage: Sequence[tuple[int, int]]) -> list[Bucket]:
    """The lines of the card."""
    return [bucket(*one, lead=words) for one, words in zip(coverage, LEADS, strict=True)]
