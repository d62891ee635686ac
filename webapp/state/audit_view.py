"""The audit page as plain values, and what its address selects."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from webapp import routes
from webapp.core.policies.wording import zone_named
from webapp.core.views.audit import Wanted

PAGE: Final = 50
FILTERS: Final = ("since", "until", "person", "noun", "action", "subject")
_DAY: Final = len("2026-11-25")


@dataclass(frozen=True, slots=True)
class AuditKey:
    """One view: its filters as they stand in the address, days and times in the viewer's zone.

    `before` is the number above the page's first entry, `entry` the one that is open; 0 for the newest and for none.
    """

    stream: str
    zone: str
    since: str = ""
    until: str = ""
    person: str = ""
    noun: str = ""
    action: str = ""
    subject: str = ""
    before: int = 0
    entry: int = 0

    @classmethod
    def of(cls, stream: str, zone: str, query: Mapping[str, str]) -> "AuditKey":
        """Read an address; anything unknown falls back."""
        since, until = (one if _moment(one, zone) else "" for one in (query.get("since", ""), query.get("until", "")))
        words = {name: query.get(name, "").strip()[:128] for name in ("person", "noun", "action", "subject")}
        before, entry = (_number(query.get(name, "")) for name in ("before", "entry"))
        return cls(stream, zone, since, until, **words, before=before, entry=entry)

    def href(self, **changes: Any) -> str:
        """The address of this view with some of it changed; another filter starts at the newest entry."""
        shown = replace(self, **{"before": 0, "entry": 0, **changes})
        query = {name: getattr(shown, name) for name in FILTERS}
        return routes.audit(shown.stream, **query, before=shown.before or "", entry=shown.entry or "")

    @property
    def wanted(self) -> Wanted:
        """The entries that match; a day as `until` is in it as a whole."""
        until = _moment(self.until, self.zone)
        if until is not None and len(self.until) == _DAY:
            until += timedelta(days=1)
        return Wanted(_moment(self.since, self.zone), until, self.person, self.noun, self.action, self.subject)

    @property
    def filtered(self) -> bool:
        """Whether anything is left out."""
        return any(getattr(self, name) for name in FILTERS)

    @property
    def from_number(self) -> int | None:
        """The number above the first entry of the page: the page of an entry that is linked begins with it."""
        return self.before or (self.entry + 1 if self.entry else None)


def _moment(text: str, zone: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone_named(zone)) if len(text) in (_DAY, 16) else None
    except ValueError:
        return None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


@dataclass(frozen=True)
class Target:
    """A server and its page."""

    label: str
    href: str


@dataclass(frozen=True)
class Pair:
    """One value that was set."""

    name: str
    value: str


@dataclass(frozen=True)
class AuditRow:
    """One entry; `href` opens it, `by` shows all of that person, `page` shows the subject ("" for none)."""

    number: str
    href: str
    at: str
    title: str
    person: str
    by: str
    action: str
    noun: str
    subject: str
    page: str
    servers: list[Target]
    more: str
    reason: str
    details: list[Pair]
    open: bool


@dataclass(frozen=True)
class AuditPage:
    """Everything on the page."""

    sentence: str = ""
    behind: str = ""
    rows: list[AuditRow] = field(default_factory=list)
    people: list[tuple[str, str]] = field(default_factory=list)
    nouns: list[tuple[str, str]] = field(default_factory=list)
    actions: list[tuple[str, str]] = field(default_factory=list)
    since: str = ""
    until: str = ""
    person: str = ""
    noun: str = ""
    action: str = ""
    subject: str = ""
    every: str = ""
    first: str = ""
    older: str = ""
    chain: str = ""
    chain_tone: str = ""
    checked_at: float = 0
    seen_at: float = 0
    trouble: str = ""
    loaded: bool = False
