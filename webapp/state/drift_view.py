"""The page of drift as plain values: a grid of cells, the timeline of one, episodes, decisions, the rule."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from ml.drift.reference import Test
from ml.schema import METRIC_INDEX, METRICS
from webapp import routes
from webapp.charts import drift as chart
from webapp.core.policies import drift_words as words
from webapp.core.policies import wording
from webapp.core.policies.drift_reports import EVERY
from webapp.core.policies.wording import SPACE
from webapp.core.views.drift_reports import (
    DriftCell,
    DriftDecisionView,
    DriftEpisodeView,
    DriftNeed,
    DriftRule,
    DriftSnapshot,
    DriftTest,
)
from webapp.core.views.streams import StreamView

_ALL: Final = "all"
_NEAR, _OVER = 0.75, 1.0
_WEEK: Final = 7 * 24
_WEEK_AGO: Final = f"{wording.MINUS}7{SPACE}days"
_SHORT: Final = {
    words.STATES[one]: said
    for one, said in zip(words.STATES, ("constant", "one server", "waits", "silent"), strict=True)
}


@dataclass(frozen=True)
class DriftKey:
    """What the address selects; without a cell, the one that stands out most."""

    stream: str
    zone: str
    group: str = ""
    metric: str = ""

    @classmethod
    def of(cls, stream: str, zone: str, query: Mapping[str, str]) -> "DriftKey":
        """Read a URL's query; a cell that cannot be is none."""
        group, _, metric = query.get("cell", "").partition(":")
        if metric not in METRIC_INDEX or not group or len(group) > 32:
            return cls(stream, zone)
        return cls(stream, zone, EVERY if group == _ALL else group, metric)

    def href(self, group: str, metric: str) -> str:
        """The address of a cell."""
        return routes.drift(self.stream, cell=f"{_ALL if group == EVERY else group}:{metric}")


@dataclass(frozen=True)
class Mark:
    """One cell of the grid."""

    text: str
    level: str
    href: str
    label: str
    selected: bool


@dataclass(frozen=True)
class Line:
    """One group of servers."""

    name: str
    servers: str
    marks: list[Mark]


@dataclass(frozen=True)
class Strip:
    """One test of the cell that is picked."""

    name: str
    window: str
    line: str
    over: str
    upper: str
    lower: str
    said: str
    level: str
    label: str


@dataclass(frozen=True)
class Picked:
    """The cell that is picked; `nothing` says why it has no timeline."""

    title: str = ""
    qualifier: str = ""
    strips: list[Strip] = field(default_factory=list)
    start: str = ""
    end: str = ""
    nothing: str = ""


@dataclass(frozen=True)
class Episode:
    """One line of the list of episodes."""

    what: str
    said: str
    test: str
    since: str
    found: str
    over: str
    peak: str
    cost: str
    open: bool
    why: str
    href: str


@dataclass(frozen=True)
class Decision:
    """One line of the list of decisions."""

    verdict: str
    reason: str
    when: str
    run: str
    retrain: bool


@dataclass(frozen=True)
class Rule:
    """The rule as the form and the card hold it."""

    enabled: bool = True
    said: str = ""
    open_hours: str = ""
    new_hours: str = ""
    pause_hours: str = ""
    minutes: str = ""
    by: str = ""
    reason: str = ""
    at: float = 0


@dataclass(frozen=True)
class Need:
    """What one test looks at and still needs."""

    name: str
    window: str
    reference: str
    cells: str
    missing: str


@dataclass(frozen=True)
class DriftPage:
    """Everything on the page but the forms."""

    sentence: str = ""
    behind: str = ""
    going_on: bool = False
    stale: str = ""
    lines: list[Line] = field(default_factory=list)
    waiting: str = ""
    picked: Picked = field(default_factory=Picked)
    episodes: list[Episode] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    rule: Rule = field(default_factory=Rule)
    needs: list[Need] = field(default_factory=list)
    reference: str = ""
    seen_at: float = 0
    missing: str = ""
    loaded: bool = False


