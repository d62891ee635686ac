"""From an evidence to the rows and bars of the page Models."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from webapp.core.policies import differences, wording
from webapp.core.policies.differences import Scale
from webapp.core.policies.wording import MINUS, SPACE
from webapp.core.views.evidence import CheckView, DifferenceView, EvidenceView, FiguresView
from webapp.state.models_view import BarRow, GateRow, LeadRow

_LOW: Final = 0.77
_HIGH: Final = 0.83


def leads(one: EvidenceView) -> list[LeadRow]:
    """All lead buckets together, then each."""
    found = one.differences
    lines = (found.overall, *found.by_lead)
    on = differences.scale(lines)
    mine, theirs = (_by_name(one, which) for which in ("candidate", "champion"))
    return [_lead(line, on, theirs.get(line.name), mine.get(line.name)) for line in lines]


def _by_name(one: EvidenceView, which: str) -> dict[str, FiguresView]:
    """A model's figures on all windows, as "overall", and in each lead bucket."""
    scores = next((scores for scores in one.models if scores.overall.name == which), None)
    if scores is None:
        return {}
    return {"overall": scores.overall, **{figures.name: figures for figures in scores.by_lead}}


def _lead(line: DifferenceView, on: Scale, was: FiguresView | None, now: FiguresView | None) -> LeadRow:
    held = None if now is None else now.coverage80
    off = "" if held is None or _LOW <= round(held, 2) <= _HIGH else "low" if held < _LOW else "high"
    return LeadRow(
        _row(line, on), f"{line.windows:,}", _loss(was), _loss(now), _skill(was), _skill(now), _held(was),
        _held(now) + (f", {off}" if off else ""), off,
    )  # fmt: skip


def bars(one: EvidenceView, lines: Sequence[DifferenceView]) -> list[BarRow]:
    """Differences on one scale with every metric and profile, in the order of the contract."""
    on = differences.scale((*one.differences.by_metric, *_places(one)))
    return [_row(line, on) for line in lines]


def profiles(one: EvidenceView) -> list[BarRow]:
    """Profiles, the worst first, then servers from elsewhere."""
    known = sorted(one.differences.by_profile, key=lambda line: -(line.relative or 0))
    return bars(one, [*known, *([one.elsewhere] if one.elsewhere else [])])


def _places(one: EvidenceView) -> tuple[DifferenceView, ...]:
    return (*one.differences.by_profile, *((one.elsewhere,) if one.elsewhere else ()))


def _row(line: DifferenceView, on: Scale) -> BarRow:
    bar = differences.bar(line, on)
    at = [f"{value:.2f}%" for value in (bar.start, bar.width, bar.dot, bar.zero)]
    return BarRow(bar.name, bar.verdict, *at, bar.words, bar.title)


def gate(one: EvidenceView) -> list[GateRow]:
    """One line a check, what failed first."""
    found = sorted(one.checks, key=lambda check: check.passed)
    return [GateRow(check.passed, differences.check(check.name), _measured(check), check.sentence) for check in found]


def _measured(check: CheckView) -> str:
    """The value beside a check, in its own unit; the whole sentence is its title."""
    value = check.measured
    if value is None:
        return "" if check.passed else "not measured"
    if check.name in ("better", "no_group_worse", "elsewhere", "seasonal_naive"):
        return differences.percent(-value if check.name == "seasonal_naive" else value)
    if check.name.startswith("coverage"):
        return f"{100 * value:.0f}{SPACE}%"
    if check.name == "latency":
        return f"{value:.0f}{SPACE}ms"
    if check.name == "size":
        return f"{value / 1e6:.1f}{SPACE}MB"
    return f"{value:,.0f} windows" if check.name in ("enough", "same_windows") else ""


def data(one: EvidenceView, zone: str, at: datetime) -> str:
    """What the candidate was trained on."""
    first, last = one.candidate.trained_from_at, one.candidate.trained_to_at
    if first is None or last is None:
        return "simulated servers alone"
    return f"telemetry from {wording.clock_time(first, zone, at)} to {wording.clock_time(last, zone, at)}"


def _loss(one: FiguresView | None) -> str:
    return "not measured" if one is None or one.pinball is None else f"{one.pinball:.3f}"


def _skill(one: FiguresView | None) -> str:
    return "" if one is None or one.skill is None else f"{one.skill:.2f}".replace("-", MINUS)


def _held(one: FiguresView | None) -> str:
    return "" if one is None or one.coverage80 is None else f"{100 * one.coverage80:.0f}{SPACE}%"
