"""How many may come in, and how often: callers are counted by what they hold, strangers by where they are.

Guards that a flood costs little: a stranger's address has to have room before anything is looked up for it.
"""

import asyncio

from starlette.requests import HTTPConnection

from webapp.api.callers import bearer, client_address, is_near, session
from webapp.core.errors import NotSignedIn, Unavailable
from webapp.core.policies import cookies
from webapp.core.policies.limits import place
from webapp.core.services import keys, limits, sessions

PROBES = ("/healthz", "/readyz", "/info", "/metrics")
"""What a monitor asks for."""


class Turnstile:
    """Lets `at_once` pass at a time, `waiting` more queue up, and the rest are sent away."""

    def __init__(self, at_once: int, waiting: int, full: str) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._most, self._full = at_once + waiting, full
        self._inside = 0

    async def __aenter__(self) -> None:
        if self._inside >= self._most:
            raise Unavailable(self._full)
        self._inside += 1
        try:
            await self._free.acquire()
        except asyncio.CancelledError:
            self._inside -= 1
            raise

    async def __aexit__(self, *_: object) -> None:
        self._free.release()
        self._inside -= 1


async def count(connection: HTTPConnection, page: bool) -> None:
    """Count a request of the API against its caller. Raises TooMany.

    The files of the build are not counted, nor what this machine asks about the console's own health; of pages only
    those are that somebody asks for who is not known yet.
    """
    path = connection.scope["path"]
    counted = path.startswith(("/api/", "/auth/")) or (path in PROBES and not is_near(connection))
    if not counted and not page:
        return
    known = _recalled(connection)
    if known is None:
        address = place(client_address(connection))
        limits.take("address", address)
        known = await _looked_up(connection)
        if known is None:
            return
        limits.give_back("address", address)
    if counted:
        limits.take(*known)


def _recalled(connection: HTTPConnection) -> tuple[str, str] | None:
    """Whom to count for, if that is known without a look at the database."""
    if (secret := bearer(connection)) is not None:
        held = keys.recall(secret)
        return None if held is None else ("key", held.name)
    token = cookies.session_token(connection.headers.get("cookie", ""))
    identity = sessions.recall(token)[1] if token is not None else None
    return None if identity is None else ("person", identity.name)


async def _looked_up(connection: HTTPConnection) -> tuple[str, str] | None:
    """The same, after looking. What is wrong with a key is said where it is needed."""
    if (secret := bearer(connection)) is not None:
        try:
            return "key", (await asyncio.to_thread(keys.find, secret)).name
        except NotSignedIn:
            return None
    identity = await session(connection)
    return None if identity is None else ("person", identity.name)