def chosen(found: DriftSnapshot, key: DriftKey) -> tuple[str, str]:
    """The cell of the address; else that of the strongest open drift, else the strongest of all."""
    if key.metric:
        return key.group, key.metric
    going_on = [one for one in found.episodes if one.closed_at is None]
    if going_on:
        worst = max(going_on, key=lambda one: abs(one.statistic) / one.threshold)
        return worst.group, worst.metric
    strongest = max(found.cells, key=lambda one: one.strongest.ratio, default=None)
    return (EVERY, METRICS[0].name) if strongest is None else (strongest.group, strongest.metric)


def build(key: DriftKey, found: DriftSnapshot, stream: StreamView, seen_at: float) -> DriftPage:
    """The page of `key`; the snapshot's timeline is that of the cell that is `chosen`."""
    at = found.looked_at or stream.clock.at
    picked = chosen(found, key)
    waiting = "" if found.cells else words.sentence(found, key.zone)
    return DriftPage(
        sentence=words.sentence(found, key.zone), behind=words.next_step(found),
        going_on=any(one.closed_at is None for one in found.episodes), stale=_stale(stream, key.zone),
        lines=[_line(key, found, group, servers, picked) for group, servers in found.groups if found.cells],
        waiting=waiting, picked=_picked(key, found, picked, at),
        episodes=[_episode(key, one, at) for one in found.episodes],
        decisions=[_decision(one, key.zone, at) for one in found.decisions], rule=_rule(found.rule),
        needs=[_need(one) for one in found.needs], reference=_reference(found, key.zone, at), seen_at=seen_at,
        loaded=True,
    )  # fmt: skip


def _stale(stream: StreamView, zone: str) -> str:
    if stream.stale_since is None:
        return ""
    at = wording.clock_time(stream.stale_since, zone, stream.clock.wall_at)
    return f"No forecast since {at}: what is shown is from before, and nothing new is looked at."


def _line(key: DriftKey, found: DriftSnapshot, group: str, servers: int, picked: tuple[str, str]) -> Line:
    mine = [one for one in found.cells if one.group == group]
    name = "All servers" if group == EVERY else group
    return Line(name, f"{servers:,}", [_mark(key, one, picked) for one in mine])


def _mark(key: DriftKey, cell: DriftCell, picked: tuple[str, str]) -> Mark:
    text, level, said = _said(cell)
    name = words.cell(cell.group, cell.metric)
    return Mark(
        text, level, key.href(cell.group, cell.metric), f"{name[0].upper()}{name[1:]}: {said}",
        (cell.group, cell.metric) == picked,
    )  # fmt: skip


def _said(cell: DriftCell) -> tuple[str, str, str]:
    """What a cell shows, how strongly, and what it says at length."""
    strongest = cell.strongest
    if strongest.why_not is not None:
        return _SHORT.get(strongest.why_not, "waits"), "none", strongest.why_not
    share = f"{strongest.ratio * 100:.0f}{SPACE}%"
    said = f"{strongest.what} at {share} of the threshold, {_effect(strongest)}, {strongest.servers} servers"
    if strongest.ratio >= _OVER:
        return words.signed(Test[strongest.test.upper()], strongest.effect or 0.0), "over", said
    return share, "near" if strongest.ratio >= _NEAR else "calm", said


def _effect(test: DriftTest) -> str:
    return words.short(Test[test.test.upper()], test.effect or 0.0)


def _picked(key: DriftKey, found: DriftSnapshot, picked: tuple[str, str], at: datetime) -> Picked:
    name = words.cell(*picked)
    title = f"{name[0].upper()}{name[1:]}"
    cell = next((one for one in found.cells if (one.group, one.metric) == picked), None)
    if cell is None:
        return Picked(title, nothing="Nobody has looked at this cell yet.")
    hours = [_WEEK - 1 - round((at - one.at).total_seconds() / 3600) for one in found.points]
    kept = [(hour, one) for hour, one in zip(hours, found.points, strict=True) if hour >= 0]
    strips = []
    for place, (test, need) in enumerate(zip(cell.tests, found.needs, strict=True)):
        drawn = chart.track([hour for hour, _ in kept], [one.ratios[place] for _, one in kept], _WEEK)
        strips.append(_strip(test, need, drawn))
    costs = words.cost(cell.cost)
    return Picked(
        title, f"statistic against its threshold, 7{SPACE}days{f'; {costs}' if costs else ''}", strips,
        _WEEK_AGO, f"last look {wording.clock_time(at, key.zone, at)}",
    )  # fmt: skip


