"""The coming fortnight of maintenance: profiles as lanes, days as columns. Pure: what is planned in, geometry out.

Days are the viewer's; where the stream's zone has others, its midnights stand below. Places on the time axis are
percent, so that the picture stretches; heights are pixels. What is for a whole profile fills its lane, what is for
some servers is half as high, what the simulator does by itself is a line at the lane's foot.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

from webapp.charts.risk_map import in_order
from webapp.core.clock import time_of
from webapp.core.policies import maintenance, wording, zones
from webapp.core.policies import maintenance_words as words
from webapp.core.policies.maintenance import Stretch, tick_at
from webapp.core.views.maintenance import EVERY, Lane, MaintenanceView, Planned

DAYS: Final = 14
MOST_BARS: Final = 600
"""More are not drawn, and the picture says so."""
_HEAD, _LANE, _FOOT = 22, 26, 18
_LEAST: Final = 0.3  # percent: what is shorter could not be seen


@dataclass(frozen=True, slots=True)
class Day:
    """A column: its left edge and width in percent, its label, and whether it is a weekend."""

    x: str
    width: str
    label: str
    weekend: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A lane: a profile, how many servers it has, and where it lies."""

    profile: str
    servers: str
    top: str
    text: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One stretch; `kind` is "whole", "some" or "simulated", with "now" behind it while it runs."""

    x: str
    width: str
    y: str
    height: str
    kind: str
    title: str


@dataclass(frozen=True, slots=True)
class Fortnight:
    """The picture; `there` are the midnights of the stream's zone, empty where it is the viewer's."""

    height: str
    foot: str
    lanes: str
    now: str
    here: str
    there_name: str
    days: list[Day]
    there: list[tuple[str, str]]
    rows: list[Row]
    bars: list[Bar]
    label: str


NOTHING: Final = Fortnight("218", "218", "196", "0%", "", "", [], [], [], [], "")


@dataclass(frozen=True, slots=True)
class _Axis:
    start_at: datetime
    end_at: datetime

    def percent(self, at: datetime) -> float:
        return min(100.0, max(0.0, 100.0 * ((at - self.start_at) / (self.end_at - self.start_at))))

    @property
    def ticks(self) -> Stretch:
        return tick_at(self.start_at), tick_at(self.end_at)


def fortnight(view: MaintenanceView, viewer: str) -> Fortnight:
    """The picture of a stream, seen from a zone."""
    here, there = zones.zone_named(viewer), zones.zone_named(view.zone)
    today = view.at.astimezone(here).date()
    axis = _Axis(_midnight(today, here), _midnight(today + timedelta(days=DAYS), here))
    profiles = in_order([lane.profile for lane in view.lanes])
    tops = {profile: _HEAD + _LANE * at for at, profile in enumerate(profiles)}
    foot = _HEAD + _LANE * len(profiles)
    differs = any(_midnight(day, here) != _midnight(day, there) for day in (today, today + timedelta(days=DAYS)))
    bars = [*_simulated(view.lanes, tops, axis, view.at), *_planned(view, tops, foot, axis, viewer)]
    return Fortnight(
        height=str(foot + (_FOOT if differs else 4)), foot=str(foot), lanes=str(foot - _HEAD),
        now=f"{axis.percent(view.at):.2f}%",
        here=zones.city(viewer), there_name=zones.city(view.zone) if differs else "",
        days=list(_days(today, axis, here)),
        there=list(_midnights(axis, there)) if differs else [],
        rows=[_row(profile, view.lanes, tops[profile]) for profile in profiles], bars=bars[:MOST_BARS],
        label=_label(bars),
    )  # fmt: skip


def _midnight(day: date, zone: tzinfo) -> datetime:
    return zones.instant(datetime.combine(day, time()), zone)


def _days(today: date, axis: _Axis, zone: tzinfo) -> Iterator[Day]:
    for at in range(DAYS):
        day = today + timedelta(days=at)
        left, right = (axis.percent(_midnight(one, zone)) for one in (day, day + timedelta(days=1)))
        yield Day(f"{left:.2f}%", f"{right - left:.2f}%", f"{day:%a} {day.day}", day.weekday() >= 5)


def _midnights(axis: _Axis, zone: tzinfo) -> Iterator[tuple[str, str]]:
    first = axis.start_at.astimezone(zone).date()
    for at in range(DAYS + 2):
        day = first + timedelta(days=at)
        begins = _midnight(day, zone)
        if axis.start_at <= begins < axis.end_at - timedelta(hours=12):
            yield f"{axis.percent(begins):.2f}%", f"{day:%a} {day.day}"


def _row(profile: str, lanes: Sequence[Lane], top: int) -> Row:
    count = sum(lane.profile == profile for lane in lanes)
    return Row(profile, f"{count:,}", str(top), f"{top + _LANE / 2 + 4:g}")


def _planned(view: MaintenanceView, tops: dict[str, int], foot: int, axis: _Axis, viewer: str) -> Iterator[Bar]:
    for one in view.planned:
        stretches = maintenance.occurrences(one, *axis.ticks)
        for top, height, kind in _places(one, view.lanes, tops, foot):
            for stretch in stretches:
                yield _bar(axis, stretch, (top, height), kind, _title(one, stretch, viewer, view.at), view.at)


def _places(one: Planned, lanes: Sequence[Lane], tops: dict[str, int], foot: int) -> Iterator[tuple[int, int, str]]:
    """Where a window is drawn: across all lanes, in its profile's, or in those of its servers."""
    if one.profile == EVERY:
        yield _HEAD + 2, foot - _HEAD - 4, "whole"
    elif one.profile is not None:
        if one.profile in tops:
            yield tops[one.profile] + 3, _LANE - 9, "whole"
    else:
        for profile in dict.fromkeys(lane.profile for lane in lanes if lane.name in one.servers):
            yield tops[profile] + 8, _LANE - 19, "some"


