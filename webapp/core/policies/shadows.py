"""Who may forecast beside a champion, for how long, and at which origins. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ml.schema import HORIZON, TICKS_PER_DAY, TICKS_PER_HOUR


class Why(StrEnum):
    """What a version shadows for: to be judged, or to judge the one that took its place."""

    CANDIDATE = "candidate"
    GUARD = "guard"


LENGTH: Final[Mapping[Why, int]] = {Why.CANDIDATE: 7 * TICKS_PER_DAY, Why.GUARD: 3 * TICKS_PER_DAY}
"""Ticks of stream time for which each shadows."""
MOST_CANDIDATES: Final = 2
"""Candidates that shadow a stream at once: a newer one takes the oldest one's place."""
LOOK_BACK: Final = HORIZON
"""Ticks within which an origin that no shadow forecast is still noted as passed over."""


@dataclass(frozen=True, slots=True)
class Owed:
    """What a shadow has to do: forecast at `origin`, None for nothing, and note origins as passed over."""

    origin: int | None
    passed: tuple[int, ...]


def owed(champion: Mapping[int, int], done: Mapping[int, int], since: int, until: int) -> Owed:
    """The newest full hour wins; older ones that the champion forecast and nobody shadowed are passed over.

    `champion` are its forecasts by origin, `done` how many of them a shadow was asked for.
    """
    hours = [tick for tick in sorted(champion) if since < tick <= until and tick % TICKS_PER_HOUR == 0]
    if not hours:
        return Owed(None, ())
    newest = hours[-1]
    open_ = newest if champion[newest] > done.get(newest, 0) else None
    return Owed(open_, tuple(tick for tick in hours[:-1] if tick not in done and tick >= newest - LOOK_BACK))


def too_many(candidates: Sequence[int]) -> Sequence[int]:
    """Of candidates, oldest first, those that make room for newer ones."""
    return candidates[: max(0, len(candidates) - MOST_CANDIDATES)]
