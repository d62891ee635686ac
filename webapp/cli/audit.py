"""`forewarn audit`: whether the chain of changes still holds, and a copy of it."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from webapp.cli import place
from webapp.cli.data import End, Start
from webapp.cli.options import AsJson, DataDir
from webapp.core.errors import Invalid

if TYPE_CHECKING:
    from webapp.core.views.audit import Link, Verdict

audit = typer.Typer(help="The audit: verify, export.", no_args_is_help=True, rich_markup_mode=None)
Kept = Annotated[
    str | None, typer.Option(help="NUMBER:HASH as printed earlier: the chain has to go through this entry.")
]
Person = Annotated[str, typer.Option(help="Only what this person or key did.")]
Noun = Annotated[str, typer.Option(help="Only this noun: stream, scenario, user, api_key, session ...")]
Subject = Annotated[str, typer.Option(help="Only what was done to this: a server, a stream, a name.")]


@audit.command("verify")
def verify(kept: Kept = None, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Find the first entry that was changed, removed or reordered; ends with 1 when there is one."""
    place.settle(data_dir)
    place.need_schema()
    from webapp.core.services import audit as service

    verdict = service.verify(None if kept is None else _link(kept))
    print(json.dumps(_as_json(verdict)) if as_json else _in_words(verdict))
    raise typer.Exit(0 if verdict.broken is None else 1)


def _link(text: str) -> "Link":
    from webapp.core.views.audit import Link

    number, _, digest = text.partition(":")
    if not number.isdecimal() or len(digest) != 64:
        raise Invalid(f"{text} is not NUMBER:HASH as `forewarn audit verify` prints it.")
    return Link(int(number), digest)


def _as_json(verdict: "Verdict") -> dict[str, object]:
    one = verdict.broken
    broken = None if one is None else {"id": one.id, "fault": one.fault, "sentence": one.sentence}
    return {"ok": one is None, "intact": verdict.intact, "last_hash": verdict.last_hash, "broken": broken}


def _in_words(verdict: "Verdict") -> str:
    if verdict.broken is not None:
        return f"{verdict.broken.sentence} The chain holds up to entry {verdict.intact:,} only."
    if not verdict.intact:
        return "There are no entries yet."
    return f"The chain is intact: {verdict.intact:,} entries, the last is {verdict.intact}:{verdict.last_hash}"


@audit.command("export")
def export(
    file: Annotated[Path, typer.Argument(help="The file to write: .jsonl or .csv.")],
    since: Start = None,
    until: End = None,
    person: Person = "",
    noun: Noun = "",
    subject: Subject = "",
    data_dir: DataDir = None,
) -> None:
    """Write entries to a file, oldest first, with their hashes."""
    place.settle(data_dir)
    place.need_schema()
    from webapp.core.services import audit as service
    from webapp.core.views.audit import Wanted

    wanted = Wanted(_utc(since), _utc(until), person, noun, "", subject)
    print(f"{service.export(file, wanted):,} entries written to {file}.")


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)
