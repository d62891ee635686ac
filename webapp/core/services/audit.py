"""Writing, reading and verifying the audit. An action whose audit row cannot be written does not happen.

Entries form a hash chain. Its head is one row that a writer locks, last of all, and moves in the transaction of the
change: so writers in several processes take turns and the chain never forks.
"""

import csv
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TextIO

from webapp.core import clock
from webapp.core.db import Session, reading
from webapp.core.errors import Invalid, Unavailable
from webapp.core.events import Event, EventKind
from webapp.core.logging import correlation_id
from webapp.core.models.audit import AuditEntry
from webapp.core.policies import audit as policy
from webapp.core.repositories import audit, schema
from webapp.core.uow import UnitOfWork
from webapp.core.views.audit import AuditSnapshot, AuditView, Broken, Fault, Link, Verdict, Wanted

_DETAIL_LIMIT = 4000
_ALL = Wanted()
_ASK = "`forewarn audit verify` says what is wrong with it."


def record(
    uow: UnitOfWork,
    actor: str,
    action: str,
    noun: str,
    subject: str,
    reason: str = "",
    detail: Mapping[str, object] | None = None,
) -> None:
    """Add a row to the transaction of the change itself: both are stored, or neither.

    It is written right before the commit, which raises Unavailable when it cannot be.
    """
    told = {
        "actor": actor,
        "action": action,
        "noun": noun,
        "subject": subject[:128],
        "reason": reason[:500],
        "detail": _as_json(detail or {}),
        "correlation_id": correlation_id.get(),
    }
    uow.last(lambda: _append(uow, told))


def _append(uow: UnitOfWork, told: Mapping[str, str]) -> None:
    before = audit.head(uow.session, lock=True)
    if before is None:
        raise Unavailable(f"The audit has no head, so nothing may be changed. {_ASK}")
    values = {"id": before.id + 1, "at": clock.now(), **told, "previous_hash": before.hash}
    entry = AuditEntry.model_validate({**values, "hash": policy.digest(values)})
    if not audit.append(uow.session, entry, before):
        raise Unavailable(f"The audit could not be written, so nothing was changed. {_ASK}")
    uow.emit(Event(EventKind.AUDIT_WRITTEN, subject=str(entry.id)))


def _as_json(detail: Mapping[str, object]) -> str:
    text = json.dumps(detail, default=str, sort_keys=True)
    return text if len(text) <= _DETAIL_LIMIT else json.dumps({"too_long": len(text)})


def entries(wanted: Wanted = _ALL, limit: int = 200, before: int | None = None) -> tuple[AuditView, ...]:
    """The latest changes that match, newest first; `before` is a number, for the page after."""
    with reading() as session:
        return tuple(_view(entry) for entry in audit.matching(session, wanted, before, limit))


def snapshot(wanted: Wanted, before: int | None, limit: int) -> AuditSnapshot:
    """A page of entries and what can be chosen from. Raises Unavailable while the database does not answer."""
    with schema.answering(), reading() as session:
        found = audit.matching(session, wanted, before, limit + 1)
        return AuditSnapshot(
            clock.now(), tuple(_view(entry) for entry in found[:limit]), len(found) > limit,
            audit.count(session, wanted), audit.ends(session)[1], *audit.known(session),
        )  # fmt: skip


def _view(entry: AuditEntry) -> AuditView:
    detail = tuple((str(key), _said(value)) for key, value in json.loads(entry.detail).items())
    return AuditView(
        entry.id, entry.at, entry.actor, entry.action, entry.noun, entry.subject, entry.reason, detail,
        entry.correlation_id, entry.hash,
    )  # fmt: skip


def _said(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def export(out: Path, wanted: Wanted = _ALL) -> int:
    """Write matching entries, oldest first, as JSON lines or CSV by the suffix; returns how many.

    JSON lines are exact: each line holds what its hash covers. In CSV a text that a spreadsheet would run as a formula
    gets an apostrophe in front. Raises Invalid for another suffix or a folder that is not there.
    """
    if out.suffix not in (".jsonl", ".csv"):
        raise Invalid(f"{out.name} should end with .jsonl or .csv: the suffix says what to write.")
    if not out.parent.is_dir():
        raise Invalid(f"The folder {out.parent} does not exist. Create it, or name another file.")
    partial = out.with_name(out.name + ".partial")
    try:
        with partial.open("w", newline="", encoding="utf-8") as file, reading() as session:
            count = _write(file, out.suffix, audit.chain(session, audit.ends(session)[1], wanted))
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)
    return count


def _write(file: TextIO, suffix: str, found: Iterable[Mapping[str, object]]) -> int:
    count = 0
    table = csv.DictWriter(file, list(AuditEntry.model_fields))
    if suffix == ".csv":
        table.writeheader()
    for count, entry in enumerate(found, start=1):  # noqa: B007 - the last count is what is returned
        plain = policy.plain(entry)
        if suffix == ".csv":
            table.writerow({name: policy.harmless(value) for name, value in plain.items()})
        else:
            file.write(json.dumps(plain) + "\n")
    return count


def last_id() -> int:
    """The number of the newest entry, 0 for none. Raises Unavailable while the database does not answer."""
    with schema.answering(), reading() as session:
        return audit.ends(session)[1]


def verify(kept: Link | None = None) -> Verdict:
    """Walk through the whole chain, in bounded memory, up to its first broken entry.

    `kept` is a number and hash that were noted earlier, elsewhere: the chain has to go through it.
    Raises Unavailable while the database does not answer.
    """
    with schema.answering(), reading() as session:
        head, highest = audit.ends(session)
        reached = Link()
        for entry in audit.chain(session, highest if head is None else head.id):
            broken = policy.step(reached, entry) or policy.against(kept, entry)
            if broken is not None:
                return Verdict(clock.now(), broken.id - 1, "", _looked_up(session, reached, broken))
            reached = Link(int(str(entry["id"])), str(entry["hash"]))
    return Verdict(clock.now(), reached.id, reached.hash, policy.end(reached, head, highest, kept))


def _looked_up(session: Session, reached: Link, broken: Broken) -> Broken:
    """The same, or that the entry which belongs there stands elsewhere."""
    moved = audit.following(session, reached.hash) if broken.fault is Fault.REMOVED else None
    return broken if moved is None else policy.misplaced(reached.id + 1, moved)
