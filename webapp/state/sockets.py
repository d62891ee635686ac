"""The event socket: a tab's state belongs to the session that opened it, and to nobody else.

A client picks its own token, and Reflex gives the state under that token to whoever names it.
Here a token is a random id, it is bound to the session that first used it, and a socket whose
session has ended gets no more data: it is closed. So is that of somebody whose role is weaker now
than when the tab was opened: its state may hold what is not theirs any more. Of the request's
headers only harmless ones become state, since state is sent to the browser's script, which must
never see the session.
"""

import asyncio
import re
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import reflex as rx
from reflex.app import EventNamespace
from reflex.event import Event
from reflex.state import StateUpdate
from reflex.utils.token_manager import LocalTokenManager
from reflex_base.registry import RegistrationContext

from webapp.core import clock, metrics
from webapp.core.db import OperationalError
from webapp.core.logging import get_logger
from webapp.core.policies import cookies
from webapp.core.policies.roles import Role
from webapp.core.services import sessions
from webapp.core.views.users import Identity

log = get_logger(__name__)
HEADERS_KEPT = frozenset({"host", "origin", "user-agent", "accept-language", "cookie", "asgi-scope-client"})
_TOKEN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_FORGET_S = 4 * 3600.0
_SWEEP_S = 60.0
_LOOK_EVERY_S = 3.0
"""How long a page that gets no news may stay open after its session has ended."""
# A whole page load: the next session's cookie is read only when a socket opens.
_LEAVE = "location.assign('/sign-in?error=ended&next=' + encodeURIComponent(location.pathname + location.search))"
_RELOAD = "location.reload()"


async def identity_of(session: int | None) -> Identity | None:
    """Who holds a session, without blocking the loop for a look at the database."""
    if session is None:
        return None
    known, identity = sessions.recall(session)
    return identity if known else await asyncio.to_thread(sessions.holder, session)


async def _bearer(cookie: str | None) -> Identity | None:
    """The same, by the cookie with which a socket opens."""
    if cookie is None:
        return None
    known, identity = sessions.recall(cookie)
    return identity if known else await asyncio.to_thread(sessions.identity, cookie)


@dataclass(slots=True)
class _Owner:
    """Whose a tab is: the session it was opened with and the role then, None for somebody who was not signed in.

    The session is known by its id: its token, the cookie, changes while the socket is open.
    """

    session: int | None
    role: Role | None
    seen: float

    def is_weaker(self, who: Identity | None) -> bool:
        """Whether somebody may do less than the owner could when the tab was opened."""
        return self.role is not None and who is not None and not who.role.covers(self.role)


class OwnedTokens(LocalTokenManager):
    """Reflex's map of tabs to sockets, with an owner for each tab."""

    def __init__(self, namespace: EventNamespace) -> None:
        super().__init__()
        self._namespace = namespace
        self._owners: dict[str, _Owner] = {}
        self._swept = clock.monotonic()

    def owner_of(self, token: str) -> _Owner | None:
        """Whose a tab is, whether or not the session has ended."""
        return self._owners.get(token)

    async def link_token_to_sid(self, token: str, sid: str) -> str | None:
        """Link a tab to its socket; a token that is not the caller's to use is replaced by a new one."""
        environ = self._namespace.server.get_environ(sid, self._namespace.namespace) or {}
        who = await _bearer(cookies.session_token(environ.get("HTTP_COOKIE", "")))
        session = who.session_id if who is not None else None
        self._sweep()
        owner = self._owners.get(token)
        theirs = owner is None or (owner.session == session and not owner.is_weaker(who))
        foreign = not theirs or not _TOKEN.fullmatch(token)
        wanted = str(uuid4()) if foreign else token
        given = await super().link_token_to_sid(wanted, sid) or wanted
        self._owners[given] = _Owner(session, who.role if who is not None else None, clock.monotonic())
        return given if given != token else None

    async def disconnect_token(self, token: str, sid: str) -> None:
        """Forget a socket; the tab stays its owner's for when it comes back."""
        if (owner := self._owners.get(token)) is not None:
            owner.seen = clock.monotonic()
        await super().disconnect_token(token, sid)

    def _sweep(self) -> None:
        """Forget tabs whose state is long gone: Reflex drops a state an hour after its last use."""
        now = clock.monotonic()
        if now - self._swept < _SWEEP_S:
            return
        self._swept = now
        for token in [t for t, o in self._owners.items() if now - o.seen > _FORGET_S]:
            if token not in self.token_to_socket:
                del self._owners[token]


