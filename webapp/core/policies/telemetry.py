"""The door for telemetry: what a batch must be before any of it is stored. Pure, told the time.

A batch is right as a whole or refused as a whole, and a refusal names field and row. Nothing is
repaired on the way in: a value out of range, a time without a zone or a repeated server is the
sender's mistake to see.
"""

import math
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from ml.schema import METRICS, TICK_SECONDS, Metric, Profile
from webapp.core.clock import tick_of
from webapp.core.errors import FieldError, Invalid
from webapp.core.policies.profiles import LABEL

MAX_AGE: Final = timedelta(days=35)
"""Older rows are refused: no forecaster reads further back."""
AHEAD: Final = timedelta(seconds=TICK_SECONDS)
"""Rows further in the future are refused: a sender whose clock is off by more than a tick."""
MAX_NAME: Final = 128
SHOWN: Final = 50
"""Most errors named in one refusal; the rest are counted."""
STORED_NOTHING: Final = "Nothing was stored."
MOST_LABELS: Final = 20
LONGEST_LABEL: Final = 128
_KEYS: Final = frozenset({"asset", "at", "profile", "labels"} | {metric.name for metric in METRICS})
_PROFILES: Final = frozenset(Profile)


@dataclass(frozen=True, slots=True)
class Oldest:
    """How old a row may be, and what is said of an older one."""

    age: timedelta
    said: str


OLDEST: Final = Oldest(MAX_AGE, f"is older than {MAX_AGE.days} days")


@dataclass(frozen=True, slots=True)
class Row:
    """One server at one tick. `values` are in the contract's order, None where nothing was observed.

    `labels` are what its sender says of the server, None where it says nothing.
    """

    asset: str
    tick: int
    profile: Profile | None
    values: tuple[float | None, ...]
    labels: Mapping[str, str] | None = None


def parse(
    document: object, at: datetime, most: int, oldest: Oldest = OLDEST, outcome: str = STORED_NOTHING
) -> tuple[Row, ...]:
    """The rows of `{"rows": [...]}` as decoded from JSON. Raises Invalid naming each wrong field and its row."""
    listed = _listed(document, most, outcome)
    rows: list[Row] = []
    errors: list[FieldError] = []
    seen: dict[tuple[str, int], int] = {}
    for index, item in enumerate(listed):
        found = list(_problems(item, at, oldest)) if isinstance(item, dict) else [("rows", "must be an object")]
        if not found and isinstance(item, dict):
            row = _row(item)
            first = seen.setdefault((row.asset, row.tick), index)
            rows.append(row)
            if first != index:
                found = [("at", f"row {first} has the same server in the same 5 minutes")]
        errors += [FieldError(field, message, index) for field, message in found]
    refuse(errors, outcome)
    return tuple(rows)


def refuse(errors: list[FieldError], outcome: str = STORED_NOTHING) -> None:
    """Raise Invalid when there are errors; the first ones are named, all are counted."""
    if errors:
        first = errors[0]
        where = f"Row {first.row}, {first.field}" if first.row is not None else first.field
        more = f" And {len(errors) - 1} more." if len(errors) > 1 else ""
        raise Invalid(f"{where}: {first.message}.{more} {outcome}", tuple(errors[:SHOWN]))


def _listed(document: object, most: int, outcome: str) -> list[object]:
    if not isinstance(document, dict):
        refuse([FieldError("body", 'must be an object like {"rows": [...]}')], outcome)
    elif unknown := sorted(str(key) for key in document if key != "rows"):
        refuse([FieldError(short(unknown[0]), "is not a field of a batch; it has rows only")], outcome)
    elif not isinstance(rows := document.get("rows"), list):
        refuse([FieldError("rows", "must be a list of rows")], outcome)
    elif not 1 <= len(rows) <= most:
        refuse([FieldError("rows", f"has {len(rows)} rows; a batch has 1 to {most}")], outcome)
    else:
        return rows
    raise AssertionError("refuse() raises")