def _bar(axis: _Axis, stretch: Stretch, place: tuple[int, int], kind: str, title: str, at: datetime) -> Bar:
    start, end = map(time_of, stretch)
    left, right = axis.percent(start), axis.percent(end)
    running = " now" if start <= at < end else ""
    return Bar(
        f"{min(left, 100 - _LEAST):.2f}%", f"{max(_LEAST, right - left):.2f}%", str(place[0]), str(place[1]),
        kind + running, title,
    )  # fmt: skip


def _title(one: Planned, stretch: Stretch, viewer: str, at: datetime) -> str:
    start, end = map(time_of, stretch)
    return f"{one.title}, {words.whom(one)}: {wording.span(start, end, viewer, at)} here; {words.when(one)}"


def _simulated(lanes: Sequence[Lane], tops: dict[str, int], axis: _Axis, at: datetime) -> Iterator[Bar]:
    for profile, top in tops.items():
        mine = [lane for lane in lanes if lane.profile == profile and lane.timetable]
        found = sorted((each, lane.name) for lane in mine for each in maintenance.timetable(lane, *axis.ticks))
        for stretch, names in _merged(found):
            who = ", ".join(names) if len(names) <= 3 else f"{len(names)} {profile} servers"
            place = (top + _LANE - 5, 3)
            yield _bar(axis, stretch, place, "simulated", f"{who}: set by the simulator", at)


def _merged(found: Sequence[tuple[Stretch, str]]) -> Iterator[tuple[Stretch, list[str]]]:
    """Stretches that overlap as one, with everybody's name: a large fleet has hundreds of them."""
    reach: Stretch | None = None
    names: dict[str, None] = {}
    for (start, end), name in found:
        if reach is not None and start > reach[1]:
            yield reach, list(names)
            reach, names = None, {}
        reach = (start, end) if reach is None else (reach[0], max(reach[1], end))
        names[name] = None
    if reach is not None:
        yield reach, list(names)


def _label(bars: Sequence[Bar]) -> str:
    planned = sum(not bar.kind.startswith("simulated") for bar in bars)
    said = f"Maintenance of the coming {DAYS} days: {planned} stretches planned by people"
    return f"{said}; the first {MOST_BARS} are drawn" if len(bars) > MOST_BARS else said
