"""The audit's rows: added and read, never changed or deleted."""

from collections.abc import Iterator, Mapping

from sqlalchemy import update
from sqlmodel import Session, col, func, select

from webapp.core.models.audit import AuditEntry, AuditHead
from webapp.core.repositories.bulk import rowcount
from webapp.core.views.audit import Link

_SLICE = 1000
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


def newest(session: Session, limit: int = 200, noun: str | None = None) -> list[AuditEntry]:
    """The latest entries, newest first."""
    query = select(AuditEntry).order_by(col(AuditEntry.id).desc()).limit(limit)
    if noun is not None:
        query = query.where(AuditEntry.noun == noun)
    return list(session.exec(query))


def ends(session: Session) -> tuple[Link | None, int]:
    """The head, and the highest number among the entries, both of one moment."""
    last = select(func.coalesce(func.max(AuditEntry.id), 0)).scalar_subquery()
    found = session.exec(select(AuditHead.last_id, AuditHead.last_hash, last)).first()
    if found is not None:
        return Link(found[0], found[1]), int(found[2])
    return None, session.exec(select(func.coalesce(func.max(AuditEntry.id), 0))).one()


def chain(session: Session, up_to: int) -> Iterator[Mapping[str, object]]:
    """Every entry by number, some at a time, as plain columns."""
    after: int | None = None
    while True:
        query = select(*_COLUMNS).where(col(AuditEntry.id) <= up_to).order_by(col(AuditEntry.id)).limit(_SLICE)
        part = session.connection().execute(query if after is None else query.where(col(AuditEntry.id) > after)).all()
        yield from (dict(row._mapping) for row in part)
        if len(part) < _SLICE:
            return
        after = int(part[-1].id)


def following(session: Session, previous_hash: str) -> int | None:
    """The number of the entry that says it follows the one with this hash."""
    return session.exec(select(AuditEntry.id).where(AuditEntry.previous_hash == previous_hash)).first()
