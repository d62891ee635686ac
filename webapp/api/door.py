"""The front door: every request and every socket of the console passes here, whoever serves it.

Default deny: a page of the console needs a session (others are led to the sign-in page), a change
or a socket needs a page of this very console as its caller, what is not used is not there, and nobody
asks more often than the settings allow. Every answer carries the security headers; nothing may be
loaded from another host.
"""

import asyncio
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from webapp.api import problems, turnstile
from webapp.api.callers import is_https, session
from webapp.api.cookies import session_header
from webapp.api.csp import policy
from webapp.core import clock, metrics
from webapp.core.logging import get_logger, new_correlation
from webapp.core.policies.cookies import session_token
from webapp.core.policies.origins import same_origin
from webapp.core.policies.signin import safe_next
from webapp.core.services import sessions
from webapp.core.settings import settings
from webapp.core.views.users import SignedIn

log = get_logger(__name__)
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
OPEN_PAGES = ("/sign-in", "/auth/link", "/auth/oidc", "/auth/oidc/callback")
"""Pages that somebody who is not signed in may see."""
CLOSED = ("/_upload", "/_all_routes", "/auth-codespace")
"""Doors of the web framework that the console does not use."""
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), hid=(), microphone=(), midi=(), payment=(), "
    "serial=(), usb=()",
}
_HSTS = "max-age=31536000"
_KEPT = ("text/css", "text/javascript", "application/javascript", "font/", "image/")
"""What a browser may keep: files of the build, which hold no data."""


class Door:
    """ASGI middleware: refuses, leads to the sign-in page, or lets in; then dresses the answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        elif scope["type"] == "http":
            await self._request(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        if _from_here(HTTPConnection(scope)):
            await self.app(scope, receive, send)
            return
        metrics.events_refused.labels("origin").inc()
        log.warning("refused a socket of another site", extra={"origin": _origin(scope)})
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": "another site"})

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        correlation = new_correlation()
        exchange = _Exchange(scope, send, correlation)
        try:
            answer = await self._refusal(scope)
            if answer is None:
                exchange.renewed = await _renewed(scope)
            await (answer or self.app)(scope, receive, exchange.send)
        except Exception as error:  # the boundary: what nobody expected is logged, counted and answered here
            failed = problems.of(error, scope["path"])
            if exchange.started:
                raise  # the answer is half out: only closing the connection says that it is broken
            await failed(scope, receive, exchange.send)
        finally:
            exchange.observe()

    async def _refusal(self, scope: Scope) -> ASGIApp | None:
        """The answer to a request that may not pass, or None."""
        path, connection = scope["path"], HTTPConnection(scope)
        if path.startswith(CLOSED):
            return problems.answer(404, "Not found", "There is nothing here.", path)
        if (scope["method"] not in SAFE or path.startswith("/_event")) and not _from_here(connection):
            metrics.events_refused.labels("origin").inc()
            detail = "This request was sent by a page of another site."
            return problems.answer(403, "Not allowed", detail, path)
        if "\0" in path or b"%00" in scope["query_string"]:
            return problems.answer(400, "Bad request", "The address holds a character that cannot be stored.", path)
        page = _is_page(scope, connection)
        await turnstile.count(connection, page)
        if page and await session(connection) is None:
            return RedirectResponse(_sign_in(scope), 303, {"Cache-Control": "no-store"})
        return None


class _Exchange:
    """One request and its answer, on its way out."""

    def __init__(self, scope: Scope, send: Send, correlation: str) -> None:
        self._scope, self._send, self._correlation = scope, send, correlation
        self._start = clock.monotonic()
        self.started = False
        self.renewed: SignedIn | None = None
        self._status = 500

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started, self._status = True, message["status"]
            connection = HTTPConnection(self._scope)
            _dress(message, self._correlation, connection)
            if self.renewed is not None:
                headers = MutableHeaders(scope=message)
                headers.append("set-cookie", session_header(connection, self.renewed))
                headers["cache-control"] = "no-store"
        await self._send(message)

    def observe(self) -> None:
        """Count the request under its route: what a caller typed is no label."""
        route = self._scope.get("route")
        path = getattr(route, "path", "") if route is not None else ""
        method = self._scope["method"] if self._scope["method"] in {"GET", "HEAD", "POST"} else "other"
        labels = (method, path or "pages", str(self._status))
        metrics.http_seconds.labels(*labels).observe(clock.monotonic() - self._start)


async def _renewed(scope: Scope) -> SignedIn | None:
    """A new token for a session that is used and whose token is old."""
    connection = HTTPConnection(scope)
    token = session_token(connection.headers.get("cookie", ""))
    if token is None or not (_is_page(scope, connection) or scope["path"].startswith("/api/v1/")):
        return None
    who = await session(connection)
    due = who is not None and who.renew_at is not None and who.renew_at <= clock.now()
    return await asyncio.to_thread(sessions.renew, token) if due else None


def _dress(message: MutableMapping[str, Any], correlation: str, connection: HTTPConnection) -> None:
    headers, host = MutableHeaders(scope=message), connection.headers.get("host", "")
    for start in (f"http://{host}/", f"https://{host}/"):
        # The file server names its own scheme and host; behind a TLS proxy that would lead out of it.
        if headers.get("location", "").startswith(start):
            headers["location"] = "/" + headers["location"].removeprefix(start).lstrip("/")
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    if is_https(connection):
        headers.setdefault("Strict-Transport-Security", _HSTS)
    if not headers.get("content-type", "").startswith(_KEPT) and message["status"] != 304:
        headers.setdefault("Cache-Control", "no-store")
    if message["status"] != 304:  # the browser would put this answer's policy on the page that it kept
        headers.setdefault("Content-Security-Policy", policy(headers.get("content-type", "")))
    headers["X-Correlation-ID"] = correlation


def _from_here(connection: HTTPConnection) -> bool:
    headers = connection.headers
    if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"} and "origin" not in headers:
        return False
    public = settings().public_url
    return same_origin(headers.get("origin"), headers.get("host"), headers.get("x-forwarded-host"), public)


def _origin(scope: Scope) -> str:
    return HTTPConnection(scope).headers.get("origin", "")[:200]


def _is_page(scope: Scope, connection: HTTPConnection) -> bool:
    """Whether a browser wants to show a page of the console; its scripts and styles hold no data."""
    path = scope["path"]
    shown = scope["method"] in {"GET", "HEAD"} and "text/html" in connection.headers.get("accept", "")
    own = path in OPEN_PAGES or path.startswith(("/sign-in/", "/api/", "/assets/", "/_event"))
    return shown and not own and path not in {*turnstile.PROBES, "/ping"}


def _sign_in(scope: Scope) -> str:
    query = scope["query_string"].decode("latin-1")
    wanted = safe_next(scope["path"] + (f"?{query}" if query else ""))
    return "/sign-in" if wanted == "/" else f"/sign-in?next={quote(wanted, safe='')}"
