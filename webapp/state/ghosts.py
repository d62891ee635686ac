"""An earlier forecast over the large chart of a server: asked for while its handle moves, so it is a view of its own.

Where the handle stays is kept in the page's address: see `Server.keep_ghost`.
"""

import asyncio
from dataclasses import replace

import reflex as rx

from webapp.core.errors import NotFound
from webapp.core.policies.roles import Role
from webapp.core.services import ghosts
from webapp.state import session
from webapp.state.ghosts_view import RESTS, GhostKey, GhostPart, part
from webapp.state.guard import requires
from webapp.state.live import Live

_LONGEST = 9
"""Digits of a tick; more name no time."""


async def make(key: GhostKey) -> GhostPart:
    """The ghost of one key; none of a server that has gone meanwhile."""
    try:
        view = await asyncio.to_thread(ghosts.ghost, key.stream, key.name, key.metric, key.asked)
    except NotFound:
        return GhostPart(key.asked)
    return part(key, view)


views = Live[GhostKey](lambda: Ghosts, make, lambda key: key.stream, page=False)


class Ghosts(rx.State):
    """What the page shows of an earlier forecast; see `GhostPart`."""

    asked: int = 0
    tick: int = 0
    metric: str = ""
    band: str = ""
    median: str = ""
    title: str = ""
    held: str = ""
    error: str = ""
    why: str = ""
    aloud: str = RESTS
    first: int = 0
    before: int = 0
    after: int = 0
    last: int = 0

    @rx.event
    @requires(Role.VIEWER)
    async def move(self, tick: str) -> None:
        """Show the forecast nearest to a tick; 0 shows none."""
        key = views.at(session.token(self))
        if key is not None and tick.isascii() and tick.isdigit() and len(tick) <= _LONGEST:
            await views.open(self, replace(key, asked=int(tick)))
