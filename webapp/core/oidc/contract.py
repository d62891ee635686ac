"""What a provider knows of us and of one attempt. Light: nothing heavy is loaded before somebody signs in."""

from dataclasses import dataclass
from urllib.parse import urlsplit

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Client:
    """Who we are to the provider."""

    issuer: str
    client_id: str
    client_secret: str
    scopes: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one sign-in is bound to."""

    state: str
    nonce: str
    verifier: str
    redirect_uri: str


def is_secure(address: str) -> bool:
    """Whether codes and tokens may travel there: https, or this machine."""
    try:
        parts = urlsplit(address)
        return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    except ValueError:
        return False
