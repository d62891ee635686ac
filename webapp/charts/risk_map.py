"""The risk map: profiles as lanes, time to the first crossing as x. Pure: risks in, geometry out.

    in breach | now ............ 8 h | no crossing within 8 h

Places on the horizon are percent, so that the middle part stretches; heights are pixels. A
small fleet has names and ranges, a large one a mark for each server at risk and a square for
each other, all squares of a lane in one path.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from ml.schema import Profile
from webapp.charts import paths
from webapp.core.policies import wording
from webapp.core.views.fleet import RiskView
from webapp.core.views.severity import ORDER, Severity

LARGE: Final = 60
"""Servers above which the map shows marks without names."""
HOURS: Final = 8
AT_RISK: Final = (Severity.CRITICAL, Severity.WARNING, Severity.WATCH)
_SMALL_LANE, _LARGE_LANE = 20, 28
_HEAD: Final = 22
Grid = tuple[int, int, int]
_NAMED_WIDTH: Final = 460  # px of the horizon for which labels are placed: its narrowest at full width
_SMALL: Final = ((11, 16, 1), (7, 9, 2), (4, 5, 4))
"""Side, pitch and rows of a small fleet's squares: one profile may hold all of its servers."""
_SMALL_ROOM, _SMALL_NARROW_ROOM = 150, 114
_GRIDS: Final = ((4, 5, 4), (4, 5, 5), (3, 4, 6), (2, 3, 8))
"""Side, pitch and rows of a large fleet's squares, the first that fits into the room at the right."""
_ROOM, _NARROW_ROOM = 336, 190


@dataclass(frozen=True, slots=True)
class Mark:
    """One server at risk: `x`, `low`, `span` in percent of the horizon, `y` in px; no `label` without room for it."""

    name: str
    severity: str
    title: str
    x: str
    y: str
    low: str
    span: str
    label: str
    tail: str
    label_x: str
    label_dx: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Lane:
    """One profile. Its squares stand for the servers without a crossing."""

    profile: str
    servers: int
    top: str
    middle: str
    text: str
    breached: str
    breached_more: str
    breached_title: str
    wide: "Squares"
    narrow: "Squares"
    others: str


@dataclass(frozen=True, slots=True)
class Squares:
    """Servers without a crossing: clear ones, ones in maintenance, ones without a forecast, and where they end.

    `clear` is drawn filled in a small fleet; in a large one it is a dashed line of squares, a few bytes a row.
    """

    clear: str
    hollow: str
    rings: str
    end: str


@dataclass(frozen=True, slots=True)
class RiskMap:
    """The whole picture; `hours` are (place in percent, label) pairs, `foot` the y at which the lanes end."""

    large: bool
    side: str
    dashes: str
    narrow_side: str
    narrow_dashes: str
    height: str
    foot: str
    now: str
    hours: list[tuple[str, str]]
    lanes: list[Lane]
    marks: list[Mark]


NOTHING: Final = RiskMap(False, "", "", "", "", "166", "162", "now", [], [], [])


def risk_map(
    risks: Sequence[RiskView], profiles: Sequence[str], origin: datetime | None, zone: str, large: bool
) -> RiskMap:
    """Place every server. `origin` is now in stream time; each of `profiles` has a lane, filled or not."""
    step = _LARGE_LANE if large else _SMALL_LANE
    most = max((sum(one.profile == each and not _ahead(one) for one in risks) for each in profiles), default=0)
    grids = (_fitting(most, _ROOM), _fitting(most, _NARROW_ROOM))
    lanes, marks = [], []
    for index, profile in enumerate(profiles):
        mine = [one for one in risks if one.profile == profile]
        top = _HEAD + index * step
        lanes.append(_lane(profile, mine, top, step, large, grids, origin))
        if origin is not None:
            marks += _marks([one for one in mine if _ahead(one)], top + step / 2, origin, zone, large)
    foot = _HEAD + len(profiles) * step
    (side, pitch, _), (narrow, narrow_pitch, _) = grids
    return RiskMap(
        large=large, side=str(side), dashes=f"{side} {pitch - side}", narrow_side=str(narrow),
        narrow_dashes=f"{narrow} {narrow_pitch - narrow}", height=str(foot + 4), foot=str(foot),
        now=_now(origin, zone), hours=_hours(origin, zone), lanes=lanes, marks=marks,
    )  # fmt: skip


