"""Live skill and coverage hour by hour, with the moments at which the champion changed.

An hour that was not scored is a gap in the line, never a zero. Pure: hours in, paths and places out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from webapp.charts import paths
from webapp.core.policies import wording
from webapp.core.policies.wording import Zone
from webapp.core.views.live_scores import HourScore, Moved

WIDTH: Final = 1000
HEIGHT: Final = 100
HELD_LOW, HELD_HIGH = 50.0, 100.0
_HOUR: Final = timedelta(hours=1)
_LEAST_HOURS: Final = 12
_MARKS: Final = 6
_ROOM: Final = 0.17  # of the width that a moment's words take


@dataclass(frozen=True)
class Panel:
    """One of the two charts: the champion's line, the shadow's, where zero or the target lies, and its scale."""

    champion: str
    shadow: str
    top: str
    bottom: str
    zero: str


@dataclass(frozen=True)
class Moment:
    """A move of the slot: its place in percent, its words, on which line they stand, and whether they have room."""

    left: str
    text: str
    level: int
    back: bool
    shown: bool


@dataclass(frozen=True)
class Tick:
    """A time on the axis."""

    left: str
    text: str


@dataclass(frozen=True)
class Chart:
    """Both panels over one axis."""

    skill: Panel
    held: Panel
    moments: tuple[Moment, ...]
    ticks: tuple[Tick, ...]


def chart(champion: Sequence[HourScore], shadow: Sequence[HourScore], moves: Sequence[Moved], zone: Zone) -> Chart:
    """The timeline; there is at least one hour."""
    first, last = _span(champion, shadow)

    def x(at: datetime) -> float:
        return (at - first) / (last - first) * WIDTH

    low = min(0.0, *(_floor(one) for one in (*champion, *shadow)))
    skill = Panel(
        _line(champion, first, last, lambda one: _skill(one, low)),
        _line(shadow, first, last, lambda one: _skill(one, low)),
        "1", wording.number(low, 1) if low else "0", f"{_skill_y(0.0, low):.0f}",
    )  # fmt: skip
    held = Panel(
        _line(champion, first, last, _held), _line(shadow, first, last, _held), f"100{wording.SPACE}%",
        f"50{wording.SPACE}%", "",
    )  # fmt: skip
    shown = [one for one in moves if first <= one.at <= last]
    return Chart(skill, held, _moments(shown, x, zone, last), _ticks(first, last, x, zone))


def places(champion: Sequence[HourScore], shadow: Sequence[HourScore]) -> Callable[[datetime], tuple[str, str]]:
    """Where the hour that ends at a time lies: from the left, and how wide it is."""
    first, last = _span(champion, shadow)
    width = _HOUR / (last - first)
    return lambda at: (f"{100 * ((at - first) / (last - first) - width):.2f}%", f"{100 * width:.2f}%")


def _span(champion: Sequence[HourScore], shadow: Sequence[HourScore]) -> tuple[datetime, datetime]:
    times = [one.end_at for one in (*champion, *shadow)]
    last = max(times)
    return min(min(times) - _HOUR, last - _LEAST_HOURS * _HOUR), last


def _line(hours: Sequence[HourScore], first: datetime, last: datetime, y: Callable[[HourScore], float]) -> str:
    """A value an hour; hours that lack are NaN, which ends a line."""
    by_hour = {one.end_at: one for one in hours}
    count = int((last - first) / _HOUR)
    times = [last - at * _HOUR for at in range(count, -1, -1)]
    ys = [y(by_hour[at]) if at in by_hour else float("nan") for at in times]
    return paths.line([(at - first) / (last - first) * WIDTH for at in times], ys)


def _skill(one: HourScore, low: float) -> float:
    return float("nan") if one.scored.skill is None else _skill_y(one.scored.skill.value, low)


def _skill_y(value: float, low: float) -> float:
    return HEIGHT * (1.0 - value) / (1.0 - low)


def _floor(one: HourScore) -> float:
    """Skills below −1 leave the frame."""
    return 0.0 if one.scored.skill is None else max(-1.0, round(one.scored.skill.value - 0.05, 1))


def _held(one: HourScore) -> float:
    if not one.scored.matured:
        return float("nan")
    return held_y(100.0 * one.scored.held / one.scored.matured)


def held_y(percent: float) -> float:
    """Where a share lies."""
    return HEIGHT * (HELD_HIGH - percent) / (HELD_HIGH - HELD_LOW)


def _moments(moves: Sequence[Moved], x: Callable[[datetime], float], zone: Zone, last: datetime) -> tuple[Moment, ...]:
    """Words on the line above the chart where they have room, else on the one above, else none; the newest choose."""
    made: list[Moment] = []
    taken: tuple[list[float], list[float]] = ([], [])  # where the words on each line begin
    for one in reversed(moves):
        left = x(one.at) / WIDTH
        back = left > 1 - _ROOM
        begins = left - _ROOM if back else left
        level = next(
            (at for at, words in enumerate(taken) if all(abs(begins - other) >= _ROOM for other in words)), None
        )
        if level is not None:
            taken[level].append(begins)
        word = {"promotion": "promoted", "rollback": "back", "release": "released"}.get(one.kind, one.kind)
        text = f"{one.name.rpartition(' ')[2]} {word} {wording.clock_time(one.at, zone, last)}"
        made.append(Moment(f"{100 * left:.2f}%", text, level or 0, back, level is not None))
    return tuple(reversed(made))


def _ticks(first: datetime, last: datetime, x: Callable[[datetime], float], zone: Zone) -> tuple[Tick, ...]:
    step = max(1, round((last - first) / _HOUR / _MARKS)) * _HOUR
    times = [last - at * step for at in range(_MARKS, -1, -1)]
    return tuple(
        Tick(f"{x(at) / WIDTH * 100:.2f}%", wording.clock_time(at, zone, last)) for at in times if first <= at <= last
    )
