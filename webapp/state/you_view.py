"""The page You as plain values: where one is signed in, and what is wrong with a new password."""

from dataclasses import dataclass
from typing import Final

from webapp.core.clock import now
from webapp.core.policies import passwords, wording
from webapp.core.policies.signin import Refusal, refusal_of
from webapp.core.views.users import OwnView, SessionView
from webapp.state.shell_view import milliseconds

WAYS: Final = {"password": "password", "link": "one-time link", "oidc": "identity provider"}


@dataclass(frozen=True)
class SessionRow:
    """One signed-in browser."""

    number: int
    place: str
    way: str
    began: str
    seen_at: float
    ends: str
    here: bool


def rows(own: OwnView, zone: str) -> list[SessionRow]:
    """The sessions, this one first, then the last used."""
    ordered = sorted(own.sessions, key=lambda one: (one.session_id != own.session_id, -one.seen_at.timestamp()))
    return [_row(one, own.session_id, zone) for one in ordered]


def _row(one: SessionView, own: int, zone: str) -> SessionRow:
    began, ends = (wording.clock_time(at, zone, now()) for at in (one.created_at, one.expires_at))
    way = WAYS.get(one.way, one.way)
    return SessionRow(
        one.session_id, one.client or "unknown", way, began, milliseconds(one.seen_at), ends, one.session_id == own
    )


def sentence(own: OwnView) -> str:
    """Who one is, and in how many browsers."""
    many = len(own.sessions)
    return f"You are {own.name}, {own.role}. You are signed in with {'1 browser' if many == 1 else f'{many} browsers'}."


def problem_of(error: str, left: str, minutes: str) -> tuple[str, str]:
    """Field and sentence of what an address says went wrong with a new password; "" for nothing."""
    if (problem := passwords.problem_of(error)) is not None:
        return problem.field, problem.message
    refusal = refusal_of(error, left, minutes)
    if refusal is None or refusal.refusal not in (Refusal.OLD_WRONG, Refusal.PAUSED):
        return "", ""
    return "old", refusal.message
