"""The audit as people read it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

ORIGIN: Final = "0" * 64
"""What the first entry holds as the hash before it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries: times are [since, until); the words have to be equal, and "" takes all.

    `subject` also finds the entries that name it among the servers they touched.
    """

    since: datetime | None = None
    until: datetime | None = None
    person: str = ""
    noun: str = ""
    action: str = ""
    subject: str = ""


@dataclass(frozen=True, slots=True)
class AuditView:
    """Who changed what, when and why; `detail` are the values that were set."""

    id: int
    at: datetime
    actor: str
    action: str
    noun: str
    subject: str
    reason: str
    detail: tuple[tuple[str, str], ...]
    correlation_id: str
    hash: str


@dataclass(frozen=True, slots=True)
class AuditSnapshot:
    """Some entries, newest first, out of `matching` of `last_id`; `more` when older ones match as well.

    `people`, `nouns` and `actions` are all that there are.
    """

    at: datetime
    entries: tuple[AuditView, ...]
    more: bool
    matching: int
    last_id: int
    people: list[str]
    nouns: list[str]
    actions: list[str]


class Fault(StrEnum):
    """What can be wrong with the chain."""

    CHANGED = "changed"
    REMOVED = "removed"
    REORDERED = "reordered"
    HEAD = "head"


@dataclass(frozen=True, slots=True)
class Broken:
    """The first place where the chain does not hold: the entry's number, the kind, and a sentence."""

    id: int
    fault: Fault
    sentence: str


@dataclass(frozen=True, slots=True)
class Link:
    """Where the chain stands: the last entry's number and hash."""

    id: int = 0
    hash: str = ORIGIN


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a walk through the chain found: entries that hold, the last one's hash, the first broken place."""

    at: datetime
    intact: int
    last_hash: str
    broken: Broken | None
