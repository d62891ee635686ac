"""What is said of a threshold that is tried: what it would have done, and what it would do now. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ml.schema import METRIC_INDEX, METRICS
from webapp.core.policies import wording
from webapp.core.policies.thresholds import MOST_SHARE, Limit
from webapp.core.policies.wording import SPACE, Zone
from webapp.core.views.severity import ORDER, Severity
from webapp.core.views.thresholds import Breached, Move, ThresholdPreview
from webapp.state.server_words import UNWATCHED, listed

_WEEK_DAYS = 7
_NAMED = 4


@dataclass(frozen=True)
class Said:
    """One line of a preview."""

    text: str
    tone: str = "fw-second"


def level(metric: str, limit: Limit) -> str:
    """ "90 %", "1,500 ms" or "not watched"."""
    return UNWATCHED if limit is None else f"{limit:,g}{SPACE}{METRICS[METRIC_INDEX[metric]].unit}"


def preview(found: ThresholdPreview, zone: Zone) -> list[Said]:
    """The lines of a preview, the past first."""
    if not found.servers:
        return [Said("No server of this stream has this profile: it is for those that come.")]
    return [*_past(found), *_now(found, zone)]


def _past(found: ThresholdPreview) -> list[Said]:
    if not found.days:
        return [Said("Nothing was observed in the last 7 days, so nothing can be said of them.")]
    instead = f"with {level(found.metric, found.before)}: {_breached(found.was)}"
    if found.before is None:
        instead = "now it is not watched"
    said = [Said(f"{_span(found.days)}: {_would(found.would)} ({instead}).", "")]
    if found.would.share > MOST_SHARE:
        share, most = (wording.probability(one) for one in (found.would.share, MOST_SHARE))
        far = f"Over {most} it is an everyday value rather than a breach."
        said.append(Said(f"That is {share} of all observations. {far}", "warn"))
    return said


def _span(days: float) -> str:
    if days > _WEEK_DAYS - 0.05:
        return f"Last {_WEEK_DAYS}{SPACE}days"
    return f"Last {wording.duration(days * 24 * 60)}"


def _would(one: Breached) -> str:
    if not one.minutes:
        return "no server would have been in breach"
    return f"{_servers(one.servers)} would have been in breach for {wording.duration(one.minutes)} in total"


def _breached(one: Breached) -> str:
    return f"{_servers(one.servers)}, {wording.duration(one.minutes)}" if one.minutes else "none"


def _now(found: ThresholdPreview, zone: Zone) -> list[Said]:
    if found.origin_at is None:
        return [Said("There is no forecast yet that it could be held against.")]
    at = wording.clock_time(found.origin_at, zone, found.origin_at)
    if not found.moves:
        return [Said(f"Now, at {at}: no server would change.")]
    return [
        _moved(found.moves, severity, at) for severity in ORDER if any(one.after is severity for one in found.moves)
    ]


def _moved(moves: Iterable[Move], severity: Severity, at: str) -> Said:
    names = [one.server for one in moves if one.after is severity]
    tone = severity.value if severity in (Severity.CRITICAL, Severity.WARNING) else ""
    return Said(f"Now, at {at}: {_servers(len(names))} would become {severity.label}: {listed(names, _NAMED)}.", tone)


def _servers(count: int) -> str:
    return f"{count:,} server{'' if count == 1 else 's'}"


def use(metric: str, limit: Limit, standard: float) -> str:
    """The button that sets it."""
    if limit is None:
        return "Stop watching it"
    return f"Back to {level(metric, limit)}, the default" if limit == standard else f"Use {level(metric, limit)}"


def sentence(changed: Sequence[Limit], every: int) -> str:
    """The page in one sentence."""
    if not changed:
        return "Every threshold is the default."
    silent = sum(one is None for one in changed)
    if len(changed) == 1:
        return f"1 threshold differs from the default{': its metric is not watched' if silent else ''}."
    which = f", {silent} of them not watched" if silent else ""
    return f"{len(changed)} of {every} thresholds differ from the default{which}."