def _strip(test: DriftTest, need: DriftNeed, drawn: chart.Track) -> Strip:
    if test.why_not is not None:
        missing = f"; needs {need.missing_hours}{SPACE}h more" if need.missing_hours else ""
        said, level = f"not tested: {test.why_not}{missing}", "none"
    else:
        said = f"{wording.number(abs(test.statistic or 0.0), 1)} of {wording.number(test.threshold or 0.0, 1)}, "
        said += _effect(test)
        level = "over" if test.ratio >= _OVER else "near" if test.ratio >= _NEAR else "calm"
    name = _named(test.what)
    return Strip(
        name, f"{need.window_hours}{SPACE}h", drawn.line, drawn.over, str(drawn.upper), str(drawn.lower), said, level,
        f"{name}: {said}",
    )  # fmt: skip


def _named(what: str) -> str:
    """A test without its window, which stands beside it."""
    name = what.partition(" of ")[0]
    return f"{name[0].upper()}{name[1:]}"


def _episode(key: DriftKey, one: DriftEpisodeView, at: datetime) -> Episode:
    name = words.cell(one.group, one.metric)
    over = "open" if one.closed_at is None else wording.clock_time(one.closed_at, key.zone, at)
    return Episode(
        what=f"{name[0].upper()}{name[1:]}", said=words.short(Test[one.test.upper()], one.effect), test=one.what,
        since=wording.clock_time(one.since_at, key.zone, at), found=wording.clock_time(one.opened_at, key.zone, at),
        over=over, peak=f"{wording.number(abs(one.peak), 1)} of {wording.number(one.threshold, 1)}",
        cost=_share(one.cost), open=one.closed_at is None, why=one.why_closed or "",
        href=key.href(one.group, one.metric),
    )  # fmt: skip


def _share(cost: float | None) -> str:
    if cost is None:
        return "unknown"
    points = round(100 * cost)
    return f"{'+' if points > 0 else ''}{wording.number(points, 0)}{SPACE}%"


def _decision(one: DriftDecisionView, zone: str, at: datetime) -> Decision:
    first, last = (wording.clock_time(when, zone, at) for when in (one.first_at, one.last_at))
    run = "" if one.run is None else f"training {one.run}, {one.run_status}"
    when = first if first == last else f"{first} to {last}"
    return Decision("Train" if one.retrain else "No training", one.reason, when, run, one.retrain)


def _rule(rule: DriftRule) -> Rule:
    said = (
        f"Trains when drift has been open for {rule.open_hours}{SPACE}h, {rule.new_hours}{SPACE}h lie behind "
        f"the change and {rule.pause_hours}{SPACE}h behind the last training."
        if rule.enabled else "Drift starts no training."
    )  # fmt: skip
    return Rule(
        rule.enabled, said, str(rule.open_hours), str(rule.new_hours), str(rule.pause_hours), f"{rule.minutes:g}",
        rule.by, rule.reason, 0 if rule.at is None else rule.at.timestamp() * 1000,
    )  # fmt: skip


def _need(one: DriftNeed) -> Need:
    missing = f"in {_until(one.missing_hours)}" if one.missing_hours else "tested"
    days = one.reference_hours // 24
    reference = f"{days} days" if days else "none yet"
    return Need(_named(one.what), f"{one.window_hours}{SPACE}h", reference, f"{one.cells:,}", missing)


def _until(hours: int) -> str:
    """ "20 h", "8 days": what fits a narrow column."""
    return f"{hours}{SPACE}h" if hours < 48 else f"{round(hours / 24)} days"


def _reference(found: DriftSnapshot, zone: str, at: datetime) -> str:
    if found.reference_at is None:
        return "The reference is growing; the first week of it is needed."
    first, last = (wording.clock_time(one, zone, at) for one in found.reference_at)
    return f"Compared with {first} to {last}, each server with itself, at the same hour and weekday."
