"""A bare Socket.IO client: says exactly what a hostile one could, and no more than the wire needs."""

import json
from contextlib import ExitStack
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from websockets.sync.client import ClientConnection, connect

BOOT = "reflex___state____state.hydrate_and_load"


class RawSocket:
    """One connection to `/_event`. `token` is the tab that it claims to be."""

    def __init__(self, port: int, cookie: str = "", token: str | None = None, origin: str | None = None) -> None:
        self.token = token or str(uuid4())
        url = f"ws://127.0.0.1:{port}/_event/?EIO=4&transport=websocket&token={quote(self.token)}"
        headers = {"Cookie": f"fw_session={cookie}"} if cookie else {}
        self._stack = ExitStack()
        self.wire: ClientConnection = self._stack.enter_context(
            connect(url, additional_headers=headers, origin=origin, open_timeout=10)
        )
        self.wire.recv(10)
        self.wire.send("40/_event,")
        self.seen: list[str] = []
        self.fences = 0
        self._until("40/_event")

    def send(self, name: str, payload: dict[str, Any] | None = None, path: str = "/") -> None:
        """Name an event handler."""
        data = {"name": name, "payload": payload or {}, "router_data": {"pathname": path, "asPath": path, "query": {}}}
        self.wire.send("42/_event," + json.dumps(["event", data]))

    def ask(self, name: str, payload: dict[str, Any] | None = None, path: str = "/") -> str:
        """Name a handler; everything said until it, and what it chained, must have been answered."""
        self.seen.clear()
        self.send(name, payload, path)
        for _ in range(4):  # each link of a chain is queued behind one more fence
            self._fence()
        return "\n".join(self.seen)

    def hydrate(self, path: str = "/") -> str:
        """Ask for the whole state, as a browser does when it connects."""
        return self.ask(BOOT, {}, path)

    def read(self, seconds: float = 10) -> str | None:
        """The next message, None when the server closed the connection."""
        try:
            text = self.wire.recv(seconds)
        except EOFError:
            return None
        return str(text)

    def close(self) -> None:
        self._stack.close()

    def _fence(self) -> None:
        self.fences += 1
        self.send("reflex___state____state.set_is_hydrated", {"value": True}, f"/fence-{self.fences}")
        self._until(f"/fence-{self.fences}")

    def _until(self, word: str) -> None:
        for _ in range(50):
            text = str(self.wire.recv(10))
            if text == "2":
                self.wire.send("3")
                continue
            self.seen.append(text)
            if word in text:
                return
        raise AssertionError(f"{word} was never said")
