"""The inventory page as plain values, and what its address selects."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from webapp import routes
from webapp.state.fleet_choices import Choice

VIEWS: Final = ("servers", "rules", "depends")
FILTERS: Final = ("all", "unknown", "guessed", "hand", "silent", "retired")


@dataclass(frozen=True)
class InventoryKey:
    """One view: which of the three, which servers, which page of them, and the one that is open."""

    stream: str
    zone: str
    view: str = "servers"
    q: str = ""
    only: str = "all"
    page: int = 1
    server: str = ""

    @classmethod
    def of(cls, stream: str, zone: str, query: Mapping[str, str]) -> "InventoryKey":
        """Read an address; anything unknown falls back."""
        view, only, page = query.get("view", ""), query.get("only", ""), query.get("page", "")
        number = int(page) if page.isascii() and page.isdigit() and len(page) < 6 else 1
        return cls(
            stream, zone, view if view in VIEWS else VIEWS[0], query.get("q", "").strip()[:60],
            only if only in FILTERS else FILTERS[0], max(1, number), query.get("server", "")[:128],
        )  # fmt: skip

    def href(self, **changes: Any) -> str:
        """The address of this view with some of it changed; what is as usual is left out."""
        shown = replace(self, **changes)
        return routes.inventory(
            shown.stream, view="" if shown.view == VIEWS[0] else shown.view, q=shown.q,
            only="" if shown.only == FILTERS[0] else shown.only, page="" if shown.page == 1 else shown.page,
            server=shown.server,
        )  # fmt: skip


@dataclass(frozen=True)
class InventoryRow:
    """A line of the table. `seen_at` is an instant in ms for an age that counts on, 0 where `seen` says it."""

    name: str
    href: str
    profile: str
    ground: str
    why: str
    sender: str
    added: str
    seen: str
    seen_at: float
    history: str
    also: str
    state: str
    tone: str
    selected: bool


@dataclass(frozen=True)
class MergedRow:
    """An entry that was merged into the open server."""

    name: str
    said: str


@dataclass(frozen=True)
class Neighbour:
    """A server that the open one depends on, or that needs it."""

    name: str
    href: str


@dataclass(frozen=True)
class Panel:
    """The open server; an empty `name` is none."""

    name: str = ""
    page: str = ""
    close: str = ""
    facts: list[tuple[str, str]] = field(default_factory=list)
    by_hand: str = ""
    needs: list[Neighbour] = field(default_factory=list)
    needed_by: list[Neighbour] = field(default_factory=list)
    needs_text: str = ""
    merged: list[MergedRow] = field(default_factory=list)
    retired: str = ""
    reporting: bool = False


@dataclass(frozen=True)
class RuleRow:
    """A rule in force: its number, its condition, its profile, and how many servers it decides."""

    number: str
    condition: str
    profile: str
    decides: str


@dataclass(frozen=True)
class EdgeRow:
    """What one server depends on and is needed by."""

    name: str
    href: str
    needs: str
    needed_by: str


@dataclass(frozen=True)
class ChangeRow:
    """A server whose profile other rules would change."""

    name: str
    before: str
    after: str
    why: str


@dataclass(frozen=True)
class InventoryPage:
    """Everything on the page. `settable`: profiles, rules and dependencies; `locked` says why no more than that."""

    slug: str = ""
    view: str = "servers"
    sentence: str = ""
    behind: str = ""
    tabs: list[Choice] = field(default_factory=list)
    settable: bool = False
    locked: str = ""
    filters: list[Choice] = field(default_factory=list)
    rows: list[InventoryRow] = field(default_factory=list)
    range_text: str = ""
    pages: list[Choice] = field(default_factory=list)
    q: str = ""
    every: str = ""
    one: Panel = Panel()
    names: list[str] = field(default_factory=list)
    rules: list[RuleRow] = field(default_factory=list)
    rules_text: str = ""
    edges: list[EdgeRow] = field(default_factory=list)
    graph_text: str = ""
    circles: str = ""
    seen_at: float = 0
    missing: str = ""
    loaded: bool = False
