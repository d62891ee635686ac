"""Asking a Prometheus server: bounded in time, in bytes and in tries, and the header goes nowhere else.

Redirects are refused, not followed, so that the header never reaches another host. The environment's proxies
are not used: the address that was checked is the one that is connected to. Nothing of the header is logged
or shown.
"""

import ssl
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Final
from urllib.parse import urlencode

import httpcore

from ml.schema import TICK_SECONDS
from webapp.core.clock import monotonic
from webapp.core.errors import Invalid, NotAllowed, Unavailable
from webapp.core.prometheus import answers
from webapp.core.prometheus.answers import Series
from webapp.core.prometheus.guard import Guarded, Server, server

MOST_BYTES: Final = 16_000_000
"""Longest answer that is read."""
MOST_POINTS: Final = 11_000
"""Points of a series in one answer: Prometheus refuses more."""
QUERY_SECONDS: Final = 20.0
"""Longest time for one query with all its tries."""
TRIES: Final = 3
_AGAIN: Final = frozenset({429, 500, 502, 503, 504})
_FIRST_PAUSE: Final = 0.5
_HEADER_LENGTH: Final = 8192


class TooLong(Unavailable):
    """An answer of more bytes than are read: ask for less at a time."""


class Client:
    """One server. `header` is the value of the Authorization header; `seconds` bounds each query."""

    def __init__(
        self,
        url: str,
        header: str | None = None,
        seconds: float = QUERY_SECONDS,
        most_bytes: int = MOST_BYTES,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.server: Server = server(url)
        self._header = check_header(header) if header else None
        self._seconds = seconds
        self._most_bytes = most_bytes
        self._pause = pause

    def __repr__(self) -> str:
        return f"Client({self.server.text})"  # never the header

    def range(self, promql: str, first: int, last: int) -> tuple[Series, ...]:
        """The series of a query at ticks first..last, both included; at most `MOST_POINTS` of them.

        Raises Invalid (the query is wrong), NotAllowed (the header is), Unavailable (the server is), TooLong.
        """
        times = {"start": str(first * TICK_SECONDS), "end": str(last * TICK_SECONDS), "step": str(TICK_SECONDS)}
        return answers.matrix(self._ask("query_range", {"query": promql, **times}))

    def at(self, promql: str, moment: datetime) -> tuple[Series, ...]:
        """The series of a query at one moment. Raises as `range` does."""
        return answers.vector(self._ask("query", {"query": promql, "time": f"{moment.timestamp():.3f}"}))

    def count(self, promql: str, moment: datetime) -> int:
        """How many series a query has: asked first, so that a million are not sent. Raises as `range` does."""
        found = self.at(f"count({promql})", moment)
        return int(next(iter(found[0].values.values()), 0.0)) if found else 0

    def _ask(self, path: str, fields: Mapping[str, str]) -> Mapping[str, object]:
        until = monotonic() + self._seconds
        content = urlencode({**fields, "timeout": f"{self._seconds:.0f}s"}).encode()
        for attempt in range(TRIES):
            pause = _FIRST_PAUSE * 2**attempt
            more = attempt + 1 < TRIES and monotonic() + pause < until
            try:
                status, body = self._once(f"/api/v1/{path}", content, until)
            except (httpcore.ConnectError, httpcore.ProtocolError, httpcore.ReadError, httpcore.WriteError) as error:
                if not more:
                    raise Unavailable(
                        f"{self.server.text} does not answer ({answers.short(error)}): check the address, and that "
                        "Prometheus runs."
                    ) from error
            except httpcore.TimeoutException as error:
                raise Unavailable(
                    f"{self.server.text} took longer than {self._seconds:.0f} s to answer. Look at its load, or ask "
                    "for fewer series with `matching` in the mapping."
                ) from error
            else:
                if status not in _AGAIN or not more:
                    return answers.data(body, status)
            self._pause(pause)
        raise AssertionError("the last try returns or raises")

    def _once(self, path: str, content: bytes, until: float) -> tuple[int, bytes]:
        """One try: the status and the body. Raises httpcore's errors, or a sentence."""
        url = httpcore.URL(
            scheme=self.server.scheme.encode(),
            host=self.server.host.encode("idna") if not self.server.host.isascii() else self.server.host.encode(),
            port=self.server.port,
            target=(self.server.base + path).encode(),
        )
        context = _tls() if self.server.scheme == "https" else None
        with (
            httpcore.ConnectionPool(ssl_context=context, network_backend=Guarded(until)) as pool,
            pool.stream("POST", url, headers=self._headers(), content=content) as response,
        ):
            self._check(response)
            return response.status, self._body(response)

    def _headers(self) -> list[tuple[bytes | str, bytes | str]]:
        port = "" if self.server.port == {"http": 80, "https": 443}[self.server.scheme] else f":{self.server.port}"
        host = f"[{self.server.host}]" if ":" in self.server.host else self.server.host
        sent = {
            "Host": host + port,
            "Accept": "application/json",
            "Accept-Encoding": "identity",  # a few bytes could unpack to gigabytes
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": "forewarn",
        }
        return [*sent.items(), *([("Authorization", self._header)] if self._header else [])]

    def _check(self, response: httpcore.Response) -> None:
        if 300 <= response.status < 400:
            raise Invalid(
                f"{self.server.text} redirects. Redirects are not followed, since the header would go along: name the "
                "final address."
            )
        if response.status in (401, 403):
            missing = "wants" if self._header is None else "refuses"
            raise NotAllowed(
                f"{self.server.text} {missing} the Authorization header (HTTP {response.status}): give the right one "
                "with --header-file."
            )

    def _body(self, response: httpcore.Response) -> bytes:
        body = bytearray()
        for chunk in response.iter_stream():
            body += chunk
            if len(body) > self._most_bytes:
                raise TooLong(
                    f"The answer of {self.server.text} is longer than {self._most_bytes / 1e6:g} MB; at most "
                    f"{answers.MOST_SERIES} series are read: aggregate by server, or set `matching` in the mapping."
                )
        return bytes(body)


def check_header(text: str) -> str:
    """The value of an Authorization header, as a file holds it: with or without the header's name in front.

    Raises Invalid, without quoting anything of it.
    """
    line = text.strip()
    if line.lower().startswith("authorization:"):
        line = line.partition(":")[2].strip()
    if not line or len(line) > _HEADER_LENGTH or not line.isascii() or not line.isprintable():
        raise Invalid(
            "The header file must hold one line of ASCII text, like: Authorization: Bearer TOKEN. Nothing was sent."
        )
    return line


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    """The system's authorities, so that a company's own is known here as elsewhere."""
    return ssl.create_default_context()