class GuardedNamespace(EventNamespace):
    """Reflex's event socket with an owner for each tab and nothing secret in the state."""

    def __init__(self, namespace: str, app: rx.App) -> None:
        super().__init__(namespace, app)
        self._token_manager: OwnedTokens = OwnedTokens(self)

    def session_of(self, token: str) -> int | None:
        """The session that a tab belongs to."""
        owner = self._token_manager.owner_of(token)
        return owner.session if owner is not None else None

    async def emit_update(self, update: StateUpdate, token: str) -> None:
        """Send an update, unless the tab's session has ended or its role is weaker now."""
        if not await self._sends_away(token):
            await super().emit_update(update, token)

    async def close_ended(self) -> None:
        """Close each socket whose session has ended, also where nothing is to be sent."""
        for token in list(self._token_manager.token_to_socket):
            await self._sends_away(token)

    async def _sends_away(self, token: str) -> bool:
        """Lead a tab that may get nothing more to the sign-in page, or to a fresh load, and close its socket."""
        owner = self._token_manager.owner_of(token)
        if owner is None or owner.session is None:
            return False
        who = await identity_of(owner.session)
        if who is not None and not owner.is_weaker(who):
            return False
        log.info("closed a socket whose session has ended" if who is None else "closed a socket whose role is weaker")
        script = _LEAVE if who is None else _RELOAD
        await super().emit_update(StateUpdate(events=Event.from_event_type(rx.call_script(script))), token)
        if (record := self._token_manager.token_to_socket.get(token)) is not None:
            await self.disconnect(record.sid)
        return True

    async def on_event(self, sid: str, data: Any) -> None:
        """Queue an event of a handler that exists; anything else is counted and answered with nothing."""
        name = data.get("name") if isinstance(data, dict) else None
        shaped = isinstance(name, str) and all(
            isinstance(data.get(key, {}), dict) for key in ("payload", "router_data")
        )
        if not shaped or name not in RegistrationContext.get().event_handlers:
            metrics.events_refused.labels("unknown").inc()
            log.info("refused an event that no handler is for")
            return
        await super().on_event(sid, data)

    def _build_static_router_data(self, sid: str, environ: dict[str, Any]) -> dict[str, Any]:
        data = super()._build_static_router_data(sid, environ)
        kept = {name: value for name, value in data["headers"].items() if name in HEADERS_KEPT}
        kept["cookie"] = cookies.without_session(kept.get("cookie", ""))
        return {**data, "headers": kept}


def guard_socket(app: rx.App) -> None:
    """Put the guarded namespace in the place of Reflex's own."""
    before = app.event_namespace
    if before is None or app.sio is None:
        raise RuntimeError("the app has no event socket to guard")
    app._event_namespace = GuardedNamespace(before.namespace, app)
    app.sio.register_namespace(app._event_namespace)


async def watch(app: rx.App) -> None:
    """Close the sockets of sessions that have ended, until cancelled."""
    while True:
        await asyncio.sleep(_LOOK_EVERY_S)
        try:
            if isinstance(app.event_namespace, GuardedNamespace):
                await app.event_namespace.close_ended()
        except OperationalError as error:
            log.warning("sessions cannot be looked up", extra={"error": str(error)[:200]})
