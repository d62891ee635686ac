"""The audit's rows: added and read, never changed or deleted."""

import json
from collections.abc import Iterator, Mapping

from sqlalchemy import ColumnElement, or_, update
from sqlmodel import Session, col, func, select

from webapp.core.models.audit import AuditEntry, AuditHead
from webapp.core.repositories.bulk import rowcount
from webapp.core.views.audit import Link, Wanted

_SLICE = 1000
_ALL = Wanted()
_COLUMNS = AuditEntry.__table__.columns  # type: ignore[attr-defined]  # plain rows: an object for each would be slow


def head(session: Session, lock: bool = False) -> Link | None:
    """Where the chain ends. With `lock` nobody else may move it until this transaction is over."""
    query = select(AuditHead.last_id, AuditHead.last_hash)
    found = session.exec(query.with_for_update() if lock else query).first()
    return None if found is None else Link(*found)


def append(session: Session, entry: AuditEntry, before: Link) -> bool:
    """Store an entry and move the head from `before` to it; False when the head is not there any more."""
    session.add(entry)
    session.flush()
    move = update(AuditHead).where(col(AuditHead.last_id) == before.id, col(AuditHead.last_hash) == before.hash)
    moved = session.connection().execute(move.values(last_id=entry.id, last_hash=entry.hash))
    return rowcount(moved) == 1


def matching(session: Session, wanted: Wanted, before: int | None, limit: int) -> list[AuditEntry]:
    """The latest entries that match, newest first, with numbers below `before`."""
    query = select(AuditEntry).where(*_conditions(wanted)).order_by(col(AuditEntry.id).desc()).limit(limit)
    return list(session.exec(query if before is None else query.where(col(AuditEntry.id) < before)))


def count(session: Session, wanted: Wanted) -> int:
    """How many entries match."""
    return session.exec(select(func.count()).select_from(AuditEntry).where(*_conditions(wanted))).one()


def known(session: Session) -> tuple[list[str], list[str], list[str]]:
    """Every actor, noun and action that the audit tells of, by name."""
    columns = (AuditEntry.actor, AuditEntry.noun, AuditEntry.action)
    actors, nouns, actions = (sorted(session.exec(select(column).distinct())) for column in columns)
    return actors, nouns, actions


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    row = AuditEntry
    exact = ((row.actor, wanted.person), (row.noun, wanted.noun), (row.action, wanted.action))
    found = [col(column) == value for column, value in exact if value]
    if wanted.since is not None:
        found.append(col(row.at) >= wanted.since)
    if wanted.until is not None:
        found.append(col(row.at) < wanted.until)
    if wanted.subject:
        named = col(row.detail).contains(json.dumps(wanted.subject), autoescape=True)  # among "servers", as a string
        found.append(or_(col(row.subject) == wanted.subject, named))
    return found


def ends(session: Session) -> tuple[Link | None, int]:
    """The head, and the highest number among the entries, both of one moment."""
    last = select(func.coalesce(func.max(AuditEntry.id), 0)).scalar_subquery()
    found = session.exec(select(AuditHead.last_id, AuditHead.last_hash, last)).first()
    if found is not None:
        return Link(found[0], found[1]), int(found[2])
    return None, session.exec(select(func.coalesce(func.max(AuditEntry.id), 0))).one()


def chain(session: Session, up_to: int, wanted: Wanted = _ALL) -> Iterator[Mapping[str, object]]:
    """Entries by number, some at a time, as plain columns."""
    after: int | None = None
    query = select(*_COLUMNS).where(col(AuditEntry.id) <= up_to, *_conditions(wanted)).order_by(col(AuditEntry.id))
    while True:
        rest = query if after is None else query.where(col(AuditEntry.id) > after)
        part = session.connection().execute(rest.limit(_SLICE)).all()
        yield from (dict(row._mapping) for row in part)
        if len(part) < _SLICE:
            return
        after = int(part[-1].id)


def following(session: Session, previous_hash: str) -> int | None:
    """The number of the entry that says it follows the one with this hash."""
    return session.exec(select(AuditEntry.id).where(AuditEntry.previous_hash == previous_hash)).first()
