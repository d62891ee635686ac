"""How long what is kept: the limits, their bounds, and when the next sweep comes. Pure.

A limit that a person set wins over the installation's setting, which is the default. None means as long as the
cap allows. No limit goes below what coverage and the models read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Final

from ml.schema import HORIZON, TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_WEEK
from webapp.core.errors import FieldError, Invalid

LEAST_FANS: Final = HORIZON + 2 * TICKS_PER_HOUR
"""Ticks whose fans stay: coverage compares an hour's truth with the origins of eight hours before it."""
LEAST_DAYS: Final = 2
"""Days that stay even over the cap."""
SWEEP_MINUTE: Final = 7
SPARE_MB: Final = 1000
"""Room beside the cap: logs, the broker's file, the schema's next migration."""
LONGEST_REASON: Final = 300
_MOST_DAYS: Final = 3650
_HOURS: Final = LEAST_FANS // TICKS_PER_HOUR
_WEEK: Final = TICKS_PER_WEEK // TICKS_PER_DAY + 1


@dataclass(frozen=True, slots=True)
class Limits:
    """What the sweep keeps to. `risk_days` goes for risks, `run_days` for the rows of forecast cycles."""

    cap_mb: int
    fan_hours: int
    telemetry_days: int | None = None
    risk_days: int | None = None
    run_days: int | None = None


NAMES: Final = tuple(one.name for one in fields(Limits))
OPTIONAL: Final = frozenset({"telemetry_days", "risk_days", "run_days"})
LEAST: Final[Mapping[str, tuple[int, str]]] = {
    "fan_hours": (_HOURS, "coverage compares what came with the forecasts of the 8 hours before"),
    "telemetry_days": (_WEEK, "the models remember seven days of each server, and coverage one before that"),
    "risk_days": (LEAST_DAYS, "the pages look back a day"),
    "run_days": (LEAST_DAYS, "the jobs page and the age of each model look back"),
}
_LABELS: Final = {
    "cap_mb": ("The cap", "MB"), "fan_hours": ("Every forecast", "hours"), "telemetry_days": ("Telemetry", "days"),
    "risk_days": ("Risks", "days"), "run_days": ("Cycles", "days"),
}  # fmt: skip
_MOST: Final = {"fan_hours": 24 * 366, **dict.fromkeys(OPTIONAL, _MOST_DAYS)}


@dataclass(frozen=True, slots=True)
class Room:
    """What the cap has to lie between: what is needed at least, and what the disk could hold. In MB."""

    least_mb: int
    most_mb: int


def in_force(installation: Limits, decided: Mapping[str, object]) -> Limits:
    """The limits: each the decided one, if there is one and it is a number, else the installation's."""
    values = {name: _decided(name, decided, getattr(installation, name)) for name in NAMES}
    return Limits(**values)  # type: ignore[arg-type]  # None only for the optional ones


def _decided(name: str, decided: Mapping[str, object], installation: int | None) -> int | None:
    value = decided.get(name, installation)
    number = isinstance(value, int) and not isinstance(value, bool)
    return value if number or (value is None and name in OPTIONAL) else installation  # type: ignore[return-value]


def read(form: Mapping[str, object]) -> Limits:
    """The limits that a form asks for. Raises Invalid naming each field that is no whole number."""
    values: dict[str, int | None] = {}
    errors = []
    for name in NAMES:
        text = str(form.get(name) or "").strip().replace(",", "").replace("\u00a0", "")
        if not text and name in OPTIONAL:
            values[name] = None
        elif text.isascii() and text.isdigit() and len(text) < 10:
            values[name] = int(text)
        else:
            label, unit = _LABELS[name]
            what = "a whole number" + (", or empty for as long as the cap allows" if name in OPTIONAL else "")
            errors.append(FieldError(name, f"{label}: write {unit} as {what}."))
    _raise(errors)
    return Limits(**values)  # type: ignore[arg-type]


def check(limits: Limits, room: Room) -> None:
    """Raises Invalid naming every limit that is out of its bounds."""
    errors = [error for name in LEAST if (error := _bound(name, getattr(limits, name)))]
    if limits.cap_mb < room.least_mb:
        message = f"The cap must be at least {room.least_mb:,} MB: the servers' last days and forecasts need it."
        errors.insert(0, FieldError("cap_mb", message))
    elif limits.cap_mb > room.most_mb:
        message = f"The cap must be at most {room.most_mb:,} MB: the disk has room for no more."
        errors.insert(0, FieldError("cap_mb", message))
    _raise(errors)


def _bound(name: str, value: int | None) -> FieldError | None:
    least, why = LEAST[name]
    label, unit = _LABELS[name]
    if value is None or least <= value <= _MOST[name]:
        return None
    if value > _MOST[name]:
        return FieldError(name, f"{label}: at most {_MOST[name]:,} {unit}.")
    return FieldError(name, f"{label}: at least {least} {unit}, since {why}.")


def reason(text: object) -> str:
    """Why a limit is changed. Raises Invalid when nothing is said, or too much."""
    said = " ".join(text.split()) if isinstance(text, str) else ""
    if not said or len(said) > LONGEST_REASON:
        message = f"Say why, in at most {LONGEST_REASON} characters: the audit keeps it."
        raise Invalid(message, (FieldError("reason", message),))
    return said


def _raise(errors: list[FieldError]) -> None:
    if errors:
        raise Invalid(errors[0].message, tuple(errors))


def disk_short(used_mb: float, cap_mb: int, free_mb: float) -> bool:
    """Whether the disk could fill before the data reaches its cap."""
    return free_mb < max(0.0, cap_mb - used_mb) + SPARE_MB


def next_sweep(at: datetime) -> datetime:
    """When the scheduler sweeps next after `at`: seven minutes past each hour, UTC."""
    this_hour = at.replace(minute=SWEEP_MINUTE, second=0, microsecond=0)
    return this_hour if this_hour > at else this_hour + timedelta(hours=1)
