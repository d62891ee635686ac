"""Reads and writes of failed tries to sign in. The rules are in policies.signin and services.tries."""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session, col, delete, select

from webapp.core.models.users import SignInTry
from webapp.core.repositories.bulk import insert_new


def locked(session: Session, key: str, name_key: str | None, at: datetime) -> SignInTry:
    """The failed tries under a key, locked until the end of the transaction: two tries at once count as two."""
    empty = {"key": key, "name_key": name_key, "failed": 0, "last_at": at, "paused_until_at": None}
    insert_new(session, SignInTry, [empty])
    return session.exec(select(SignInTry).where(SignInTry.key == key).with_for_update()).one()


def clear(session: Session, key: str) -> None:
    """Forget the failed tries under a key."""
    session.exec(delete(SignInTry).where(col(SignInTry.key) == key))


def clear_name(session: Session, name_key: str) -> int:
    """Forget the failed tries of a name, wherever they came from; how many keys there were."""
    return session.exec(delete(SignInTry).where(col(SignInTry.name_key) == name_key)).rowcount


def paused(session: Session, name_keys: Iterable[str], at: datetime) -> dict[str, datetime]:
    """Which names are paused somewhere, and until when."""
    query = select(SignInTry.name_key, SignInTry.paused_until_at).where(
        col(SignInTry.name_key).in_(list(name_keys)), col(SignInTry.paused_until_at) > at
    )
    found: dict[str, datetime] = {}
    for key, until in session.exec(query):
        if key is not None and until is not None:
            found[key] = max(until, found.get(key, until))
    return found


def sweep(session: Session, before: datetime) -> None:
    """Forget tries older than a time."""
    session.exec(delete(SignInTry).where(col(SignInTry.last_at) < before))
