"""Counting wrong tries to sign in, and forgetting them. A try is counted before its password is looked at."""

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256

from webapp.core import clock, metrics
from webapp.core.db import Session, reading
from webapp.core.errors import NotFound
from webapp.core.models.users import SignInTry
from webapp.core.policies import signin
from webapp.core.policies.limits import place as place_of
from webapp.core.policies.signin import SignInPaused, Tries
from webapp.core.repositories import tries, users
from webapp.core.services import audit
from webapp.core.uow import UnitOfWork, unit_of_work

_Key = tuple[str, str | None, int]


def count(folded: str, client: str) -> Tries:
    """Count a try, so that many at once are not all free. Raises SignInPaused while a pause lasts."""
    at = clock.now()
    with unit_of_work() as uow:
        rows = [(tries.locked(uow.session, key, name, at), limit) for key, name, limit in _keys(folded, client)]
        for row, _ in rows:
            if (until := signin.paused(_tries(row), at)) is not None:
                metrics.sign_ins.labels("paused").inc()
                raise SignInPaused(until, at)
        counts = [_add(row, limit, at) for row, limit in rows]
        here, anywhere, place = (one.paused_until_at is not None for one in counts)
        if (here or anywhere) and users.by_name(uow.session, folded):
            audit.record(uow, folded, "paused", "sign_in", folded, "too many wrong tries", {"client": client})
        if place:
            audit.record(uow, "forewarn", "paused", "sign_in", client, "too many wrong tries from one address")
    return next((one for one in counts if one.paused_until_at), counts[0])


def forgive(uow: UnitOfWork, folded: str, client: str) -> None:
    """A try was right: forget those of the name, and take this one back from the place."""
    (here, *_), (anywhere, *_), (place, *_) = _keys(folded, client)
    for key in (here, anywhere):
        tries.clear(uow.session, key)
    row = tries.locked(uow.session, place, None, clock.now())
    if (before := _tries(row)) is not None:
        _put(row, signin.after_success(before))


def unlock(name: str, by: str, reason: str = "") -> bool:
    """Forget the wrong tries of a person, wherever they came from; whether there were any. Raises NotFound."""
    folded = signin.folded(name)
    with unit_of_work() as uow:
        if users.by_name(uow.session, folded) is None:
            raise NotFound(f"There is no user {name}.")
        found = tries.clear_name(uow.session, _name_key(folded)) > 0
        if found:
            audit.record(uow, by, "unlock", "user", folded, reason)
    return found


def paused(names: Iterable[str]) -> dict[str, datetime]:
    """Which of these people cannot sign in from somewhere right now, and until when."""
    with reading() as session:
        return paused_in(session, names)


def paused_in(session: Session, names: Iterable[str]) -> dict[str, datetime]:
    """The same, inside somebody's reading."""
    keys = {_name_key(name): name for name in names}
    return {keys[key]: until for key, until in tries.paused(session, keys, clock.now()).items()}


def _keys(folded: str, client: str) -> tuple[_Key, _Key, _Key]:
    name = _name_key(folded)
    return (
        (_hash(f"here\n{folded}\n{client}"), name, signin.TRIES_HERE),
        (_hash(f"anywhere\n{folded}"), name, signin.TRIES_ANYWHERE),
        (_hash(f"place\n{place_of(client)}"), None, signin.TRIES_PLACE),
    )


def _name_key(folded: str) -> str:
    return _hash(f"name\n{folded}")


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _tries(row: SignInTry) -> Tries | None:
    return Tries(row.failed, row.last_at, row.paused_until_at) if row.failed else None


def _add(row: SignInTry, limit: int, at: datetime) -> Tries:
    return _put(row, signin.after_failure(_tries(row), limit, at))


def _put(row: SignInTry, now: Tries) -> Tries:
    row.failed, row.last_at, row.paused_until_at = now.failed, now.last_at, now.paused_until_at
    return now
