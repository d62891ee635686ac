"""From the store and its limits to what the page Retention says of them."""

from datetime import datetime, timedelta
from typing import Final

from webapp.core.policies import wording
from webapp.core.policies.wording import SPACE, Zone
from webapp.core.views.retention import Consequence, DiskView, LimitView, StorageSnapshot, SweepView, UsageView
from webapp.state.retention_view import Kept, Part, RetentionPage, Swept

SORTS: Final = {
    "fans": "Forecasts", "telemetry": "Telemetry", "risks": "Risks", "twins": "Twins without injection",
    "runs": "Forecast cycles", "shadows": "Shadow forecasts", "rest": "Audit, people and the rest",
}  # fmt: skip
_PLURALS: Final = {
    "fans": "forecasts", "telemetry": "telemetry rows", "risks": "risks", "twins": "twins", "runs": "cycles",
    "shadows": "shadow forecasts", "scores": "hours of live scores",
    "batches": "batch notes", "failures": "failed jobs",
}  # fmt: skip
LABELS: Final = {
    "cap_mb": "In all", "fan_hours": "Forecasts", "telemetry_days": "Telemetry", "risk_days": "Risks",
    "run_days": "Forecast cycles",
}  # fmt: skip


def build(found: StorageSnapshot, zone: Zone) -> RetentionPage:
    """The page, seen from a zone."""
    limits = {one.name: one for one in found.limits}
    cap = limits["cap_mb"].value or 1
    share = found.used_mb / cap
    following = wording.clock_time(found.next_sweep_at, zone, found.at)
    return RetentionPage(
        sentence=f"{size(found.used_mb)} of at most {size(cap)} are used, {percent(share)}.",
        behind=f"The next sweep is at {following}; changes hold from then on.",
        counted_at=found.counted_at.timestamp() * 1000, seen_at=found.at.timestamp() * 1000,
        warning=_warning(share, found.disk),
        free=f"{size(found.disk.free_mb)} of {size(found.disk.total_mb)} free on the disk",
        parts=[_part(one, cap) for one in found.usage], kept=[_kept(one, zone, found.at) for one in found.limits],
        swept=[_swept(one, zone, found.at) for one in found.sweeps],
        sweeping=any(one.finished_at is None and _young(one, found.at) for one in found.sweeps[:1]),
        form={name: "" if one.value is None else str(one.value) for name, one in limits.items()},
        form_key=" ".join(f"{name}={one.value}" for name, one in limits.items()), loaded=True,
    )  # fmt: skip


def _young(one: SweepView, at: datetime) -> bool:
    return at - (one.started_at or one.asked_at) < timedelta(minutes=10)


def _warning(share: float, disk: DiskView) -> str:
    if disk.short:
        return (
            f"The disk is nearly full: {size(disk.free_mb)} are free, and the data may grow by more before it reaches "
            "its cap. Free space, or lower the cap."
        )
    if share >= 0.95:
        return "The data is at its cap: the oldest forecasts go at each sweep. Raise the cap, or keep less."
    return ""


def size(mb: float) -> str:
    """ "310 MB", "under 1 MB", "5,000 MB", "270 GB"."""
    if mb >= 10_000:
        return f"{mb / 1000:,.0f}{SPACE}GB"
    return f"under 1{SPACE}MB" if 0 < mb < 0.5 else f"{mb:,.0f}{SPACE}MB"


def percent(share: float) -> str:
    """A share without decimals."""
    return f"under 1{SPACE}%" if 0 < share < 0.005 else f"{share:.0%}".replace("%", f"{SPACE}%")


def length(span: timedelta) -> str:
    """ "48 h", "9 days"."""
    return wording.duration(span.total_seconds() / 60)


def _part(one: UsageView, cap: int) -> Part:
    oldest = "" if one.oldest is None else length(one.oldest)
    rows = f"{one.rows:,}" if one.rows else ""
    mb = size(one.mb) if one.mb else "none"
    return Part(one.name, SORTS[one.name], mb, rows, oldest, f"{100 * min(1.0, one.mb / cap):.2f}%")


def _kept(one: LimitView, zone: Zone, at: datetime) -> Kept:
    if one.by is None or one.at is None:
        return Kept(one.name, LABELS[one.name], words(one.name, one.value), "the installation's setting", "", own=True)
    when = wording.clock_time(one.at, zone, at)
    instead = f"The installation's setting: {words(one.name, one.installation)}"
    return Kept(
        one.name, LABELS[one.name], words(one.name, one.value), f"{one.by}, {when}: {one.reason}", instead, own=False
    )


def words(name: str, value: int | None) -> str:
    """A limit in a sentence's words."""
    if value is None:
        return "as long as the cap allows"
    if name == "cap_mb":
        return f"at most {size(value)}; over it the oldest forecasts go first, then the oldest days"
    if name == "fan_hours":
        return f"each one for {value:,}{SPACE}h of stream time, then one an hour"
    return f"for {value:,} days of stream time"


def _swept(one: SweepView, zone: Zone, at: datetime) -> Swept:
    asked = wording.clock_time(one.started_at or one.asked_at, zone, at)
    if one.started_at is None:
        return Swept(asked, one.by, "", "", "", "Waits for a worker", "fw-second")
    if one.finished_at is None:
        young = _young(one, at)
        note, tone = ("Under way", "fw-second") if young else ("Did not end: its worker died", "fw-critical")
        return Swept(asked, one.by, "", "", "", note, tone)
    seconds = (one.finished_at - one.started_at).total_seconds()
    took = f"under 1{SPACE}s" if seconds < 1 else f"{seconds:,.0f}{SPACE}s"
    freed = size(one.freed_mb) if one.freed_mb else "nothing"
    bad = one.note.startswith(("It did", "The data is over"))
    return Swept(asked, one.by, took, _deleted(one), freed, one.note, "fw-critical" if bad else "fw-second")


def _deleted(one: SweepView) -> str:
    if not one.deleted:
        return "nothing was old enough"
    named = [f"{count:,} {_PLURALS.get(sort, sort)}" for sort, count in one.deleted[:3]]
    return ", ".join(named)


def _about(mb: float) -> str:
    return f"About {size(mb)}" if mb >= 0.5 else f"Under 1{SPACE}MB"


def consequence(told: Consequence, zone: Zone, at: datetime) -> list[str]:
    """What the next sweep would do, a sentence each."""
    following = wording.clock_time(told.next_sweep_at, zone, at)
    said = [
        f"{_about(one.mb)} of {_PLURALS[one.name]} older than {length(one.oldest or timedelta())} would go at the "
        f"next sweep, at {following}: {one.rows:,} rows."
        for one in told.going
    ]
    if told.over_cap_mb >= 0.5:
        also = " more" if said else ""
        said.append(f"{_about(told.over_cap_mb)}{also} of the oldest forecasts would go to get under the cap.")
    return said or [f"Nothing would go at the next sweep, at {following}."]
