"""The page Retention as plain values: the store by sort, what is kept how long by whose word, the last sweeps."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Part:
    """One sort of rows in the bar and its table. `width` is its share of the cap."""

    name: str
    label: str
    mb: str
    rows: str
    oldest: str
    width: str


@dataclass(frozen=True)
class Kept:
    """One limit in words. `own` says that the installation decides it."""

    name: str
    label: str
    words: str
    by: str
    title: str
    own: bool


@dataclass(frozen=True)
class Swept:
    """One sweep."""

    at: str
    by: str
    took: str
    deleted: str
    freed: str
    note: str
    tone: str


@dataclass(frozen=True)
class RetentionPage:
    """Everything on the page. `form_key` changes when the form has to begin anew, from `form`."""

    sentence: str = ""
    behind: str = ""
    counted_at: float = 0
    seen_at: float = 0
    warning: str = ""
    free: str = ""
    parts: list[Part] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    swept: list[Swept] = field(default_factory=list)
    sweeping: bool = False
    form: dict[str, str] = field(default_factory=dict)
    form_key: str = ""
    trouble: str = ""
    loaded: bool = False
