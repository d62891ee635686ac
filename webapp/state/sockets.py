"""The event socket: a tab's state belongs to the session that opened it, and to nobody else.

A client picks its own token, and Reflex gives the state under that token to whoever names it.
Here a token is a random id, it is bound to the session that first used it, and a socket whose
session has ended gets no more data: it is closed. Of the request's headers only harmless ones
become state, since state is sent to the browser's script, which must never see the session.
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
from webapp.core.logging import get_logger
from webapp.core.policies import cookies
from webapp.core.services import users
from webapp.core.views.users import Identity

log = get_logger(__name__)
HEADERS_KEPT = frozenset({"host", "origin", "user-agent", "accept-language", "cookie", "asgi-scope-client"})
_TOKEN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_FORGET_S = 4 * 3600.0
_SWEEP_S = 60.0
# A whole page load: the next session's cookie is read only when a socket opens.
_LEAVE = "location.assign('/sign-in?error=ended&next=' + encodeURIComponent(location.pathname + location.search))"


async def identity_of(cookie: str | None) -> Identity | None:
    """Who holds a session, without blocking the loop for a look at the database."""
    if cookie is None:
        return None
    known, identity = users.recall(cookie)
    return identity if known else await asyncio.to_thread(users.identity, cookie)


@dataclass(slots=True)
class _Owner:
    """Whose a tab is: the session it was opened with, None for somebody who was not signed in."""

    session: str | None
    seen: float


class OwnedTokens(LocalTokenManager):
    """Reflex's map of tabs to sockets, with an owner for each tab."""

    def __init__(self, namespace: EventNamespace) -> None:
        super().__init__()
        self._namespace = namespace
        self._owners: dict[str, _Owner] = {}
        self._swept = clock.monotonic()

    def session_of(self, token: str) -> str | None:
        """The session that a tab belongs to, ended or not."""
        owner = self._owners.get(token)
        return owner.session if owner is not None else None

    async def link_token_to_sid(self, token: str, sid: str) -> str | None:
        """Link a tab to its socket; a token that is not the caller's to use is replaced by a new one."""
        environ = self._namespace.server.get_environ(sid, self._namespace.namespace) or {}
        session = cookies.session_token(environ.get("HTTP_COOKIE", ""))
        if await identity_of(session) is None:
            session = None
        self._sweep()
        owner = self._owners.get(token)
        foreign = not _TOKEN.fullmatch(token) or (owner is not None and owner.session != session)
        wanted = str(uuid4()) if foreign else token
        given = await super().link_token_to_sid(wanted, sid) or wanted
        self._owners[given] = _Owner(session, clock.monotonic())
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

    def session_of(self, token: str) -> str | None:
        """The session that a tab belongs to."""
        return self._token_manager.session_of(token)

    async def emit_update(self, update: StateUpdate, token: str) -> None:
        """Send an update, unless the tab's session has ended: then lead it to the sign-in page and close the socket."""
        session = self.session_of(token)
        if session is None or await identity_of(session) is not None:
            await super().emit_update(update, token)
            return
        log.info("closed a socket whose session has ended")
        await super().emit_update(StateUpdate(events=Event.from_event_type(rx.call_script(_LEAVE))), token)
        if (record := self._token_manager.token_to_socket.get(token)) is not None:
            await self.disconnect(record.sid)

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
