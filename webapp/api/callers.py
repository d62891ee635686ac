"""Who calls an endpoint: a browser with a session cookie, or a machine with an API key."""

import asyncio
from typing import Annotated

from fastapi import Depends, Request
from starlette.requests import HTTPConnection

from webapp.core.errors import NotSignedIn
from webapp.core.policies import cookies
from webapp.core.services import keys, sessions
from webapp.core.services.keys import Scope
from webapp.core.settings import settings
from webapp.core.views.users import Identity

_LOOPBACK = frozenset({"127.0.0.1", "::1"})


async def session(connection: HTTPConnection) -> Identity | None:
    """Who holds the session cookie of a request."""
    token = cookies.session_token(connection.headers.get("cookie", ""))
    if token is None:
        return None
    known, identity = sessions.recall(token)
    if not known:
        identity = await asyncio.to_thread(sessions.identity, token)
    if identity is not None and sessions.is_use_due(identity):
        await asyncio.to_thread(sessions.use, identity)
    return identity


def bearer(request: Request) -> str | None:
    """The API key of a request."""
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    return secret.strip() if kind.lower() == "bearer" else None


async def _reader(request: Request) -> Identity:
    if (secret := bearer(request)) is not None:
        return await asyncio.to_thread(keys.verify, secret, Scope.READ)
    identity = await session(request)
    if identity is None:
        raise NotSignedIn("Sign in first, or send an API key as: Authorization: Bearer fw_...")
    return identity


async def _person(request: Request) -> Identity:
    identity = await session(request)
    if identity is None:
        raise NotSignedIn("Sign in first: this is for people, not for API keys.")
    return identity


async def _feeder(request: Request) -> Identity:
    return await asyncio.to_thread(keys.verify, bearer(request), Scope.TELEMETRY)


Reader = Annotated[Identity, Depends(_reader)]
"""Anybody who is signed in, or a key with the scope `read`."""
Person = Annotated[Identity, Depends(_person)]
"""Anybody who is signed in; no key."""
Feeder = Annotated[Identity, Depends(_feeder)]
"""A key with the scope `telemetry`."""


def client_address(request: Request) -> str:
    """Where a request comes from; a proxy on this machine is believed about it."""
    peer = request.client.host if request.client else "unknown"
    if peer in _LOOPBACK and (told := request.headers.get("x-forwarded-for", "")):
        return told.rpartition(",")[2].strip()[:64] or peer
    return peer


def is_https(connection: HTTPConnection) -> bool:
    """Whether the browser's side of the connection is encrypted, by a proxy's word too."""
    told = connection.headers.get("x-forwarded-proto", "").partition(",")[0].strip().lower()
    return "https" in (connection.url.scheme, told) or (settings().public_url or "").startswith("https://")
