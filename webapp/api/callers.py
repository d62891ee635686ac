"""Who calls an endpoint: a browser with a session cookie, or a machine with an API key.

Which of them may is decided by the table in `policies/keys.py`; what it does not name is shut.
"""

import asyncio
import socket
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Annotated

from fastapi import Depends, Request
from starlette.requests import HTTPConnection

from webapp.core.errors import NotAllowed, NotSignedIn
from webapp.core.policies import cookies
from webapp.core.policies.keys import OPENINGS, Opening
from webapp.core.services import keys, sessions
from webapp.core.settings import settings
from webapp.core.views.users import Identity

_RELAYED = ("x-forwarded-for", "forwarded", "x-real-ip", "x-forwarded-host", "x-forwarded-proto", "via")
"""Headers by which a proxy says that somebody else asks."""


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


def bearer(connection: HTTPConnection) -> str | None:
    """The API key of a request."""
    kind, _, secret = connection.headers.get("authorization", "").partition(" ")
    return secret.strip() if kind.lower() == "bearer" else None


async def _caller(request: Request) -> Identity:
    endpoint = f"{request.method.replace('HEAD', 'GET')} {request.scope['route'].path}"
    opening = OPENINGS.get(endpoint)
    if opening is None:
        raise NotAllowed(f"{endpoint} is open to nobody.")
    if (secret := bearer(request)) is not None:
        if not opening.scopes:
            raise NotAllowed("This is for people, not for API keys: sign in.")
        return await asyncio.to_thread(keys.verify, secret, opening)
    return _person(await session(request), opening)


def _person(identity: Identity | None, opening: Opening) -> Identity:
    needed = " or ".join(opening.scopes)
    if opening.role is None:
        raise NotSignedIn(f"This needs an API key with the scope {needed}. Send it as: Authorization: Bearer fw_...")
    if identity is None and not opening.scopes:
        raise NotSignedIn("Sign in first: this is for people, not for API keys.")
    if identity is None:
        raise NotSignedIn(f"Sign in first, or send an API key with the scope {needed} as: Authorization: Bearer fw_...")
    if not identity.role.covers(opening.role):
        raise NotAllowed(f"This needs the role {opening.role}; you are signed in as {identity.role}.")
    return identity


async def _near(request: Request) -> Identity | None:
    return None if is_near(request) else await _caller(request)


Reader = Annotated[Identity, Depends(_caller)]
"""Whoever may read this."""
Feeder = Annotated[Identity, Depends(_caller)]
"""A machine that sends something in."""
Operator = Annotated[Identity, Depends(_caller)]
"""Somebody who may at least operate."""
Approver = Annotated[Identity, Depends(_caller)]
"""Somebody who may at least approve."""
Person = Annotated[Identity, Depends(_caller)]
"""Anybody who is signed in; no key."""
Near = Annotated[Identity | None, Depends(_near)]
"""A program on this machine, or whoever may read this."""


def is_near(connection: HTTPConnection) -> bool:
    """Whether a program on this machine asks, for itself: over loopback, and no proxy says otherwise."""
    peer = connection.client.host if connection.client else ""
    if not _is_own(peer):
        return False
    told = [name for name in _RELAYED if name in connection.headers]
    if not told:
        return True
    # A proxy that names its caller in another header passes on whatever the caller wrote into this one.
    also = [connection.headers[name] for name in ("forwarded", "x-real-ip") if name in told]
    return told[0] == "x-forwarded-for" and all(map(_is_loopback, [_forwarded(connection), *also]))


def client_address(connection: HTTPConnection) -> str:
    """Where a request comes from; a proxy on this machine is believed about it."""
    peer = connection.client.host if connection.client else "unknown"
    return (_is_loopback(peer) and _forwarded(connection)) or peer


def _forwarded(connection: HTTPConnection) -> str:
    """The last hop that a proxy names: those before it are the caller's own words."""
    told = ",".join(connection.headers.getlist("x-forwarded-for"))
    return told.rpartition(",")[2].strip()[:64]


def _is_own(peer: str) -> bool:
    """Loopback, or this machine calling itself at the one address that the console listens on."""
    return _is_loopback(peer) or peer in _listening(settings().host)


@lru_cache(maxsize=4)
def _listening(host: str) -> frozenset[str]:
    """The addresses that a host's name stands for."""
    try:
        return frozenset(str(one[4][0]) for one in socket.getaddrinfo(host, None))
    except OSError:
        return frozenset()


def _is_loopback(address: str) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    plain = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return (plain or found).is_loopback


def is_https(connection: HTTPConnection) -> bool:
    """Whether the browser's side of the connection is encrypted, by a proxy's word too."""
    told = connection.headers.get("x-forwarded-proto", "").partition(",")[0].strip().lower()
    return "https" in (connection.url.scheme, told) or (settings().public_url or "").startswith("https://")
