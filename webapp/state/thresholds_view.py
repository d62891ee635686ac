"""The page of thresholds as plain values: a row a profile, a cell a metric, and the cell that was picked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from ml.schema import METRIC_INDEX, METRICS, Profile
from webapp import routes
from webapp.core.clock import now
from webapp.core.policies import wording
from webapp.core.policies.wording import SPACE
from webapp.core.views.thresholds import ProfileView, ThresholdsSnapshot, ThresholdView
from webapp.state import thresholds_words as words
from webapp.state.shell import milliseconds

NOT_WATCHED: Final = "none"
"""What the form holds instead of a number."""
_BREACH = f"A breach is two observations in a row over the threshold: 10{SPACE}minutes."
_MAY = "An approver or administrator may change them."


@dataclass(frozen=True)
class ThresholdsKey:
    """What the address selects."""

    stream: str
    zone: str
    profile: str
    metric: str

    @classmethod
    def of(cls, stream: str, zone: str, query: Mapping[str, str]) -> "ThresholdsKey":
        """Read a URL's query; a cell that does not exist is none."""
        profile, metric = query.get("profile", ""), query.get("metric", "")
        known = profile in set(Profile) and metric in METRIC_INDEX
        return cls(stream, zone, profile if known else "", metric if known else "")

    def href(self, profile: str, metric: str) -> str:
        """The address of a cell."""
        return routes.url(routes.THRESHOLDS, stream=self.stream, profile=profile, metric=metric)


@dataclass(frozen=True)
class Cell:
    """One threshold; `standard` is its default where it differs, else empty."""

    text: str
    standard: str
    href: str
    label: str
    selected: bool


@dataclass(frozen=True)
class Row:
    """One profile."""

    profile: str
    servers: str
    here: bool
    cells: list[Cell]


@dataclass(frozen=True)
class Picked:
    """The cell in the address; `key` is empty without one, `limit` is as the form holds it."""

    key: str = ""
    profile: str = ""
    metric: str = ""
    title: str = ""
    unit: str = ""
    limit: str = ""
    standard: str = ""
    facts: list[tuple[str, str]] = field(default_factory=list)
    by: str = ""
    at: float = 0
    audit: str = ""


@dataclass(frozen=True)
class ThresholdsPage:
    """Everything on the page but the form."""

    sentence: str = ""
    behind: str = ""
    judging: bool = False
    rows: list[Row] = field(default_factory=list)
    picked: Picked = field(default_factory=Picked)
    seen_at: float = 0
    missing: str = ""
    loaded: bool = False


def build(key: ThresholdsKey, found: ThresholdsSnapshot) -> ThresholdsPage:
    """The page of `key`."""
    every = [one for profile in found.profiles for one in profile.metrics]
    picked = next((one for one in every if (one.profile, one.metric) == (key.profile, key.metric)), None)
    return ThresholdsPage(
        sentence=words.sentence([one.limit for one in every if one.changed], len(every)), behind=f"{_BREACH} {_MAY}",
        judging=found.judging_since_at is not None, rows=[_row(key, one) for one in found.profiles],
        picked=Picked() if picked is None else _picked(key, picked), seen_at=milliseconds(now()), loaded=True,
    )  # fmt: skip


def _row(key: ThresholdsKey, one: ProfileView) -> Row:
    count = f"{one.servers:,} server{'' if one.servers == 1 else 's'}" if one.servers else "no server"
    return Row(one.profile, count, one.servers > 0, [_cell(key, each) for each in one.metrics])


def _cell(key: ThresholdsKey, one: ThresholdView) -> Cell:
    said = words.level(one.metric, one.limit)
    tail = f", default {words.level(one.metric, one.default)}" if one.changed else ", the default"
    return Cell(
        words.UNWATCHED if one.limit is None else f"{one.limit:,g}", f"{one.default:,g}" if one.changed else "",
        key.href(one.profile, one.metric), f"{title(one.profile, one.metric)}: {said}{tail}",
        (one.profile, one.metric) == (key.profile, key.metric),
    )  # fmt: skip


def _picked(key: ThresholdsKey, one: ThresholdView) -> Picked:
    facts = [("Threshold", words.level(one.metric, one.limit)), ("Default", words.level(one.metric, one.default))]
    if one.reason is not None:
        facts.append(("Reason", one.reason))
    return Picked(
        key=f"{key.stream} {one.profile} {one.metric}", profile=one.profile, metric=one.metric,
        title=title(one.profile, one.metric), unit=METRICS[METRIC_INDEX[one.metric]].unit, limit=written(one.limit),
        standard=written(one.default), facts=facts, by=one.by or "", at=milliseconds(one.at),
        audit=routes.audit(key.stream, noun="threshold", subject=f"{key.stream} {one.profile} {one.metric}"),
    )  # fmt: skip


def title(profile: str, metric: str) -> str:
    """ "CPU of web servers"."""
    return f"{wording.label(metric)} of {profile} servers"


def written(limit: float | None) -> str:
    """A limit as the form holds it."""
    return NOT_WATCHED if limit is None else f"{limit:g}"
