"""Browsers without a screen: socket clients that open the fleet page as the real page's script does.

Each says what the browser says (Engine.IO over a WebSocket, the hydrate event inside the connect packet, which makes
the server run the page's on_load and link the tab to its view) and from then on only listens and counts.
"""

import asyncio
import json
import re
import threading
import time
from collections import defaultdict
from typing import Self
from uuid import uuid4

BOOT = "reflex___state____state.hydrate_and_load"
_ORIGIN = re.compile(r'"origin(?:_rx_state_)?":\s*(\d+)')
_OPEN_S = 60.0


class Viewers:
    """`count` tabs of one signed-in person. `arrivals` holds, by origin in ms, when each tab was told of it."""

    def __init__(self, url: str, cookie: str, count: int) -> None:
        self._address = url.replace("http", "ws", 1) + "/_event/?EIO=4&transport=websocket&token="
        self._cookie = cookie
        self._count = count
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="viewers", daemon=True)
        self._told = threading.Semaphore(0)
        self._error: BaseException | None = None
        self.received = 0
        self.arrivals: defaultdict[int, list[float]] = defaultdict(list)

    def __enter__(self) -> Self:
        self._thread.start()
        for _ in range(self._count):
            if not self._told.acquire(timeout=_OPEN_S):
                raise TimeoutError(f"a socket client was not shown the fleet within {_OPEN_S:.0f} s") from self._error
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop)
        self._thread.join(10)
        self._loop.close()
        if self._error is not None:
            raise self._error

    def _stop(self) -> None:
        for task in asyncio.all_tasks(self._loop):
            task.cancel()

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._watch_all())
        except asyncio.CancelledError:
            pass  # the block was left
        except Exception as error:  # noqa: BLE001 - raised again where the block is left
            self._error = error

    async def _watch_all(self) -> None:
        until_left = asyncio.Event().wait()
        await asyncio.gather(until_left, *(self._watch() for _ in range(self._count)))

    async def _watch(self) -> None:
        from websockets.asyncio.client import connect

        headers = {"Cookie": f"fw_session={self._cookie}; fw_tz=UTC"}
        async with connect(self._address + str(uuid4()), additional_headers=headers, max_size=None) as wire:
            await wire.recv()
            where = {"pathname": "/", "asPath": "/", "query": {}}
            await wire.send("40/_event," + json.dumps({"event": {"name": BOOT, "payload": {}, "router_data": where}}))
            shown = False
            async for frame in wire:
                text = str(frame)
                if text == "2":  # Engine.IO asks whether anybody is there
                    await wire.send("3")
                    continue
                self.received += len(text.encode())
                if (found := _ORIGIN.search(text)) and int(found[1]):
                    self.arrivals[int(found[1])].append(time.time() * 1000)
                    if not shown:
                        shown = True
                        self._told.release()
