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
    caller = urlsplit(origin).netloc.lower()
    return caller != "" and caller in {_host(one) for one in hosts if one}


def _host(text: str) -> str:
    first = text.split(",", maxsplit=1)[0].strip().lower()
    return urlsplit(first).netloc if "://" in first else first
