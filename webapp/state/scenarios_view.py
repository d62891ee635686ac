"""The scenarios page as plain values: library, experiment, form, runs; and what its address selects."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ml.schema import Profile
from ml.streams.fleet import InjectionKind
from webapp import routes
from webapp.charts.timeline import EMPTY, Timeline

PROFILES = (*(one.value for one in Profile), "all")
_MOST_SERVERS = 200


@dataclass(frozen=True)
class ScenariosKey:
    """One view. `selected` 0 is whatever runs; `again` fills the form from an earlier run."""

    stream: str
    zone: str
    selected: int = 0
    asset: str = ""
    kind: str = ""
    servers: tuple[str, ...] = ()
    profile: str = ""
    again: int = 0

    @classmethod
    def of(cls, stream: str, zone: str, query: Mapping[str, str]) -> "ScenariosKey":
        """Read an address; anything unknown falls back."""
        names = tuple(dict.fromkeys(filter(None, query.get("servers", "").split(","))))
        kind, profile = query.get("kind", ""), query.get("profile", "")
        return cls(
            stream, zone, _number(query.get("selected", "")), query.get("asset", "")[:253],
            kind if kind in set(InjectionKind) else "", names[:_MOST_SERVERS],
            profile if profile in PROFILES else "", _number(query.get("again", "")),
        )  # fmt: skip

    def href(self, **changes: Any) -> str:
        """The address of this view with some of it changed."""
        shown: dict[str, Any] = {
            "selected": self.selected, "asset": self.asset, "kind": self.kind, "servers": self.servers,
            "profile": self.profile, "again": self.again,
        } | changes  # fmt: skip
        return routes.scenarios(
            self.stream, **{**shown, "selected": shown["selected"] or "", "again": shown["again"] or "",
                            "servers": ",".join(shown["servers"])}
        )  # fmt: skip


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


@dataclass(frozen=True)
class Kind:
    """One entry of the library, with how often its breach was forewarned."""

    kind: str
    label: str
    short: str
    sign: str
    count: str
    verdict: str
    title: str
    href: str
    selected: bool


@dataclass(frozen=True)
class Choice:
    """A chip of the form, or a suggestion: a server or a whole profile."""

    name: str
    label: str
    href: str


@dataclass(frozen=True)
class Form:
    """What the form begins with; `key` changes when it has to begin anew."""

    key: str = ""
    kind: str = ""
    chips: list[Choice] = field(default_factory=list)
    count: int = 0
    start: str = "Start"
    intensity: int = 80
    ramp: str = ""
    hold: str = ""
    recover: str = ""
    seed: str = ""
    guard: str = ""
    limit: str = ""
    hypothesis: str = ""
    lever: str = ""
    metric: str = ""
    metric_limit: str = ""
    metric_default: str = ""


@dataclass(frozen=True)
class Experiment:
    """The selected run. `breach_ms` is the predicted breach in stream time, 0 for none."""

    id: int = 0
    title: str = ""
    server: str = ""
    seed: str = ""
    hypothesis: str = ""
    state: str = ""
    why: str = ""
    tone: str = ""
    live: bool = False
    first_name: str = "Predicted breach in"
    first_text: str = ""
    first_tone: str = ""
    first_note: str = ""
    breach_ms: float = 0
    forewarned: str = ""
    forewarned_note: str = ""
    guard_name: str = ""
    guard: str = ""
    guard_note: str = ""
    metric: str = ""
    label: str = ""
    has_twin: bool = False
    again: str = ""
    assets: list[tuple[str, str, bool]] = field(default_factory=list)


@dataclass(frozen=True)
class Run:
    """One row of the runs."""

    id: int
    started: str
    label: str
    servers: str
    hypothesis: str
    predicted: str
    breached: str
    lead: str
    state: str
    why: str
    sign: str
    tone: str
    href: str
    again: str
    selected: bool


@dataclass(frozen=True)
class ScenariosPage:
    """Everything on the page. `clock_*` are what a countdown needs (see `state.shell.running_clock`)."""

    sentence: str = ""
    behind: str = ""
    running: int = 0
    kinds: list[Kind] = field(default_factory=list)
    experiment: Experiment = Experiment()
    bar: Timeline = EMPTY
    figure: dict[str, Any] = field(default_factory=dict)
    form: Form = Form()
    names: list[str] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    runs_note: str = ""
    clock_at: float = 0
    clock_seen: float = 0
    clock_speed: float = 0
    clock_until: float = 0
    trouble: str = ""
    loaded: bool = False
