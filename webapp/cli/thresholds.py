"""`forewarn thresholds`: what counts as a breach on a stream, for each profile and metric."""

from pathlib import Path
from typing import Annotated

import typer

from webapp.cli import place, tables
from webapp.cli.options import DataDir
from webapp.cli.people import whoami
from webapp.core.errors import FieldError, Invalid

thresholds = typer.Typer(help="Thresholds of a stream: list, set, reset.", no_args_is_help=True, rich_markup_mode=None)
Stream = Annotated[str, typer.Option(help="The stream.")]
Profile = Annotated[str, typer.Argument(help="What the servers do: web, database, cache ...")]
Metric = Annotated[str, typer.Argument(help="The metric's name: cpu_pct, memory_pct ...")]
Reason = Annotated[str, typer.Option(help="Why; kept in the audit.")]
_DEMO = "fleet-demo"
_NONE = "none"


@thresholds.command("list")
def list_thresholds(stream: Stream = _DEMO, data_dir: DataDir = None) -> None:
    """Every threshold of the profiles that the stream has servers of, and whatever differs from its default."""
    _ready(data_dir)
    from webapp.core.policies.thresholds import told
    from webapp.core.services import thresholds as service

    rows = [
        (
            one.profile,
            one.metric,
            told(one.metric, one.limit),
            f"{told(one.metric, one.default)}, {one.by}: {one.reason}" if one.changed else "",
        )
        for profile in service.snapshot(stream).profiles
        for one in profile.metrics
        if profile.servers or one.changed
    ]
    tables.show(("profile", "metric", "threshold", "default, who changed it and why"), rows)


@thresholds.command("set")
def set_threshold(
    profile: Profile,
    metric: Metric,
    limit: Annotated[str, typer.Argument(help=f"The new threshold in the metric's unit, or {_NONE} to stop watching.")],
    reason: Reason,
    stream: Stream = _DEMO,
    data_dir: DataDir = None,
) -> None:
    """Change a threshold; the newest risks are judged by it within seconds."""
    _ready(data_dir)
    from webapp.core.policies.thresholds import told
    from webapp.core.services import thresholds as service

    made = service.change(stream, profile, metric, _limit(limit), whoami(), reason)
    print(f"{metric} of {profile} servers on {stream}: {told(metric, made.limit)}.")


@thresholds.command("reset")
def reset(profile: Profile, metric: Metric, reason: Reason, stream: Stream = _DEMO, data_dir: DataDir = None) -> None:
    """Let the default hold again."""
    _ready(data_dir)
    from webapp.core.policies.thresholds import told
    from webapp.core.services import thresholds as service

    made = service.reset(stream, profile, metric, whoami(), reason)
    print(f"{metric} of {profile} servers on {stream}: {told(metric, made.limit)}, the default.")


def _ready(data_dir: Path | None) -> None:
    place.settle(data_dir)
    place.need_schema()


def _limit(text: str) -> float | None:
    try:
        return None if text == _NONE else float(text)
    except ValueError as error:
        message = f"{text} is neither a number nor {_NONE}."
        raise Invalid(message, (FieldError("limit", message),)) from error
