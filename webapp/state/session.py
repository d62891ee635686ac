"""Where a tab looks and in which zone, read from its connection.

The cookies are captured when the socket opens, so signing in and out are full page loads.
Who looks is asked of `webapp.state.guard`, at each event.
"""

from functools import lru_cache
from http.cookies import CookieError, SimpleCookie
from urllib.parse import unquote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import reflex as rx

ZONE_COOKIE = "fw_tz"


def zone(state: rx.State) -> str:
    """The viewer's zone, UTC when the browser has not said or said nonsense."""
    try:
        found = SimpleCookie(state.router.headers.cookie).get(ZONE_COOKIE)
    except CookieError:
        found = None
    return known_zone(unquote(found.value)) if found else "UTC"


@lru_cache(maxsize=64)
def known_zone(name: str) -> str:
    """The zone's name if there is such a zone, else UTC."""
    try:
        return ZoneInfo(name[:64]).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return "UTC"


def query(state: rx.State) -> dict[str, str]:
    """The query of the page's address, without what no database takes: any socket client can say any address."""
    return {name: value.replace("\0", "") for name, value in state.router.url.query_parameters.items()}


def token(state: rx.State) -> str:
    """The browser tab, as the socket knows it."""
    return str(state.router.session.client_token)


def initials(name: str) -> str:
    """Two letters for a person: of the first and the last part of the name."""
    parts = [part for part in name.replace(".", " ").replace("_", " ").replace("-", " ").split() if part]
    if not parts:
        return ""
    return (parts[0][0] + (parts[-1][0] if len(parts) > 1 else parts[0][1:2])).upper()
