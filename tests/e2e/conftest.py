"""One console for all journeys, and browser tabs that report what must not happen.

Guards: whatever a journey does, no page fetches from another host, writes an error to the browser's console or
makes the server log one.
"""

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import expect

from tests.integration.api import oidc_provider
from tests.integration.api.oidc_provider import CLIENT, SECRET, LocalProvider
from tests.integration.api.raw_socket import RawSocket
from tests.integration.infra.console import COMMAND, ROOT, Console, environment, wait_for

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

PASSWORD = "correct horse battery"
SPEED = 120
TICK_S = 300 / SPEED
STREAM = "fleet-demo"
DESK = {"width": 1440, "height": 900}
PICTURES = bool(os.environ.get("FOREWARN_PICTURES"))
IMAGES = ROOT / "docs" / "images"


def command(console: Console, *arguments: str, said: str = "") -> str:
    """What a `forewarn` command prints about this console's data."""
    whole = [*COMMAND, *arguments, "--data-dir", str(console.folder)]
    pipes = {"input": said, "capture_output": True, "text": True}
    done = subprocess.run(whole, cwd=ROOT, env=environment(), timeout=60, check=False, **pipes)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="session")
def provider() -> Iterator[LocalProvider]:
    """An identity provider that the console knows."""
    with oidc_provider.running() as local:
        yield local


@pytest.fixture(scope="session")
def console(tmp_path_factory: pytest.TempPathFactory, provider: LocalProvider) -> Iterator[Console]:
    """A console as people start it, with every server forecast and somebody of each role."""
    known = {"ISSUER": provider.url, "CLIENT_ID": CLIENT, "CLIENT_SECRET": SECRET, "ROLES": "sre=operator"}
    variables = {f"FOREWARN_OIDC_{name}": value for name, value in {**known, "LABEL": "Example ID"}.items()}
    started = Console(tmp_path_factory.mktemp("e2e") / "data", "--speed", str(SPEED), **variables)
    expect.set_options(timeout=15_000)  # a busy machine is no failure; what has to be fast is measured elsewhere
    try:
        started.until_ready()
        started.until_greeting()
        for name, role in (("ada", "admin"), ("otto", "operator"), ("vera", "viewer")):
            command(started, "user", "add", name, "--role", role, said=PASSWORD + "\n")
        wait_for(lambda: b'forewarn_servers_forecast{stream="fleet-demo"} 20.0' in started.get("/metrics")[1], 60, "20")
        yield started
    finally:
        started.stop()


@pytest.fixture(scope="session")
def cookies(console: Console) -> Callable[[str], dict[str, str]]:
    """The session cookie of ada, otto or vera, as a browser keeps it; each signs in once."""
    known: dict[str, str] = {}

    def of(name: str) -> dict[str, str]:
        if name not in known:
            form, headers = {"name": name, "password": PASSWORD}, {"Accept": "application/json"}
            answer = httpx.post(f"{console.url}/api/login", data=form, headers=headers)
            known[name] = answer.raise_for_status().cookies["fw_session"]
        return {"name": "fw_session", "value": known[name], "url": console.url}

    return of


@pytest.fixture(scope="session", autouse=True)
def aged(console: Console, cookies: Callable[[str], dict[str, str]]) -> None:
    """Pictures are taken of a console that has run for a while."""
    if PICTURES:
        _age(console, cookies("otto"))


@dataclass
class Tab:
    """A page, and everything wrong that was seen on it."""

    page: "Page"
    base: str
    wrong: list[str] = field(default_factory=list)
    forgiven: str = "$^"
    """A pattern of console errors that this journey causes on purpose."""

    def watch(self) -> None:
        self.page.on("console", lambda said: said.type == "error" and self.wrong.append(f"console: {said.text}"))
        self.page.on("pageerror", lambda error: self.wrong.append(f"script: {error}"))
        self.page.on("request", lambda request: self._look(request.url))

    def _look(self, url: str) -> None:
        if url.startswith("http") and urlsplit(url).netloc != urlsplit(self.base).netloc:
            self.wrong.append(f"another host: {url}")

    def go(self, path: str = "/") -> "Page":
        """Load an address of the console."""
        self.page.goto(self.base + path)
        return self.page

    def keep(self) -> None:
        """Mark the document, so that a reload would be noticed."""
        self.page.evaluate("window.kept = true")

    def kept(self) -> bool:
        return bool(self.page.evaluate("window.kept === true"))

    def origin(self) -> float:
        """Stream time of the forecast that the overview shows, in ms; 0 while it shows none."""
        return float(self.page.locator("[data-origin]").get_attribute("data-origin", timeout=10_000) or 0)

    def next_forecast(self, count: int = 1, seconds: float = 30) -> None:
        """Wait until the overview shows a forecast that is `count` ticks newer, without a reload."""
        wanted = self.origin() + count * 300_000
        script = "at => Number(document.querySelector('[data-origin]')?.dataset.origin) >= at"
        self.page.wait_for_function(script, arg=wanted, timeout=seconds * 1000)


@pytest.fixture
def open_tab(
    browser: "Browser", console: Console, cookies: Callable[[str], dict[str, str]]
) -> Iterator[Callable[..., Tab]]:
    """Opens tabs, each in a browser of its own; `name` is who is signed in, "" for nobody."""
    contexts: list[BrowserContext] = []
    tabs: list[Tab] = []
    log = console.folder / "logs" / "web.log"
    before = log.stat().st_size

    def open_(name: str = "otto", base: str = console.url, **options: Any) -> Tab:
        context = browser.new_context(**{"viewport": DESK, "timezone_id": "UTC", "locale": "en-GB", **options})
        contexts.append(context)
        if name:
            context.add_cookies([cookies(name) | {"url": base}])
        tabs.append(Tab(context.new_page(), base))
        tabs[-1].watch()
        return tabs[-1]

    yield open_
    for context in contexts:
        context.close()
    wrong = [one for tab in tabs for one in tab.wrong if not re.search(tab.forgiven, one)]
    assert not wrong
    with log.open() as file:
        file.seek(before)
        failures = [line for line in file if '"level": "error"' in line or "Traceback" in line]
    assert not failures


@pytest.fixture
def tab(open_tab: Callable[..., Tab]) -> Tab:
    """A tab of an operator."""
    return open_tab()


@pytest.fixture
def picture() -> Callable[["Page", str], None]:
    """Takes a picture for the README when FOREWARN_PICTURES is set; the files are committed."""

    def take(page: "Page", name: str) -> None:
        if PICTURES:
            IMAGES.mkdir(parents=True, exist_ok=True)
            expect(page.locator(".fw-block")).to_have_count(0)  # nothing is loading any more
            expect(page.locator("[data-sonner-toast]")).to_have_count(0)
            page.wait_for_load_state("networkidle")
            page.screenshot(path=IMAGES / f"{name}.png")

    return take


def _age(console: Console, cookie: dict[str, str]) -> None:
    """Let ten hours pass at full speed, so that pictures show intervals that were measured."""
    person = RawSocket(console.port, cookie["value"])
    speed = "reflex___state____state.webapp___state___shell____shell.set_speed"
    try:
        person.hydrate()
        person.ask(speed, {"speed": "0"})
        cycles = re.compile(rb'cycles_total{outcome="stored",stream="fleet-demo"} (\S+)')
        wait_for(lambda: float(cycles.findall(console.get("/metrics")[1])[0]) > 120, 170, "ten hours have passed")
        person.ask(speed, {"speed": str(SPEED)})
    finally:
        person.close()