def in_order(profiles: Sequence[str]) -> list[str]:
    """The profiles that there are, in the contract's order, then others by name."""
    known = [one.value for one in Profile]
    return sorted(set(profiles), key=lambda one: (known.index(one) if one in known else len(known), one))


def _fitting(servers: int, room: int) -> tuple[int, int, int]:
    fits = (grid for grid in _GRIDS if -(-servers // grid[2]) * grid[1] <= room)
    return next(fits, _GRIDS[-1])


def _ahead(one: RiskView) -> bool:
    return one.severity in AT_RISK and one.breach_since_at is None and one.crossing_at is not None


def _now(origin: datetime | None, zone: str) -> str:
    return "now" if origin is None else f"now {wording.clock_time(origin, zone, origin)}"


def _hours(origin: datetime | None, zone: str) -> list[tuple[str, str]]:
    """The full hours of the horizon; the first one only if the chip of now leaves room for it."""
    if origin is None:
        return []
    local = origin.astimezone(ZoneInfo(zone))
    first = (local + timedelta(hours=1)).replace(minute=0, second=0, microsecond=0)
    every = [first + timedelta(hours=one) for one in range(HOURS)]
    places = [(_percent(at, origin), f"{at:%H:%M}") for at in every]
    return [(f"{place:.2f}%", label if 10.5 < place < 97 else "") for place, label in places if 0 < place < 100]


def _percent(at: datetime, origin: datetime) -> float:
    return (at - origin) / timedelta(hours=HOURS) * 100


def _marks(ones: list[RiskView], middle: float, origin: datetime, zone: str, large: bool) -> list[Mark]:
    placed: list[tuple[float, float]] = []
    marks = []
    for one in sorted(ones, key=lambda each: (ORDER.index(each.severity), each.crossing_at)):
        assert one.crossing_at is not None
        x = min(100.0, max(0.0, _percent(one.crossing_at, origin)))
        marks.append(_mark(one, x, middle, placed, origin, zone, large))
    return [replace(one, **_BARE) for one in marks] if large else _labelled(marks)


def _mark(
    one: RiskView, x: float, middle: float, placed: list[tuple[float, float]], origin: datetime, zone: str, large: bool
) -> Mark:
    near = 1.6 if large else 2.6
    offset = next((dy for dy in _OFFSETS if not any(abs(x - a) < near and dy == b for a, b in placed)), 0.0)
    placed.append((x, offset))
    low, high = one.crossing_low_at or one.crossing_at, one.crossing_high_at or one.crossing_at
    assert low is not None and high is not None and one.crossing_at is not None
    left, right = (min(100.0, max(0.0, _percent(at, origin))) for at in (low, high))
    lead = wording.duration((one.crossing_at - origin).total_seconds() / 60)
    what = "" if one.metric is None else wording.spoken(one.metric)
    return Mark(
        name=one.name, severity=one.severity.value, title=_title(one, what, lead, zone, origin),
        x=f"{x:.2f}%", y=f"{middle + offset:g}", low=f"{left:.2f}%", span=f"{max(0.4, right - left):.2f}%",
        label=one.name, tail=f"{what}, {lead}", label_x=f"{right:.2f}%", label_dx="7", anchor="start",
    )  # fmt: skip


_BARE: Final = dict.fromkeys(("low", "span", "label", "tail", "label_x", "label_dx", "anchor"), "")
_OFFSETS: Final = (0.0, 6.0, -6.0, 3.0, -3.0)


def _title(one: RiskView, what: str, lead: str, zone: str, origin: datetime) -> str:
    limit = "" if one.metric is None or one.threshold is None else f" {wording.limit(one.metric, one.threshold)}"
    around = wording.span(one.crossing_low_at, one.crossing_high_at, zone, origin)
    chance = wording.probability(one.probability)
    return f"{one.name}: {what}{limit} in {lead}, 80\u00a0% range {around}, probability {chance}"


def _labelled(marks: list[Mark]) -> list[Mark]:
    """Keep the names that have room: at the right of the range, else at its left, else in the tooltip only."""
    taken = [(_px(one.low) - 8, _px(one.low) + _px(one.span) + 8) for one in marks]
    kept = []
    for own, one in enumerate(marks):
        others = [span for index, span in enumerate(taken) if index != own]
        kept.append(_with_room(one, others, taken))
    return kept


def _with_room(one: Mark, others: list[tuple[float, float]], taken: list[tuple[float, float]]) -> Mark:
    start, end = _px(one.low), _px(one.low) + _px(one.span)
    short = len(one.label) * 6.6
    for tail in (one.tail, one.tail.split(",")[0], ""):
        width = short + len(tail) * 5.7 + 8
        for left, right, side in ((end + 7, end + 7 + width, "start"), (start - 7 - width, start - 7, "end")):
            free = all(right < a or left > b for a, b in others)
            if free and left > 4 and right < _NAMED_WIDTH:
                taken.append((left, right))
                others.append((left, right))
                place = f"{one.low}" if side == "end" else f"{100 * end / _NAMED_WIDTH:.2f}%"
                dx = "-7" if side == "end" else "7"
                return replace(one, tail=f" {tail}" if tail else "", label_x=place, label_dx=dx, anchor=side)
    return replace(one, label="", tail="")


def _px(percent: str) -> float:
    return float(percent.removesuffix("%")) * _NAMED_WIDTH / 100


def _lane(
    profile: str,
    mine: list[RiskView],
    top: int,
    step: int,
    large: bool,
    grids: tuple[Grid, Grid],
    origin: datetime | None,
) -> Lane:
    breached = [one for one in mine if one.severity in AT_RISK and one.breach_since_at is not None]
    rest = [one for one in mine if one not in breached and not _ahead(one)]
    return Lane(
        profile=profile, servers=len(mine), top=str(top), middle=f"{top + step / 2:g}", text=f"{top + step / 2 + 4:g}",
        breached=breached[0].name if breached else "", breached_more=_more(breached, large, origin),
        breached_title=", ".join(one.name for one in breached[:12]),
        wide=_dashes(rest, top, step, grids[0]) if large else _tiles(rest, top, step, _SMALL_ROOM),
        narrow=_dashes(rest, top, step, grids[1]) if large else _tiles(rest, top, step, _SMALL_NARROW_ROOM),
        others=f"{len(rest):,}" if large and rest else "",
    )  # fmt: skip


def _more(breached: list[RiskView], large: bool, origin: datetime | None) -> str:
    """How many more are in breach, else for how long the only one has been."""
    if len(breached) > 1:
        return f" +{len(breached) - 1}" if large else f" and {len(breached) - 1} more"
    if not breached or large or origin is None or breached[0].breach_since_at is None:
        return ""
    return f", {wording.duration((origin - breached[0].breach_since_at).total_seconds() / 60)}"


def _kinds(rest: list[RiskView]) -> tuple[int, int]:
    """How many are clear and how many in maintenance; the others have no forecast."""
    hollow = sum(one.severity is Severity.MAINTENANCE for one in rest)
    rings = sum(one.severity is Severity.NO_FORECAST for one in rest)
    return len(rest) - hollow - rings, hollow


def _tiles(rest: list[RiskView], top: int, step: int, room: int) -> Squares:
    """One square a server, in rows as small as it takes to end within `room`."""
    clear, hollow = _kinds(rest)
    fits = (one for one in _SMALL if -(-len(rest) // one[2]) * one[1] <= room)
    side, pitch, high = next(fits, _SMALL[-1])
    y0 = top + (step - (high * pitch - (pitch - side))) // 2
    corners = [(index // high * pitch, y0 + index % high * pitch) for index in range(len(rest))]
    return Squares(
        paths.squares(corners[:clear], side), paths.squares(corners[clear : clear + hollow], side),
        paths.rings(corners[clear + hollow :], side), str(-(-len(rest) // high) * pitch),
    )  # fmt: skip


def _dashes(rest: list[RiskView], top: int, step: int, grid: Grid) -> Squares:
    """Squares in columns of `high`; the clear ones as dashed lines through their middles."""
    side, pitch, high = grid
    clear, hollow = _kinds(rest)
    y0 = top + (step - (high * pitch - (pitch - side))) / 2
    lines = "".join(
        f"M0 {y0 + row * pitch + side / 2:g}h{-(-(clear - row) // high) * pitch}" for row in range(min(high, clear))
    )
    corners = [(index // high * pitch, round(y0 + index % high * pitch)) for index in range(clear, len(rest))]
    end = -(-len(rest) // high) * pitch
    return Squares(
        lines, paths.squares(corners[:hollow], side - 1), paths.rings(corners[hollow:], side - 1), str(end + 8)
    )
