"""Default deny for event handlers: nothing runs for a caller who may not run it.

Any socket client can name any handler, so a guard on a page protects nothing. Every event,
chained, background or from a page load, passes `Guard.preprocess` before its handler does:
a handler without `@requires(role)` runs for nobody, and the caller is looked up each time, so
that a session that ended counts no more, even over an open socket.
"""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import quote

import reflex as rx
from reflex.event import Event, EventSpec
from reflex.middleware import Middleware
from reflex.state import (
    FrontendEventExceptionState,
    OnLoadInternalState,
    State,
    StateUpdate,
    UpdateVarsInternalState,
)
from reflex.utils.format import format_event_handler
from reflex_base.registry import RegistrationContext

from webapp.core import clock, metrics
from webapp.core.errors import ForewarnError, NotSignedIn, TooMany
from webapp.core.logging import get_logger, new_correlation
from webapp.core.policies.roles import Role
from webapp.core.policies.signin import safe_next
from webapp.core.services import limits, sessions
from webapp.core.views.users import Identity
from webapp.routes import WHO_AM_I
from webapp.state import payloads
from webapp.state.sockets import GuardedNamespace, guard_socket, identity_of

log = get_logger(__name__)
_MARK = "__forewarn_role__"
_Handler = TypeVar("_Handler", bound=Callable[..., Any])

FRAMEWORK = frozenset(
    format_event_handler(owner.event_handlers[name])
    for owner, name in (
        (State, "hydrate"),
        (State, "hydrate_and_load"),
        (State, "set_is_hydrated"),
        (OnLoadInternalState, "on_load_internal"),
        (OnLoadInternalState, "set_is_hydrated"),
        (UpdateVarsInternalState, "update_vars_internal"),
    )
)
"""Reflex's own events that anybody may send: they move no data but the caller's own, which is empty at first."""
_REPORTS = frozenset({format_event_handler(FrontendEventExceptionState.event_handlers["handle_frontend_exception"])})
"""Error reports of the browser's script: for people who are signed in, so that a stranger cannot fill the log."""

_RENEW = f"fetch('{WHO_AM_I}', {{credentials: 'same-origin'}})"


def requires(role: Role) -> Callable[[_Handler], _Handler]:
    """Mark an event handler as open to `role` and above. Without this mark it is open to nobody."""

    def mark(handler: _Handler) -> _Handler:
        setattr(handler, _MARK, role)
        return handler

    return mark


def role_of(event_name: str) -> Role | None:
    """The role that a handler asks for; None when no such handler exists or it was not marked."""
    if event_name in _REPORTS:
        return Role.VIEWER
    registered = RegistrationContext.get().event_handlers.get(event_name)
    mark = getattr(registered.handler.fn, _MARK, None) if registered is not None else None
    return mark if isinstance(mark, Role) else None


async def who(state: rx.State) -> Identity | None:
    """Who sends the events of this state: the owner of the tab, if that session still holds."""
    return await identity_of(_namespace().session_of(_tab(state)))


def _namespace() -> GuardedNamespace:
    namespace = RegistrationContext.get().app.event_namespace
    if not isinstance(namespace, GuardedNamespace):
        raise RuntimeError("the event socket is not guarded: call guard.install(app)")
    return namespace


def _tab(state: rx.State) -> str:
    return str(state.router_data.get("token", ""))


async def caller(state: rx.State) -> Identity:
    """The same, for handlers that write a name down. Raises NotSignedIn."""
    identity = await who(state)
    if identity is None:
        raise NotSignedIn("Your session has ended. Sign in again.")
    return identity


class Guard(Middleware):
    """Lets an event through, or answers it with why not."""

    async def preprocess(
        self,
        app: rx.App,
        state: rx.State,
        event: Event,
    ) -> StateUpdate | None:
        if event.name in FRAMEWORK:
            return None
        new_correlation()
        role = role_of(event.name)
        identity = await who(state)
        if role is not None and identity is not None and identity.role.covers(role):
            return await _let_in(state, event, identity)
        reason = "unmarked" if role is None else "signed_out" if identity is None else "role"
        return _refused(event.name, reason, _refusal(state, event.name, role, identity))


async def _let_in(state: rx.State, event: Event, identity: Identity) -> StateUpdate | None:
    """None for an event that carries what its handler takes and is not one too many; its session is in use then."""
    handler = RegistrationContext.get().event_handlers[event.name].handler.fn
    if (told := payloads.problem(handler, event.payload)) is not None:
        return _refused(event.name, "payload", [toast(told)])
    if (full := _counted(identity)) is not None:
        return full
    await _note_use(state, identity)
    return None


def _refused(name: str, reason: str, told: list[EventSpec]) -> StateUpdate:
    metrics.events_refused.labels(reason).inc()
    log.info("refused an event", extra={"event": name[:200], "reason": reason})
    return StateUpdate(events=Event.from_event_type(told))


def _counted(identity: Identity) -> StateUpdate | None:
    """Count an event against its person; the answer when there were too many."""
    try:
        limits.take("person", identity.name)
    except TooMany as error:
        metrics.events_refused.labels("limit").inc()
        return StateUpdate(events=Event.from_event_type(toast(error.message)))
    return None


async def _note_use(state: rx.State, identity: Identity) -> None:
    """A session that is used goes on; its token, a cookie that no socket can replace, is renewed by a request."""
    if not sessions.is_use_due(identity):
        return
    await asyncio.to_thread(sessions.use, identity)
    if identity.renew_at is not None and identity.renew_at <= clock.now():
        fetch = StateUpdate(events=Event.from_event_type(rx.call_script(_RENEW)))
        await _namespace().emit_update(fetch, _tab(state))


def _refusal(state: rx.State, name: str, role: Role | None, identity: Identity | None) -> list[EventSpec]:
    if name in _REPORTS:
        return []
    if role is None:
        return [toast("This action is not open to anyone.")]
    if identity is not None:
        return [toast(f"This needs the role {role}; you are signed in as {identity.role}.")]
    away = rx.redirect(f"/sign-in?next={quote(_page(state), safe='')}")
    # Looking at a page needs no explanation on top of the sign-in page; doing something does.
    return [away] if role is Role.VIEWER else [toast(f"Sign in first: this needs the role {role}."), away]


def _page(state: rx.State) -> str:
    page = safe_next(str(state.router_data.get("asPath") or "/"))
    return "/" if page.startswith("/sign-in") else page


def toast(message: str) -> EventSpec:
    """A message that says what went wrong; an alert where no toaster is on the page."""
    return rx.toast.error(message, fallback_to_alert=True)


def explain(exception: Exception) -> EventSpec:
    """The app's handler of errors: an expected one becomes a toast, anything else is a bug, counted and logged here."""
    if isinstance(exception, ForewarnError):
        return toast(exception.message)
    metrics.errors.labels("event").inc()
    log.error("an event handler failed", exc_info=exception)
    return toast("Something went wrong. It was written to the log.")


def install(app: rx.App) -> None:
    """Put the guard in front of every handler of `app`, and bind browser tabs to sessions."""
    app.add_middleware(Guard(), index=0)
    guard_socket(app)
