"""One server: its history, its fans, its thresholds and what a person should know beside them."""

from dataclasses import dataclass
from datetime import datetime

from ml.contracts import Floats
from webapp.core.views.fleet import RiskView
from webapp.core.views.incidents import IncidentView
from webapp.core.views.inventory import Retirement
from webapp.core.views.maintenance import MaintenanceMark
from webapp.core.views.quality import Skill
from webapp.core.views.severity import Severity
from webapp.core.views.streams import StreamView


@dataclass(frozen=True, slots=True)
class MetricView:
    """One metric of one server. `history` [T] and `fan` [H, Q] in `unit`; `fan` None without a forecast."""

    metric: str
    label: str
    unit: str
    decimals: int
    severity: Severity
    now: float | None
    now_at: datetime | None
    threshold: float | None
    display_high: float
    history: Floats
    fan: Floats | None
    probability: float | None
    by_1h: float | None
    by_2h: float | None
    by_4h: float | None
    by_8h: float | None
    crossing_low_at: datetime | None
    crossing_at: datetime | None
    crossing_high_at: datetime | None
    breach_since_at: datetime | None
    coverage: tuple[tuple[int, int], ...]
    """(held, matured) of the 80 % interval per lead bucket, this server and metric."""
    skills: tuple[Skill | None, ...] = ()
    """Skill against yesterday's curve per lead bucket, this server and metric; None where nothing was compared."""
    skill: Skill | None = None
    """The same over all lead buckets."""


@dataclass(frozen=True, slots=True)
class Dependant:
    """A server that depends on this one, with its own risk."""

    name: str
    severity: Severity
    note: str


@dataclass(frozen=True, slots=True)
class InjectionMark:
    """A scenario on this server, for the amber wash: from `start_at` to `end_at` (None = running)."""

    label: str
    start_at: datetime
    end_at: datetime | None


@dataclass(frozen=True, slots=True)
class PastView:
    """One metric in a stretch of the past: `values` [T] from `start_at`, 5-minute steps, and what happened then."""

    start_at: datetime
    values: Floats
    injections: tuple[InjectionMark, ...]
    incidents: tuple[IncidentView, ...]


@dataclass(frozen=True, slots=True)
class ServerSnapshot:
    """Everything on the server page at one tick. `start_at` is the time of history[0]; 5-minute steps.

    `incidents` are those that lasted into the history, and the newest before, open ones first.

    `skill` is this server's own over all metrics, None until every lead bucket has enough truths. A `retired` server
    has position 0: it is in no list.
    """

    stream: StreamView
    risk: RiskView
    start_at: datetime
    origin_at: datetime
    metrics: tuple[MetricView, ...]
    dependants: tuple[Dependant, ...]
    depends_on: tuple[str, ...]
    injections: tuple[InjectionMark, ...]
    position: int
    total: int
    previous: str | None
    next: str | None
    skill: Skill | None = None
    incidents: tuple[IncidentView, ...] = ()
    retired: Retirement | None = None
    maintenance: tuple[MaintenanceMark, ...] = ()
