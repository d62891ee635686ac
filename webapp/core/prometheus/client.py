"""Asking a Prometheus server: bounded in time, in bytes and in tries, and the header goes nowhere else.

Redirects are refused, not followed, so that the header never reaches another host. Nothing of the header is
logged or shown.
"""

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

import httpcore

from ml.schema import TICK_SECONDS
from webapp.core.clock import monotonic
from webapp.core.errors import Invalid, NotAllowed, Unavailable
from webapp.core.outside import http
from webapp.core.outside.guard import Place
from webapp.core.prometheus import answers
from webapp.core.prometheus.address import server, text
from webapp.core.prometheus.answers import Series

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
        self.server: Place = server(url)
        self._header = check_header(header) if header else None
        self._seconds = seconds
        self._most_bytes = most_bytes
        self._pause = pause

    def __repr__(self) -> str:
        return f"Client({text(self.server)})"  # never the header

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
                        f"{text(self.server)} does not answer ({http.short(error)}): check the address, and that "
                        "Prometheus runs."
                    ) from error
            except httpcore.TimeoutException as error:
                raise Unavailable(
                    f"{text(self.server)} took longer than {self._seconds:.0f} s to answer. Look at its load, or ask "
                    "for fewer series with `matching` in the mapping."
                ) from error
            else:
                if status not in _AGAIN or not more:
                    return answers.data(body, status)
            self._pause(pause)
        raise AssertionError("the last try returns or raises")

    def _once(self, path: str, content: bytes, until: float) -> tuple[int, bytes]:
        """One try: the status and the body. Raises httpcore's errors, or a sentence."""
        target = self.server.target + path
        answer = http.post(self.server, target, self._headers(), content, until, self._most_bytes)
        self._check(answer)
        return answer.status, answer.body

    def _headers(self) -> dict[str, str]:
        own = {"Authorization": self._header} if self._header else {}
        return {"Content-Type": "application/x-www-form-urlencoded", **own}

    def _check(self, answer: http.Answer) -> None:
        if 300 <= answer.status < 400:
            raise Invalid(
                f"{text(self.server)} redirects. Redirects are not followed, since the header would go along: name "
                "the final address."
            )
        if answer.status in (401, 403):
            missing = "wants" if self._header is None else "refuses"
            raise NotAllowed(
                f"{text(self.server)} {missing} the Authorization header (HTTP {answer.status}): give the right one "
                "with --header-file."
            )
        if not answer.whole:
            raise TooLong(
                f"The answer of {text(self.server)} is longer than {self._most_bytes / 1e6:g} MB; at most "
                f"{answers.MOST_SERIES} series are read: aggregate by server, or set `matching` in the mapping."
            )


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
