"""The page Models as plain values: versions, evidence, gate, what the person who looks may do, who served when."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from webapp import routes
from webapp.core.policies.roles import Role


@dataclass(frozen=True, slots=True)
class ModelsKey:
    """One view: a stream's models, seen from a zone by a person; `version` is the id of the one that is picked."""

    stream: str
    zone: str
    person: str
    role: Role
    version: int = 0

    @classmethod
    def of(cls, stream: str, zone: str, person: str, role: Role, query: Mapping[str, str]) -> "ModelsKey":
        """Read an address; anything unknown falls back to the newest candidate."""
        text = query.get("version", "")
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
        return cls(stream, zone, person, role, number)

    def href(self, version: int) -> str:
        """The address at which another version is picked."""
        return routes.models(self.stream, version=version)


@dataclass(frozen=True)
class VersionItem:
    """A version to pick."""

    label: str
    standing: str
    said: str
    href: str
    on: bool


@dataclass(frozen=True)
class BarRow:
    """A difference: percents of its track, as CSS and SVG want them."""

    name: str
    verdict: str
    start: str
    width: str
    dot: str
    zero: str
    words: str
    title: str


@dataclass(frozen=True)
class LeadRow:
    """One lead bucket: the losses of both, their difference, skill and coverage before and with the candidate."""

    bar: BarRow
    windows: str
    champion: str
    candidate: str
    skill_was: str
    skill_is: str
    held_was: str
    held_is: str
    off: str


@dataclass(frozen=True)
class GateRow:
    """One check."""

    passed: bool
    name: str
    measured: str
    sentence: str


@dataclass(frozen=True)
class Fact:
    """A name and its value."""

    name: str
    value: str


@dataclass(frozen=True)
class Picked:
    """The version that is looked at. `may` says that this person may decide now, `why_not` why not, or who may."""

    name: str = ""
    standing: str = ""
    state: str = ""
    evidence: int = 0
    evaluated: str = ""
    paired: str = ""
    leads: list[LeadRow] = field(default_factory=list)
    metrics: list[BarRow] = field(default_factory=list)
    profiles: list[BarRow] = field(default_factory=list)
    gate: list[GateRow] = field(default_factory=list)
    passes: bool = False
    gate_word: str = ""
    waiting: str = ""
    open: bool = False
    may: bool = False
    may_reject: bool = False
    override: bool = False
    why_not: str = ""
    asked_by: str = ""
    binds: str = ""
    beside: str = ""
    pack: str = ""
    run: str = ""
    facts: list[Fact] = field(default_factory=list)


@dataclass(frozen=True)
class Stretch:
    """A version on the band of champions."""

    label: str
    left: str
    width: str
    on: bool
    back: bool
    title: str


@dataclass(frozen=True)
class Mark:
    """A time under the band."""

    left: str
    label: str


@dataclass(frozen=True)
class Happened:
    """One line of what became of versions."""

    at: str
    sign: str
    tone: str
    what: str
    by: str
    why: str


@dataclass(frozen=True)
class ModelsPage:
    """Everything on the page; `phase` is "", "missing", "failed" or "ready"."""

    phase: str = ""
    title: str = ""
    behind: str = ""
    trouble: str = ""
    stream: str = ""
    champion: str = ""
    champion_said: str = ""
    champion_facts: list[Fact] = field(default_factory=list)
    versions: list[VersionItem] = field(default_factory=list)
    picked: Picked = field(default_factory=Picked)
    band: list[Stretch] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    happened: list[Happened] = field(default_factory=list)
    back_to: list[tuple[str, str]] = field(default_factory=list)
    may_roll_back: bool = False
    automatic: bool = False
    policy: str = ""
