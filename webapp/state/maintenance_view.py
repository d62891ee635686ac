"""The maintenance page as plain values, and what its address selects."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from webapp import routes
from webapp.charts.maintenance import NOTHING, Fortnight


@dataclass(frozen=True, slots=True)
class MaintenanceKey:
    """One view; `edit` is the window in the form (0: a new one), `servers` whom a new one is for at first."""

    stream: str
    zone: str
    edit: int = 0
    servers: str = ""

    @classmethod
    def of(cls, stream: str, zone: str, query: Mapping[str, str]) -> "MaintenanceKey":
        """Read an address; anything unknown falls back."""
        edit = query.get("edit", "")
        number = int(edit) if edit.isascii() and edit.isdigit() and len(edit) < 10 else 0
        return cls(stream, zone, number, query.get("servers", "").strip()[:500])

    def href(self, edit: int = 0) -> str:
        """The address with a window in the form, or with none."""
        return routes.url(routes.MAINTENANCE, stream=self.stream, edit=edit or "")


@dataclass(frozen=True)
class WindowRow:
    """A window in the list; `href` puts it into the form, `running` says that it is in force."""

    id: int
    title: str
    whom: str
    when: str
    next: str
    note: str
    by: str
    running: bool
    editing: bool
    href: str


@dataclass(frozen=True)
class SimulatedRow:
    """Servers that the simulator maintains, which nobody can change."""

    server: str
    when: str
    next: str


@dataclass(frozen=True)
class MaintenancePage:
    """Everything on the page but the form's contents, which are the tab's own."""

    sentence: str = ""
    behind: str = ""
    zone: str = ""
    zone_own: str = ""
    zone_note: str = ""
    calendar: Fortnight = NOTHING
    rows: list[WindowRow] = field(default_factory=list)
    simulated: list[SimulatedRow] = field(default_factory=list)
    simulated_note: str = ""
    groups: list[tuple[str, str]] = field(default_factory=list)
    plain: str = ""
    trouble: str = ""
    loaded: bool = False
