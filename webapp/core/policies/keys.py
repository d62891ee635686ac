"""What API keys are for: one table says which scope opens which endpoint. Default deny: what is not in it is shut.

The endpoints look their callers up here, the reference and the page API keys are written from it.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from webapp.core.errors import FieldError, Invalid
from webapp.core.policies import telemetry
from webapp.core.policies.roles import Role


class Scope(StrEnum):
    """What a key may do."""

    TELEMETRY = "telemetry"
    BACKFILL = "backfill"
    PREDICT = "predict"
    FEEDBACK = "feedback"
    READ = "read"
    ADMIN = "admin"


MEANING: Final[Mapping[Scope, str]] = {
    Scope.TELEMETRY: "push rows that are at most 24 h old",
    Scope.BACKFILL: f"push rows of any age up to {telemetry.MAX_AGE.days} days",
    Scope.PREDICT: "forecast servers that Forewarn does not watch",
    Scope.FEEDBACK: "send truth back; no endpoint asks for it yet",
    Scope.READ: "read streams, risks, forecasts, and the health and metrics from elsewhere",
    Scope.ADMIN: "all of these; read the audit and the keys; change thresholds and maintenance",
}
"""One line each, for a person who makes a key."""


@dataclass(frozen=True, slots=True)
class Opening:
    """Who may call an endpoint: a key with any of `scopes` (none: no key), or a session of `role` and above (None: no
    session)."""

    scopes: tuple[Scope, ...]
    role: Role | None


_READS: Final = Opening((Scope.READ,), Role.VIEWER)
_OPERATES: Final = Opening((Scope.ADMIN,), Role.OPERATOR)
_APPROVES: Final = Opening((Scope.ADMIN,), Role.APPROVER)
OPENINGS: Final[Mapping[str, Opening]] = {
    "POST /api/v1/telemetry": Opening((Scope.TELEMETRY, Scope.BACKFILL), None),
    "POST /api/v1/predict": Opening((Scope.PREDICT,), Role.VIEWER),
    "POST /api/password": Opening((), Role.VIEWER),
    "GET /api/v1/me": Opening(tuple(Scope), Role.VIEWER),
    "GET /api/v1/streams": _READS,
    "GET /api/v1/fleet": _READS,
    "GET /api/v1/servers/{name}/forecast": _READS,
    "GET /api/v1/scenarios": _READS,
    "GET /api/v1/streams/{slug}/incidents": _READS,
    "GET /api/v1/streams/{slug}/incidents.csv": _READS,
    "GET /api/v1/streams/{slug}/drift": _READS,
    "GET /api/v1/streams/{slug}/inventory": _READS,
    "GET /api/v1/streams/{slug}/maintenance": _READS,
    "POST /api/v1/streams/{slug}/maintenance": _OPERATES,
    "DELETE /api/v1/streams/{slug}/maintenance/{window_id}": _OPERATES,
    "GET /api/v1/streams/{slug}/models": _READS,
    "GET /api/v1/streams/{slug}/evidence/{evidence_id}/pack": _READS,
    "GET /api/v1/streams/{slug}/thresholds": _READS,
    "PUT /api/v1/streams/{slug}/thresholds/{profile}/{metric}": _APPROVES,
    "DELETE /api/v1/streams/{slug}/thresholds/{profile}/{metric}": _APPROVES,
    "GET /api/v1/streams/{slug}/training-runs": _READS,
    "GET /api/openapi.json": _READS,
    "GET /api/v1/audit": Opening((Scope.ADMIN,), Role.VIEWER),
    "GET /api/v1/keys": Opening((Scope.ADMIN,), Role.OPERATOR),
    "GET /healthz": _READS,
    "GET /readyz": _READS,
    "GET /info": _READS,
    "GET /metrics": _READS,
}
"""Every endpoint that asks for a caller; the last four do so only of callers from other machines."""

CURRENT: Final = timedelta(hours=24)
"""The age up to which a row counts as current."""
MOST_DAYS: Final = 3650
_MOST_REASON: Final = 500
_SECRET: Final = re.compile(r"fw_[A-Za-z0-9_-]{20,120}")


def opens(held: Collection[str], opening: Opening) -> bool:
    """Whether a key with the scopes `held` may pass."""
    return bool(opening.scopes) and (Scope.ADMIN in held or any(scope in held for scope in opening.scopes))


def oldest(held: Collection[str]) -> telemetry.Oldest:
    """How old a row may be that a key with these scopes pushes, and what to say of an older one."""
    if Scope.ADMIN in held or Scope.BACKFILL in held:
        return telemetry.OLDEST
    said = "is more than 24 h old; a key needs the scope backfill to push it"
    return telemetry.Oldest(CURRENT, said)


def is_secret(text: str) -> bool:
    """Whether a text could be a key at all; anything else is refused unseen."""
    return _SECRET.fullmatch(text) is not None


def checked_scopes(wanted: Sequence[str]) -> list[str]:
    """Scopes in the order of the table, each once. Raises Invalid for one that there is not, or for none."""
    known = [scope.value for scope in Scope]
    unknown = sorted(set(wanted) - set(known))
    if unknown or not wanted:
        problem = f"A key has scopes out of {', '.join(known)}; not: {', '.join(unknown) or 'none'}."
        raise Invalid(problem, (FieldError("scopes", problem),))
    return [scope for scope in known if scope in wanted]


def expiry(days: int | None, at: datetime) -> datetime | None:
    """When a key made now ends. Raises Invalid for a number of days that is no life of a key."""
    if days is None:
        return None
    if not 1 <= days <= MOST_DAYS:
        problem = f"A key lasts 1 to {MOST_DAYS} days, or without an end when no days are named."
        raise Invalid(problem, (FieldError("days", problem),))
    return at + timedelta(days=days)


def days_of(text: str) -> int | None:
    """A number of days as a person types it; empty is none. Raises Invalid."""
    plain = text.strip()
    if not plain:
        return None
    if not (plain.isascii() and plain.isdigit() and len(plain) <= 9):
        problem = "The days until a key expires are a whole number, or nothing."
        raise Invalid(problem, (FieldError("days", problem),))
    return int(plain)


def checked_reason(text: str) -> str:
    """Why a key is revoked. Raises Invalid when nothing, or nothing readable, is said."""
    plain = text.strip()
    if not 1 <= len(plain) <= _MOST_REASON or not all(one.isprintable() or one == "\n" for one in plain):
        problem = f"Say why in 1 to {_MOST_REASON} characters: the reason stays in the audit."
        raise Invalid(problem, (FieldError("reason", problem),))
    return plain
