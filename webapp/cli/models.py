"""`forewarn rollback`, `approve`, `reject` and `forewarn model`: who serves a stream, who did, who wants to."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from webapp.cli import place, tables
from webapp.cli.data import FORMATS
from webapp.cli.options import DataDir
from webapp.cli.people import whoami

if TYPE_CHECKING:
    from webapp.core.views.candidates import CandidateView
    from webapp.core.views.promotions import Served

model = typer.Typer(
    help="Models: who serves a stream, who did, who wants to.", no_args_is_help=True, rich_markup_mode=None
)
Stream = Annotated[str, typer.Option(help="Name of the stream.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the audit.")]
Version = Annotated[str, typer.Argument(help="Version or beginning of its hash.")]


def rollback(
    reason: Reason,
    to: Annotated[
        str | None, typer.Option(help="Version or beginning of its hash; the last other one, if left out.")
    ] = None,
    stream: Stream = "fleet-demo",
    data_dir: DataDir = None,
) -> None:
    """Let a version that served before serve again, from the next tick on."""
    _ready(data_dir)
    from webapp.core.services import promotions

    served = promotions.rollback(stream, to, whoami(), reason)
    print(f"{served.name} serves {stream} from the next tick on.")


def approve(version: Version, reason: Reason, stream: Stream = "fleet-demo", data_dir: DataDir = None) -> None:
    """Let a candidate serve from the next tick on; overrides the gate where it refuses the candidate."""
    _ready(data_dir)
    from webapp.core.policies.roles import Role
    from webapp.core.services import decisions

    made = decisions.approve(decisions.named(stream, version), whoami(), Role.ADMIN, reason)
    print(f"{made.name} serves {stream} from the next tick on." + ("" if made.passed else " The gate is overridden."))


def reject(version: Version, reason: Reason, stream: Stream = "fleet-demo", data_dir: DataDir = None) -> None:
    """Decide that a candidate does not serve."""
    _ready(data_dir)
    from webapp.core.policies.roles import Role
    from webapp.core.services import decisions

    made = decisions.reject(decisions.named(stream, version), whoami(), Role.ADMIN, reason)
    print(f"{made.name} is rejected.")


@model.command("history")
def history(
    stream: Stream = "fleet-demo",
    at: Annotated[datetime | None, typer.Option(help="Only who was champion then, UTC.", formats=FORMATS)] = None,
    data_dir: DataDir = None,
) -> None:
    """Who served a stream from when to when, by whom and why; the newest first."""
    _ready(data_dir)
    from webapp.core.services import promotions

    found = promotions.history(stream) if at is None else (promotions.champion_at(stream, at.replace(tzinfo=UTC)),)
    tables.show(("since", "until", "version", "hash", "how", "by", "why"), [_row(one) for one in found])


@model.command("automatic-rollback")
def automatic_rollback(
    to: Annotated[str, typer.Argument(help="on or off.")],
    reason: Annotated[str, typer.Option(help="Why; kept in the audit.")],
    stream: Stream = "fleet-demo",
    data_dir: DataDir = None,
) -> None:
    """Let the policy roll a champion back that serves worse than the one before it, or leave that to people."""
    place.settle(data_dir)
    place.need_schema()
    from webapp.core.errors import FieldError, Invalid
    from webapp.core.services import regressions

    if to not in ("on", "off"):
        raise Invalid("Say on or off.", (FieldError("to", "Say on or off."),))
    changed = regressions.set_automatic(stream, to == "on", whoami(), reason)
    print(f"Automatic rollback is {to} for {stream}{'' if changed else ' already'}.")


@model.command("candidates")
def list_candidates(stream: Stream = "fleet-demo", data_dir: DataDir = None) -> None:
    """Versions that were trained for a stream, with what the gate says and what was decided; the newest first."""
    _ready(data_dir)
    from webapp.core.services import candidates

    found = candidates.overview(stream)
    tables.show(("version", "hash", "state", "gate", "loss", "asked by", ""), [_line(one) for one in found.candidates])
    who = "Forewarn by itself when the gate passes" if found.policy.promotion == "automatic" else "a person"
    print(f"Promoted by {who}. `forewarn evidence pack VERSION` writes what is known of one.")


@model.command("policy")
def policy(
    promotion: Annotated[str, typer.Option(help="person, or automatic when the gate passes.")],
    reason: Reason,
    stream: Stream = "fleet-demo",
    data_dir: DataDir = None,
) -> None:
    """Choose who promotes candidates of a stream."""
    _ready(data_dir)
    from webapp.core.policies.roles import Role
    from webapp.core.services import promotion_policies

    chosen = promotion_policies.change(stream, promotion, whoami(), Role.ADMIN, reason)
    print(
        f"From the next candidate on, {stream} is promoted by itself when the gate passes."
        if chosen.promotion == "automatic"
        else f"A person decides on the candidates of {stream}."
    )


def _row(one: "Served") -> tuple[str, ...]:
    until = "now" if one.until_at is None else f"{one.until_at:%Y-%m-%d %H:%M:%S}"
    since = f"{one.since_at:%Y-%m-%d %H:%M:%S}"
    return since, until, one.name, one.sha256[:12], one.kind, one.by, one.reason


def _line(one: "CandidateView") -> tuple[str, ...]:
    found = one.evidence
    gate = "not judged" if found is None else "passes" if found.passed else "refuses"
    relative = None if found is None else found.differences.overall.relative
    loss = "" if relative is None else f"{100 * relative:+.1f} %"
    said = one.void or ""
    if one.decision is not None:
        said = f"{one.decision.by}: {one.decision.reason}"
    return one.name, one.sha256[:12], one.standing, gate, loss, one.requested_by, said


def _ready(data_dir: Path | None) -> None:
    place.settle(data_dir)
    place.need_schema()
