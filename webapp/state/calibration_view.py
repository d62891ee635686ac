"""The calibration page as plain values: a line for each metric and profile, a mark for each lead bucket."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from webapp.charts import interval
from webapp.core.policies import wording
from webapp.core.policies.wording import SPACE, Zone
from webapp.core.views.live_scores import LiveBoard
from webapp.core.views.quality import Group, Quality
from webapp.core.views.streams import StreamView
from webapp.state import skill_words
from webapp.state.fleet_intervals import LEADS
from webapp.state.live_scores import LivePage
from webapp.state.live_scores import build as build_live
from webapp.state.marks import Mark, mark


@dataclass(frozen=True)
class Line:
    """One metric or profile; the last mark is of all lead buckets."""

    name: str
    marks: list[Mark]
    count: str


@dataclass(frozen=True)
class CalibrationPage:
    """Everything on the page; `first` says when the first numbers come, while there are none."""

    sentence: str = ""
    behind: str = ""
    worse: str = ""
    metrics: list[Line] = field(default_factory=list)
    profiles: list[Line] = field(default_factory=list)
    first: str = ""
    tested: str = ""
    live: LivePage = field(default_factory=LivePage)
    missing: str = ""
    loaded: bool = False


def build(quality: Quality, board: LiveBoard, stream: StreamView, zone: Zone) -> CalibrationPage:
    """The page of a stream."""
    live = build_live(board, zone)
    model = f"{quality.model} {quality.version}".strip() or "no model"
    stands = skill_words.standing(quality, zone)
    if not quality.whole.matured:
        return CalibrationPage(
            sentence="No truth has matured yet.", first=_first(quality, zone, model), tested=_tested(quality, model),
            worse=stands.worse, live=live, loaded=True,
        )  # fmt: skip
    return CalibrationPage(
        sentence=_sentence(quality, model), behind=_behind(quality, stream, zone), worse=stands.worse,
        metrics=[line(wording.label(one.name), one) for one in quality.metrics if one.whole.matured],
        profiles=[line(one.name, one) for one in quality.profiles if one.whole.matured], live=live, loaded=True,
    )  # fmt: skip


def line(name: str, group: Group) -> Line:
    """A row of one of the grids."""
    marks = [mark(one, f"{name}, {lead} ahead") for one, lead in zip(group.leads, LEADS, strict=True)]
    return Line(name, [*marks, mark(group.whole, f"{name}, all lead times")], f"{group.whole.matured:,}")


def _sentence(quality: Quality, model: str) -> str:
    share = interval.wilson(quality.whole.held, quality.whole.matured)
    held = f"The 80{SPACE}% interval of {model} held {share.percent:.0f}{SPACE}% of {share.n:,} truths"
    if quality.skill is None:
        return f"{held}."
    away = round(100 * abs(quality.skill.value))
    than = "below" if quality.skill.value >= 0 else "above"
    return f"{held}; its loss is {away}{SPACE}% {than} that of yesterday's curve."


def _behind(quality: Quality, stream: StreamView, zone: Zone) -> str:
    parts = []
    if quality.skill is not None:
        around = "" if quality.skill.low is None else f" on {quality.servers:,} servers"
        parts.append(f"Live skill {skill_words.at_length(quality.skill)}{around}.")
    if quality.tested is not None:
        parts.append(f"In tests on simulated servers {skill_words.figure(quality.tested)}.")
    if quality.skill is None:
        parts.append(skill_words.waiting(quality))
    if quality.scored_at is not None:
        at = stream.origin_at or quality.scored_at
        length = wording.duration((at - quality.scored_at).total_seconds() / 60)
        parts.append(
            f"Truth up to {wording.clock_time(quality.scored_at, zone, at)}, {length} before the last forecast."
        )
    return " ".join(parts)


def _first(quality: Quality, zone: Zone, model: str) -> str:
    if not quality.version:
        return "No model serves this stream, so there is nothing to measure."
    if quality.first_at is None:
        return f"{model} has made no forecast here yet; the first numbers follow an hour after it."
    at = wording.clock_time(quality.first_at, zone, quality.first_at)
    return f"First numbers at {at}: a forecast is measured hour by hour, as its time comes."


def _tested(quality: Quality, model: str) -> str:
    if quality.tested is None:
        return ""
    figure = skill_words.figure(quality.tested)
    return f"In tests on simulated servers {model} had skill {figure} against yesterday's curve."


def columns() -> Sequence[str]:
    """The heads of a grid's marks."""
    return (*LEADS, "All")
