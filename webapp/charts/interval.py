"""Shares with their counts and their uncertainty: a dot and a bar on a track from 0 to 100.

No percentage is drawn without the count that it stands on.
"""

import math
from dataclasses import dataclass
from typing import Final

_Z95: Final = 1.959964
TARGET_LOW: Final = 77
TARGET_HIGH: Final = 83
FEW: Final = 50
"""Matured points below which a share is shown, but not judged."""
TOGETHER: Final = 12
"""Points of a server's metric within an hour: one surprise makes all of them miss, so they are worth one."""
_ARROWS: Final = {"low": "\u2193", "high": "\u2191"}


@dataclass(frozen=True, slots=True)
class Share:
    """`held` of `n` with its 95 % Wilson interval, all in percent."""

    held: int
    n: int
    percent: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the calibration ribbon: `verdict` is "held", "low", "high", "few" or "none"."""

    text: str
    verdict: str
    title: str


def wilson(held: int, n: int) -> Share:
    """Share of `held` in `n` >= 1 with the 95 % interval of Wilson (1927), in which `TOGETHER` points count as one."""
    p, z2 = held / n, _Z95 * _Z95
    size = max(1.0, n / TOGETHER)
    centre = (p + z2 / (2 * size)) / (1 + z2 / size)
    half = _Z95 * math.sqrt(p * (1 - p) / size + z2 / (4 * size * size)) / (1 + z2 / size)
    return Share(held, n, 100 * p, 100 * max(0.0, centre - half), 100 * min(1.0, centre + half))


def words(share: Share) -> str:
    """ "41 of 47, 87 %, 75 to 94 %"."""
    return f"{share.held:,} of {share.n:,}, {share.percent:.0f}\u00a0%, {share.low:.0f} to {share.high:.0f}\u00a0%"


def ribbon_cell(held: int, n: int, lead: str, narrow: bool = False) -> Cell:
    """How well the 80 % interval held over one lead bucket, called `lead` ("1 to 2 h"); a narrow cell has no words."""
    if n == 0:
        return Cell("", "none", f"{lead} ahead: no matured forecast yet")
    share = wilson(held, n)
    whole = round(share.percent)
    verdict = _verdict(share) if n >= FEW else "few"
    text = f"{whole}{_ARROWS[verdict] if narrow else f' {verdict}'}" if verdict in _ARROWS else str(whole)
    return Cell(text, verdict, f"{lead} ahead: {words(share)}")


def _verdict(share: Share) -> str:
    """A share is off when its whole interval is; one that may well be on target is not judged."""
    if TARGET_LOW <= round(share.percent) <= TARGET_HIGH:
        return "held"
    if share.high < TARGET_LOW:
        return "low"
    return "high" if share.low > TARGET_HIGH else "few"
