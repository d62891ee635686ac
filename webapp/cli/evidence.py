"""`forewarn evidence`: what was measured of a candidate, and what the gate said of it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from webapp.cli import place, tables
from webapp.cli.options import AsJson, DataDir

if TYPE_CHECKING:
    from webapp.core.views.evidence import DifferenceView, EvidenceView, FiguresView, ModelView

evidence = typer.Typer(help="Evidence on candidates.", no_args_is_help=True, rich_markup_mode=None)


@evidence.callback()
def group() -> None:
    """Evidence on candidates: what was measured, and what the gate said of it."""


@evidence.command("show")
def show(
    what: Annotated[
        str, typer.Argument(metavar="VERSION|RUN", help="Number of a run, or a candidate's version or hash.")
    ],
    stream: Annotated[str, typer.Option(help="Name of the stream.")] = "fleet-demo",
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """The newest evidence on a candidate; exit code 1 when the gate says no."""
    place.settle(data_dir)
    place.need_schema()
    from webapp.core.services import candidates
    from webapp.core.services import evidence as service

    found = service.meant(stream, what)
    if as_json:
        print(json.dumps({"id": found.id, "sha256": found.sha256, "intact": found.intact, **found.document}))
    else:
        known = candidates.overview(stream).candidates
        void = next((one.void for one in known if one.evidence is not None and one.evidence.id == found.id), None)
        _show(found)
        print(_verdict(found.passed, void))
    raise typer.Exit(0 if found.passed and found.intact else 1)


@evidence.command("pack")
def pack(
    version: Annotated[str, typer.Argument(help="A candidate's version or hash.")],
    out: Annotated[Path, typer.Option(help="The file to write; it may not exist yet.")],
    stream: Annotated[str, typer.Option(help="Name of the stream.")] = "fleet-demo",
    data_dir: DataDir = None,
) -> None:
    """Write the newest evidence on a candidate as one page, to keep or to print."""
    place.settle(data_dir)
    place.need_schema()
    from webapp.api.packs import render
    from webapp.core.services import candidates, decisions

    page = render(candidates.pack(stream, decisions.named(stream, version)))
    with out.open("x", encoding="utf-8") as file:
        file.write(page)
    print(f"{out} is written.")


def _show(found: "EvidenceView") -> None:
    windows, run = found.windows, "" if found.run_id is None else f", run {found.run_id}"
    print(f"Evidence {found.id}{run}: {found.candidate.name} beside {found.champion.name} for {found.stream}")
    span = (
        "" if windows.first_at is None else f", {windows.first_at:%Y-%m-%d %H:%M} to {windows.last_at:%Y-%m-%d %H:%M}"
    )
    print(f"{windows.count:,} windows of {windows.servers} servers{span} UTC")
    ms, size = found.latency, found.size
    facts = (
        (found.candidate, ms.candidate_ms, size.candidate_bytes),
        (found.champion, ms.champion_ms, size.champion_bytes),
    )
    tables.show(("", "hash", "MB", "ms", "seed", "trained on telemetry"), [_fact(*one) for one in facts])
    if not found.intact:
        print("This document is not what was stored: somebody changed it. Judge the candidate again.")
    print()
    tables.show(("check", "", ""), [(one.name, "yes" if one.passed else "NO", one.sentence) for one in found.checks])
    print()
    tables.show(("model", "pinball", "skill", "80 % held", "MAE"), [_figures(one.overall) for one in found.models])
    print()
    parts = found.differences
    rows = [parts.overall, *parts.by_lead, *parts.by_metric, *parts.by_profile]
    tables.show(("candidate beside champion", "loss", "95 %", "windows"), [_difference(one) for one in rows])
    print()
    noise = found.differences.seed_noise
    print(f"Two trainings that differ only by their seed lie {_text(noise, '.1%')} apart (one sd).")


def _verdict(passed: bool, void: str | None) -> str:
    """What the gate said, and what a person may make of it now."""
    if not passed:
        return "Not passed."
    return "Passed: a person may approve it." if void is None else f"Passed, and nothing is left to decide: {void}"


def _fact(one: "ModelView", ms: float | None, size: int | None) -> tuple[str, ...]:
    begun, ended = one.trained_from_at, one.trained_to_at
    trained = f"{begun:%Y-%m-%d %H:%M} to {ended:%Y-%m-%d %H:%M}" if begun and ended else "none"
    megabytes = None if size is None else size / 1e6
    return one.name, one.sha256[:12], _text(megabytes, ".1f"), _text(ms, ".1f"), str(one.seed), trained


def _figures(one: "FiguresView") -> tuple[str, ...]:
    return (
        one.name,
        _text(one.pinball, ".4f"),
        _text(one.skill, ".3f"),
        _text(one.coverage80, ".1%"),
        _text(one.mae, ".4f"),
    )


def _difference(one: "DifferenceView") -> tuple[str, ...]:
    return (
        one.name,
        _text(one.relative, "+.1%"),
        f"{_text(one.low, '+.1%')} to {_text(one.high, '+.1%')}",
        str(one.windows),
    )


def _text(value: float | None, kind: str) -> str:
    return "not measured" if value is None else format(value, kind)
