"""The phases of a scenario as a bar: ramp, hold, recover, and where now stands in them.

Widths are shares of the planned whole, so the bar keeps its shape when a run is stopped early.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Final

from ml.schema import TICK_SECONDS
from webapp.core.policies import wording
from webapp.core.views.scenarios import ScenarioView

EFFECT_WIDTH: Final = 272
EFFECT_HEIGHT: Final = 52
_BASE, _PEAK = 44.0, 6.0
_NARROW, _WIDE = 0.1, 0.22


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase: its name and words, and where it lies in percent of the bar."""

    name: str
    text: str
    left: str
    width: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """All phases that have a length, and the now mark ("" outside of the run)."""

    phases: tuple[Phase, ...]
    now: str


EMPTY: Final = Timeline((), "")


def timeline(scenario: ScenarioView, now: datetime, zone: tzinfo) -> Timeline:
    """The bar of a scenario at stream time `now`; of one that is over, where it ended."""
    ticks = {"ramp": scenario.ramp_ticks, "hold": scenario.hold_ticks, "recover": scenario.recover_ticks}
    total = sum(ticks.values()) or 1
    phases, done = [], 0
    for name, length in ticks.items():
        if length:
            at = scenario.start_at + timedelta(seconds=TICK_SECONDS * done)
            said = _words(name, at, length, zone, now, length / total)
            phases.append(Phase(name, said, _pct(done / total), _pct(length / total)))
        done += length
    share = (min(now, scenario.end_at) - scenario.start_at) / timedelta(seconds=TICK_SECONDS * total)
    return Timeline(tuple(phases), _pct(share) if 0 <= share <= 1 else "")


def effect_path(ramp: int, hold: int, recover: int, intensity: float) -> str:
    """The shape of an effect in EFFECT_WIDTH x EFFECT_HEIGHT: quiet, ramp, hold, recovery, quiet."""
    total = max(1, ramp + hold + recover)
    peak = _BASE - (_BASE - _PEAK) * intensity**1.5
    room = EFFECT_WIDTH - 60
    points = [(0.0, _BASE), (30.0, _BASE)]
    for length, y in ((ramp, peak), (hold, peak), (recover, _BASE)):
        points.append((points[-1][0] + room * length / total, y))
    points.append((float(EFFECT_WIDTH), _BASE))
    return "M" + "L".join(f"{x:.0f},{y:.1f}" for x, y in points)


def _words(name: str, at: datetime, length: int, zone: tzinfo, now: datetime, share: float) -> str:
    """As much as fits into a phase of that share of the bar; the recovery's words may reach to the left."""
    lasts = wording.duration(length * TICK_SECONDS / 60)
    if name == "recover" or _NARROW <= share < _WIDE:
        return f", {lasts}"
    return "" if share < _NARROW else f" from {wording.clock_time(at, zone, now)}, {lasts}"


def _pct(share: float) -> str:
    return f"{100 * share:.2f}%"
