"""A server farm that pushes telemetry without a pause, and remembers what was acknowledged.

It behaves as a collector should: a batch that was not acknowledged is sent again, unchanged, until it is.
"""

import threading
from datetime import timedelta
from typing import Self

import httpx

from webapp.core.clock import now, tick_of, time_of

STREAM = "drill"
SERVERS = tuple(f"farm{number:02d}" for number in range(5))
_DAYS = 20
_PAUSE_S = 0.4


class Sender:
    """Sends one tick of five servers after another, from 20 days ago on."""

    def __init__(self, url: str, key: str) -> None:
        self._url = f"{url}/api/v1/telemetry?stream={STREAM}"
        self._headers = {"Authorization": f"Bearer {key}"}
        self._first = tick_of(now() - timedelta(days=_DAYS))
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sender", daemon=True)
        self.acknowledged: list[tuple[str, int]] = []
        self.refused: list[str] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(15)

    def _run(self) -> None:
        tick = self._first
        while not self._stop.is_set():
            if self._send(tick):
                self.acknowledged += [(name, tick) for name in SERVERS]
                tick += 1
            self._stop.wait(_PAUSE_S)

    def _send(self, tick: int) -> bool:
        """Whether the batch was acknowledged; an answer that blames the batch is kept, it would be a bug."""
        try:
            batch = {"rows": [_row(name, tick) for name in SERVERS]}
            answer = httpx.post(self._url, json=batch, headers=self._headers, timeout=10)
        except httpx.HTTPError:
            return False
        if answer.is_client_error:
            self.refused.append(answer.text)
        return answer.is_success


def _row(server: str, tick: int) -> dict[str, object]:
    return {"asset": server, "at": time_of(tick).isoformat(), "cpu_pct": 20.0 + tick % 50, "memory_pct": 40.0}
