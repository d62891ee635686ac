"""Live scores as plain values of the calibration page: how truth comes in, versions side by side, the timeline."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from webapp.charts import interval, live_scores
from webapp.charts.live_scores import Chart, Moment, Panel, Tick
from webapp.core.policies import wording
from webapp.core.policies.live_scores import Role
from webapp.core.policies.regressions import Verdict
from webapp.core.policies.wording import SPACE, Zone
from webapp.core.views.live_scores import (
    Compared,
    HourScore,
    LiveBoard,
    Scored,
    ShadowView,
    Truth,
    VersionScores,
    Watch,
)
from webapp.core.views.quality import Measured
from webapp.state import skill_words
from webapp.state.fleet_intervals import LEADS
from webapp.state.marks import Mark, mark

_ROWS: Final = 24
_ROLES: Final = {"candidate": "shadow, candidate", "guard": "shadow, guard"}
NO_PANEL: Final = Panel("", "", "", "", "")


@dataclass(frozen=True)
class TruthFacts:
    """How truth comes in: a sentence, whether it is bad news, and three counts."""

    sentence: str = ""
    stale: bool = False
    matured: str = ""
    missing: str = ""
    overdue: str = ""
    counted: str = ""


@dataclass(frozen=True)
class VersionLine:
    """A version in a role over the last day; `against` compares a shadow with who serves."""

    name: str
    role: str
    shadow: bool
    marks: list[Mark]
    count: str
    missing: str
    against: str
    against_title: str


@dataclass(frozen=True)
class HourLine:
    """An hour of the timeline: where it lies, and its numbers in words."""

    left: str
    width: str
    title: str
    at: str
    champion: str
    shadow: str


@dataclass(frozen=True)
class WatchLine:
    """A promotion that is or was watched: in words, and whether it was taken back."""

    text: str
    detail: str
    back: bool


@dataclass(frozen=True)
class LivePage:
    """What the page shows of live scores; `any` says that something was scored."""

    truth: TruthFacts = field(default_factory=TruthFacts)
    versions: list[VersionLine] = field(default_factory=list)
    skill: Panel = NO_PANEL
    held: Panel = NO_PANEL
    moments: list[Moment] = field(default_factory=list)
    ticks: list[Tick] = field(default_factory=list)
    hours: list[HourLine] = field(default_factory=list)
    table: list[HourLine] = field(default_factory=list)
    shadow_name: str = ""
    chart_says: str = ""
    watches: list[WatchLine] = field(default_factory=list)
    shadows: list[str] = field(default_factory=list)
    automatic: bool = True
    any: bool = False


def build(board: LiveBoard, zone: Zone) -> LivePage:
    """The live part of the page."""
    drawn = live_scores.chart(board.champion, board.shadow, board.moves, zone) if board.champion else None
    hours = _hours(board, zone)
    return LivePage(
        truth=truth(board.truth, zone), versions=[_version(one) for one in board.versions],
        skill=NO_PANEL if drawn is None else drawn.skill, held=NO_PANEL if drawn is None else drawn.held,
        moments=[] if drawn is None else list(drawn.moments), ticks=[] if drawn is None else list(drawn.ticks),
        hours=hours, table=hours[::-1][:_ROWS], shadow_name=board.shadow_name, chart_says=_chart_says(board, drawn),
        watches=[_watch(one, zone, board) for one in board.watches],
        shadows=[_shadow(one, zone, board.truth) for one in board.shadows], automatic=board.automatic,
        any=bool(board.champion),
    )  # fmt: skip


def truth(one: Truth, zone: Zone) -> TruthFacts:
    """The card: the newest truth and its age, and what the last scored day held."""
    if one.newest_at is None or one.due_at is None:
        return TruthFacts(sentence="No truth has come yet.")
    at = wording.clock_time(one.newest_at, zone, one.due_at)
    late = wording.duration((one.due_at - one.newest_at).total_seconds() / 60)
    counted = "" if one.scored_at is None else f"counted up to {wording.clock_time(one.scored_at, zone, one.due_at)}"
    sentence = (
        f"No truth since {at}, {late} ago: what stands here is of before and waits."
        if one.stale
        else f"Truth comes in: the newest is of {at}."
    )
    nothing = "no data" if one.scored_at is None else ""
    return TruthFacts(
        sentence, one.stale, nothing or f"{one.matured:,}", nothing or _none(one.missing), _none(one.overdue), counted
    )


def _none(count: int) -> str:
    return f"{count:,}" if count else "none"


def _version(one: VersionScores) -> VersionLine:
    shadow = one.role == Role.SHADOW
    role = _ROLES.get(one.why, "shadowed before") if shadow else "serves" if one.now else "served before"
    where = f"{one.name}, {role}"
    marks = [mark(_measured(scored), f"{where}, {lead} ahead") for scored, lead in zip(one.leads, LEADS, strict=True)]
    pairing, compares = None if one.pairing is None else one.pairing.whole, one.pairing is not None
    return VersionLine(
        one.name, role, shadow, [*marks, mark(_measured(one.whole), f"{where}, all lead times")],
        f"{one.whole.matured:,}" if one.whole.matured else "no data", _lacking(one),
        against(pairing) if compares else "", against_title(pairing) if compares else "",
    )  # fmt: skip


def _lacking(one: VersionScores) -> str:
    parts = [f"{one.whole.missing:,} missing"] if one.whole.missing else []
    if overdue := sum(one.overdue):
        parts.append(f"{overdue:,} overdue")
    return ", ".join(parts) or "none"


def _measured(one: Scored) -> Measured:
    return Measured(one.held, one.matured, one.skill)


def against(one: Compared | None) -> str:
    """ "2.1 % lower", "tie": a shadow's error beside that of who serves, on the same truths."""
    if one is None:
        return "no common truth yet"
    if one.low is None or one.high is None:
        return f"{_away(one.worse)}, too few to say"
    return f"tie, {_away(one.worse)}" if one.low <= 0 <= one.high else _away(one.worse)


