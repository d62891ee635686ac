"""One real Chromium that says when each forecast was painted.

The fleet page carries the stream time of the forecast that it shows in `data-origin`. A mutation observer sees it
change; the frame after that is what a person sees, and its wall time is kept in the page.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from webapp.core.errors import Unavailable

if TYPE_CHECKING:
    from playwright.sync_api import Page, WebSocket

ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
)  # fmt: skip
_WATCH = """
window.painted = {};
const look = () => {
  const origin = document.querySelector("[data-origin]")?.dataset.origin;
  if (!Number(origin) || origin in window.painted) return;
  window.painted[origin] = 0;
  requestAnimationFrame(() => {
    const after = new MessageChannel();  // a message sent while a frame is drawn arrives when it has been painted
    after.port1.onmessage = () => { window.painted[origin] = Date.now(); };
    after.port2.postMessage(0);
  });
};
new MutationObserver(look).observe(document, { subtree: true, childList: true, attributeFilter: ["data-origin"] });
"""


class Screen:
    """The page and what its socket received."""

    def __init__(self, page: "Page") -> None:
        self._page = page
        self.received = 0
        self.errors: list[str] = []
        page.on("websocket", self._follow)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _follow(self, socket: "WebSocket") -> None:
        socket.on("framereceived", self._count)

    def _count(self, frame: "str | bytes") -> None:
        self.received += len(frame.encode() if isinstance(frame, str) else frame)

    def wait(self, seconds: float) -> None:
        """Let time pass; what the browser reports meanwhile is taken in."""
        self._page.wait_for_timeout(seconds * 1000)

    def painted(self) -> dict[int, float]:
        """When each forecast was painted: wall time by origin, both in ms."""
        found: dict[str, Any] = self._page.evaluate("window.painted")
        return {int(float(origin)): float(at) for origin, at in found.items() if at}


@contextmanager
def screen(url: str, cookie: str) -> Iterator[Screen]:
    """A Chromium, signed in, that shows the fleet page with a forecast."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise Unavailable("Playwright is not installed: run `make setup`.") from error
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_binary(), args=list(ARGUMENTS))
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.add_cookies([{"name": "fw_session", "value": cookie, "url": url}])
        context.add_init_script(_WATCH)
        page = context.new_page()
        shown = Screen(page)
        page.goto(url)
        page.wait_for_function("Object.values(window.painted).some(at => at > 0)", timeout=60_000)
        yield shown
        browser.close()


def _binary() -> str:
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        raise Unavailable("No Chromium: install it (Debian, Ubuntu: apt-get install chromium).")
    return found
