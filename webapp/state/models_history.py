"""Who was champion when: the band, its times, and what became of versions, line by line."""

from datetime import datetime, timedelta
from typing import Final

from webapp.core.policies import wording
from webapp.core.policies.decisions import Verdict
from webapp.core.policies.promotions import Kind
from webapp.core.policies.wording import SPACE, zone_named
from webapp.core.views.candidates import DecisionView, ModelsView
from webapp.core.views.promotions import Served
from webapp.state.models_view import Happened, Mark, Stretch

_LINES: Final = 30
_MARKS: Final = 5
_WORDS: Final = {
    Kind.FIRST: ("circle-play", "fw-second", "{} began as champion"),
    Kind.RELEASE: ("box", "fw-second", "{} came with a release"),
    Kind.PROMOTION: ("check", "fw-pass", "{} became champion"),
    Kind.ROLLBACK: ("undo-2", "fw-warning", "Rolled back to {}"),
}  # fmt: skip


def band(found: ModelsView, zone: str) -> list[Stretch]:
    """Each stretch of the history as a share of it, the oldest at the left."""
    return [_stretch(one, found, zone) for one in reversed(found.history)]


def _stretch(one: Served, found: ModelsView, zone: str) -> Stretch:
    first, whole = _span(found)
    until = one.until_at or found.at
    left, width = (100 * (part / whole) for part in (one.since_at - first, until - one.since_at))
    lasted = wording.duration((until - one.since_at).total_seconds() / 60)
    since = wording.clock_time(one.since_at, zone, found.at)
    return Stretch(
        one.version if width > 5 else "", f"{left:.3f}%", f"{max(width, 0.4):.3f}%", one.until_at is None,
        one.kind == Kind.ROLLBACK, f"{one.name} from {since}, {lasted}, by {one.by}",
    )  # fmt: skip


def _span(found: ModelsView) -> tuple[datetime, timedelta]:
    first = found.history[-1].since_at
    return first, max(found.at - first, timedelta(seconds=1))


def marks(found: ModelsView, zone: str) -> list[Mark]:
    """Some times under the band, evenly."""
    if not found.history:
        return []
    first, whole = _span(found)
    times = [first + whole * step / _MARKS for step in range(_MARKS)]
    labels = [_time(one, zone, whole) for one in times]
    said = [
        Mark(f"{100 * step / _MARKS:.1f}%", label)
        for step, label in enumerate(labels)
        if label not in labels[:step]  # a young stream's times lie within a minute
    ]
    return [*said, Mark("100%", "now")]


def _time(at: datetime, zone: str, whole: timedelta) -> str:
    local = at.astimezone(zone_named(zone))
    if whole < timedelta(days=2):
        return f"{local:%a %H:%M}"
    return f"{local.day}{SPACE}{local:%b}"


def happened(found: ModelsView, zone: str) -> list[Happened]:
    """Moves of the slot and what was rejected, the newest first."""
    moves = [(one.since_at, _moved(one, zone, found.at)) for one in found.history]
    rejected = [(one.at, _rejected(one, zone, found.at)) for one in found.decisions if one.verdict == Verdict.REJECT]
    lines = sorted([*moves, *rejected], key=lambda line: line[0], reverse=True)
    return [line for _, line in lines[:_LINES]]


def _moved(one: Served, zone: str, at: datetime) -> Happened:
    sign, tone, words = _WORDS[Kind(one.kind)]
    return Happened(
        wording.clock_time(one.since_at, zone, at), sign, tone, words.format(one.version), one.by, one.reason
    )


def _rejected(one: DecisionView, zone: str, at: datetime) -> Happened:
    when = wording.clock_time(one.at, zone, at)
    return Happened(when, "x", "fw-second", f"{one.version} rejected", one.by, one.reason)


def parsed(text: str, zone: str) -> datetime | None:
    """A time as a browser's field gives it, in the viewer's zone; None for anything else."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.replace(tzinfo=zone_named(zone)) if found.tzinfo is None and found.year > 1970 else None


def answer(one: Served, moment: datetime, zone: str, at: datetime) -> str:
    """Who was champion at a moment, in words."""
    since = wording.clock_time(one.since_at, zone, at)
    return f"{wording.clock_time(moment, zone, at)}: {one.name}, since {since}"
