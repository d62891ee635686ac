"""The door to the outside: an address that a person typed must not reach what only this machine may reach.

A name is resolved once, every address that it has is checked, and the connection goes to one that was: a
name that changes its address in between (DNS rebinding) changes nothing. Private networks and this machine
are allowed, since that is where one's own servers live; link-local addresses, where clouds keep their
credentials, are not. No read outlives the deadline, however slowly the other side sends.
"""

import ipaddress
import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import httpcore

from webapp.core.clock import monotonic
from webapp.core.errors import FieldError, Invalid

LONGEST_URL: Final = 500
_METADATA: Final = frozenset(
    ipaddress.ip_address(text) for text in ("fd00:ec2::254", "100.100.100.200", "168.63.129.16", "192.0.0.192")
)
"""Where clouds answer with credentials outside of the link-local range."""
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Refused(Invalid):
    """An address that Forewarn does not connect to, whatever lies there."""


@dataclass(frozen=True, slots=True)
class Place:
    """An address in parts. `target` is its path, with the query where one is allowed: it may be a secret."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def origin(self) -> str:
        """Where it is, as people write it, without the path."""
        return f"{self.scheme}://{bracketed(self.host)}:{self.port}"


def bracketed(host: str) -> str:
    """A host as it stands before a port."""
    return f"[{host}]" if ":" in host else host


def place(url: str, what: str, *, query: bool = False) -> Place:
    """The parts of an address; `what` names it in the sentence of the Invalid that a wrong one raises."""
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        raise wrong(what, "is no address: write it like http://server.example:8080") from None
    if len(url) > LONGEST_URL or not url.isprintable() or not url.isascii():
        raise wrong(what, f"must be at most {LONGEST_URL} plain ASCII characters")
    if parts.scheme not in ("http", "https") or not host or port == 0:
        raise wrong(what, "must begin with http:// or https:// and name a host, like http://server.example:8080")
    if parts.username is not None or parts.password is not None:
        raise wrong(what, "must not carry a name or a password before the host")
    if parts.fragment or (parts.query and not query):
        raise wrong(what, f"must end before the {'#' if query else 'question mark'}")
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    made = Place(parts.scheme, host, port or (443 if parts.scheme == "https" else 80), target)
    literal = _literal(host)
    if literal is not None:
        check(made.host, [literal])
    return made


def wrong(what: str, message: str) -> Invalid:
    """The refusal of an address."""
    return Invalid(f"{what} {message}.", (FieldError("url", message),))


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def check(host: str, addresses: Iterable[Address]) -> None:
    """Raise Refused when any address of a host is not to be reached: one bad one is enough."""
    for address in addresses:
        plain = _plain(address)
        if plain.is_link_local or plain.is_multicast or plain.is_unspecified or plain in _METADATA:
            raise Refused(
                f"{host} is at {address}, where no server of yours lives (link-local, metadata, multicast or "
                "unspecified): Forewarn does not connect to it."
            )


def _plain(address: Address) -> Address:
    """The IPv4 address inside of an IPv6 one, where there is one: both reach the same machine."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or ipaddress.IPv6Address(int(address))


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, checked. Raises Refused, or OSError when there are none."""
    found = list(dict.fromkeys(str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
    check(host, [ipaddress.ip_address(text) for text in found])
    return found


class Guarded(httpcore.NetworkBackend):
    """Connects to checked addresses only, and lets nothing wait beyond `until` on the monotonic clock."""

    def __init__(self, until: float, inner: httpcore.NetworkBackend | None = None) -> None:
        self._until = until
        self._inner = inner or httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            addresses = resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"the name {host} has no address") from error
        failed: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        for address in addresses:
            try:
                stream = self._inner.connect_tcp(address, port, left(self._until, timeout), None, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
                continue
            return Bounded(stream, self._until)
        raise failed or httpcore.ConnectError(f"the name {host} has no address")


class Bounded(httpcore.NetworkStream):
    """A connection whose every wait ends at `until`."""

    def __init__(self, inner: httpcore.NetworkStream, until: float) -> None:
        self._inner = inner
        self._until = until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, left(self._until, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, left(self._until, timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        stream = self._inner.start_tls(ssl_context, server_hostname, left(self._until, timeout))
        return Bounded(stream, self._until)

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)


def left(until: float, wanted: float | None = None) -> float:
    """Seconds that may still be waited. Raises httpcore.ReadTimeout when there are none."""
    remaining = until - monotonic()
    if remaining <= 0:
        raise httpcore.ReadTimeout("the deadline has passed")
    return remaining if wanted is None else min(wanted, remaining)
