"""Which web pages may talk to this console: only its own.

Browsers send the address of the calling page as Origin, which no page can forge; a socket or
a form of another site is refused. Programs send none and have to sign in like everyone else.
"""

from urllib.parse import urlsplit


def same_origin(origin: str | None, *hosts: str | None) -> bool:
    """Whether `origin` is one of `hosts`: the Host header, the proxy's X-Forwarded-Host, the public address.

    The scheme is not compared, since a TLS proxy need not tell it; a browser never opens a
    plain socket from a secure page.
    """
    if not origin:
        return True
    caller = _netloc(origin.lower())
    return caller != "" and caller in {_host(one) for one in hosts if one}


def _host(text: str) -> str:
    first = text.split(",", maxsplit=1)[0].strip().lower()
    return _netloc(first) if "://" in first else first


def _netloc(address: str) -> str:
    """Host and port of an address; nothing of what is none."""
    try:
        return urlsplit(address).netloc
    except ValueError:
        return ""
