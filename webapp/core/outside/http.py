"""One question over HTTP: to a checked address, bounded in time and bytes, no redirect followed, no proxy used.

The environment's proxies are not used: the address that was checked is the one that is connected to.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import httpcore

from webapp.core.outside.guard import Guarded, Place, bracketed

_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `body` ends at the most that was to be read; then it is not `whole`."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    whole: bool


def post(
    place: Place, target: str, headers: Mapping[str, str], content: bytes, until: float, most_bytes: int
) -> Answer:
    """Send `content` once. Raises httpcore's errors, and Refused for an address that is not to be reached."""
    url = httpcore.URL(
        scheme=place.scheme.encode(),
        host=place.host.encode("idna") if not place.host.isascii() else place.host.encode(),
        port=place.port,
        target=target.encode(),
    )
    context = tls() if place.scheme == "https" else None
    with (
        httpcore.ConnectionPool(ssl_context=context, network_backend=Guarded(until)) as pool,
        pool.stream("POST", url, headers=[*_always(place).items(), *headers.items()], content=content) as response,
    ):
        body, whole = _body(response, most_bytes)
        told = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
        return Answer(response.status, told, body, whole)


def _always(place: Place) -> dict[bytes | str, bytes | str]:
    port = "" if place.port == {"http": 80, "https": 443}[place.scheme] else f":{place.port}"
    return {
        "Host": bracketed(place.host) + port,
        "Accept": "application/json",
        "Accept-Encoding": "identity",  # a few bytes could unpack to gigabytes
        "User-Agent": "forewarn",
    }


def _body(response: httpcore.Response, most: int) -> tuple[bytes, bool]:
    body = bytearray()
    for chunk in response.iter_stream():
        body += chunk
        if len(body) > most:
            return bytes(body[:most]), False
    return bytes(body), True


@lru_cache(maxsize=1)
def tls() -> ssl.SSLContext:
    """The system's authorities, so that a company's own is known here as elsewhere."""
    return ssl.create_default_context()


def short(said: object) -> str:
    """What the other side, or the system, said, short and printable, so that it can be shown."""
    text = str(said)[:_SHOWN]
    return "".join(letter if letter.isprintable() else " " for letter in text).strip().rstrip(".") or "nothing"