def _problems(item: Mapping[str, object], at: datetime, oldest: Oldest) -> Iterator[tuple[str, str]]:
    """(field, message) of everything wrong with one row by itself."""
    for key in sorted(item.keys() - _KEYS):
        yield short(str(key)), "is not in the data contract"
    if message := name_problem(item.get("asset")):
        yield "asset", message
    if message := _time_problem(item.get("at"), at, oldest):
        yield "at", message
    yield from _said_problems(item)
    present = [metric for metric in METRICS if item.get(metric.name) is not None]
    if not present:
        yield METRICS[0].name, "is missing, like every other metric; a row has at least one"
    for metric in present:
        if message := value_problem(metric, item[metric.name]):
            yield metric.name, message


def _said_problems(item: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """(field, message) of what is wrong with what a row says of its server."""
    profile = item.get("profile")
    if profile is not None and (not isinstance(profile, str) or profile not in _PROFILES):
        yield "profile", f"must be one of {', '.join(Profile)}"
    if message := _labels_problem(item.get("labels")):
        yield "labels", message


def _labels_problem(labels: object) -> str | None:
    if labels is None:
        return None
    if not isinstance(labels, dict):
        return "must be an object of texts"
    if len(labels) > MOST_LABELS:
        return f"has {len(labels)} labels; a server has at most {MOST_LABELS}"
    return next((said for key, value in labels.items() if (said := label_problem(key, value))), None)


def label_problem(key: object, value: object) -> str | None:
    """Why a pair cannot be a label, or None."""
    if not isinstance(key, str) or LABEL.fullmatch(key) is None:
        return f"has the key {short(str(key))}; a key has letters, digits, _, . and -, and begins with a letter or _"
    if not isinstance(value, str) or len(value) > LONGEST_LABEL or not value.isprintable():
        return f"has a {key} that is no printable text of at most {LONGEST_LABEL} characters"
    return None


def name_problem(name: object) -> str | None:
    """Why a value cannot be a server's name, or None."""
    if name is None:
        return "is missing"
    if not isinstance(name, str):
        return "must be text"
    if not 1 <= len(name) <= MAX_NAME:
        return f"must have 1 to {MAX_NAME} characters, not {len(name)}"
    if not name.isprintable() or name != name.strip() or "/" in name or "\\" in name:
        return "must be printable text without slashes or outer spaces"
    if not unicodedata.is_normalized("NFC", name) or set(name) == {"."}:
        return "must be text in Unicode form NFC, and more than dots"
    return None


def _time_problem(value: object, at: datetime, oldest: Oldest) -> str | None:
    if value is None:
        return "is missing"
    if not isinstance(value, str) or len(value) > 40:
        return 'must be a UTC time like "2026-11-21T08:00:00Z"'
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        return 'is not a time; write it like "2026-11-21T08:00:00Z"'
    if time.tzinfo is None:
        return "has no time zone; add Z for UTC"
    return _span_problem(time, at, oldest)


def _span_problem(time: datetime, at: datetime, oldest: Oldest) -> str | None:
    try:
        age = at - time.astimezone(UTC)
    except OverflowError:
        return "is no time that a server could report"
    if age < -AHEAD:
        return "is in the future; check the sender's clock"
    if age > oldest.age:
        return OLDEST.said if oldest.age < MAX_AGE < age else oldest.said
    return None


def value_problem(metric: Metric, value: object) -> str | None:
    """Why a value cannot be one of this metric, or None."""
    # bool is an int in Python, but true is no percentage.
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "must be a number"
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        return "must be a finite number; leave the field out where nothing was observed"
    if not metric.low <= number <= metric.high:
        return f"is {number:g}, outside of {metric.low:g} to {metric.high:g} {metric.unit}"
    return None


def _row(item: Mapping[str, object]) -> Row:
    """The row of an item without problems."""
    time, profile = datetime.fromisoformat(str(item["at"])), item.get("profile")
    values = tuple(_number(item.get(metric.name)) for metric in METRICS)
    labels = item.get("labels")
    return Row(
        str(item["asset"]), tick_of(time), Profile(str(profile)) if profile else None, values,
        dict(labels) if isinstance(labels, dict) else None,
    )  # fmt: skip


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def short(text: str) -> str:
    """A sender's word, short and printable, so that it can be shown; an empty one in quotes."""
    plain = "".join(letter if letter.isprintable() else "?" for letter in text[:40])
    return plain + ("…" if len(text) > 40 else "") or '""'