def against_title(one: Compared | None) -> str:
    """The same with interval and counts."""
    if one is None:
        return "Neither has forecast a truth that the other forecast, too, since this version began to shadow."
    around = (
        "servers and days are too few for an interval"
        if one.low is None or one.high is None
        else f"95{SPACE}% interval {_percent(one.low)} to {_percent(one.high)}{SPACE}%"
    )
    return (
        f"Error {_away(one.worse)} than that of who serves, {around}, on {one.truths:,} truths of {one.hours:,}"
        f"{SPACE}h that both forecast, in {one.blocks:,} server days; the 80{SPACE}% intervals held "
        f"{100 * one.mine.share:.0f} and {100 * one.theirs.share:.0f}{SPACE}%."
    )


def _away(worse: float) -> str:
    if abs(worse) < 0.0005:
        return f"under 0.1{SPACE}% away"
    return f"{100 * abs(worse):.1f}{SPACE}% {'higher' if worse > 0 else 'lower'}"


def _percent(value: float) -> str:
    return wording.number(100 * value, 1)


def _hours(board: LiveBoard, zone: Zone) -> list[HourLine]:
    """A strip an hour over the whole chart, with what both lines say there."""
    if not board.champion:
        return []
    shadow = {one.end_at: one for one in board.shadow}
    drawn = live_scores.places(board.champion, board.shadow)
    reference = board.champion[-1].end_at
    made = []
    for one in board.champion:
        left, width = drawn(one.end_at)
        at = wording.clock_time(one.end_at, zone, reference)
        mine, other = _hour_words(one), _hour_words(shadow[one.end_at]) if one.end_at in shadow else "no data"
        title = f"The hour up to {at}. Champion: {mine}."
        title += f" {board.shadow_name}, in the shadow: {other}." if board.shadow_name else ""
        made.append(HourLine(left, width, title, at, mine, other))
    return made


def _hour_words(one: HourScore) -> str:
    if not one.scored.matured:
        return "no data"
    share = interval.wilson(one.scored.held, one.scored.matured)
    skill = "" if one.scored.skill is None else f", skill {skill_words.figure(one.scored.skill.value)}"
    return f"held {share.percent:.0f}{SPACE}% of {share.n:,}{skill}"


def _chart_says(board: LiveBoard, drawn: Chart | None) -> str:
    if drawn is None:
        return "Nothing was scored yet."
    moments = ", ".join(one.text for one in drawn.moments) or "the champion did not change"
    return f"Live skill and what the 80{SPACE}% interval held over {len(board.champion):,} hours; {moments}."


def _watch(one: Watch, zone: Zone, board: LiveBoard) -> WatchLine:
    reference = board.truth.due_at or one.since_at
    since = wording.clock_time(one.since_at, zone, reference)
    if one.verdict == Verdict.ROLLED_BACK:
        return WatchLine(
            f"{one.champion} was rolled back to {one.guard} by policy.", one.note.replace(" %", f"{SPACE}%"), True
        )
    seen = _seen(one)
    if one.open:
        until = wording.clock_time(one.until_at, zone, reference)
        return WatchLine(
            f"{one.champion} is watched since its promotion at {since}: {seen}; keeps serving.",
            f"{one.guard} guards it until {until} and forecasts full hours beside it.", False,
        )  # fmt: skip
    if one.verdict == Verdict.KEPT:
        return WatchLine(f"{one.champion} was kept after its promotion at {since}: {seen}.", one.note, False)
    return WatchLine(f"The watch over {one.champion}, promoted at {since}, ended: {one.note}.", seen, False)


def _seen(one: Watch) -> str:
    if one.compared is None:
        return "no truth yet that both forecast"
    found = one.compared
    around = "" if found.low is None else f" ({_percent(found.low)} to {_percent(found.high or 0.0)}{SPACE}%)"
    return (
        f"error {_away(found.worse)} than that of {one.guard}{around} on {found.truths:,} truths of {found.hours:,}"
        f"{SPACE}h"
    )


def _shadow(one: ShadowView, zone: Zone, truth_: Truth) -> str:
    reference = truth_.due_at or one.since_at
    until = wording.clock_time(one.until_at, zone, reference)
    seconds = "" if one.seconds is None else f", {one.seconds:.1f}{SPACE}s each"
    origins = "origin" if one.origins == 1 else "origins"
    skipped = f", {one.skipped:,} passed over" if one.skipped else ""
    return (
        f"{one.name} forecasts in the shadow as {one.why} until {until}: {one.origins:,} {origins}{skipped}{seconds}."
    )


def columns() -> Sequence[str]:
    """The heads of the versions' marks."""
    return (*LEADS, "All")
