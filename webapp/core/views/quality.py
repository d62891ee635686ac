"""How far a stream's forecasts may be trusted: what was measured of the champion on truth that has matured."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Skill:
    """How much smaller the loss is than that of yesterday's curve, over `truths`; below 0 it is worse.

    `low` and `high` are the 95 % interval that follows from how servers differ, None where they are too few.
    """

    value: float
    truths: int
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """What the 80 % interval held of what has matured, and the skill over what could be compared."""

    held: int
    matured: int
    skill: Skill | None


@dataclass(frozen=True, slots=True)
class Group:
    """One metric or one profile: a cell for each lead bucket, and all of them together."""

    name: str
    leads: tuple[Measured, ...]
    whole: Measured


@dataclass(frozen=True, slots=True)
class Quality:
    """The champion of a stream on matured truth.

    `skill` is the measured one, None until every lead bucket has `needed` truths (the fewest has `fewest`); `tested`
    is from the artefact's own evaluation on simulated servers. `scored_at` is the newest truth that was counted;
    `first_at` when the first will be, while none was.
    """

    model: str
    version: str
    leads: tuple[Measured, ...]
    whole: Measured
    metrics: tuple[Group, ...]
    profiles: tuple[Group, ...]
    servers: int
    skill: Skill | None
    tested: float | None
    fewest: int
    needed: int
    scored_at: datetime | None
    first_at: datetime | None
