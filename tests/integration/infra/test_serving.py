"""One build of the pages, seen by a real browser: on any port, and behind nginx with TLS."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.integration.infra.console import Console, forewarn
from tests.nginx import tls_proxy

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture
def proxy(console: Console, tool: Callable[[str], str], tmp_path: Path) -> Iterator[int]:
    """The port of an nginx with a self-signed certificate in front of the console."""
    with tls_proxy(console.port, tmp_path, tool) as port:
        yield port


def address_of_socket(browser: "Browser", console: Console, base: str) -> str:
    """Sign in at `base` with a fresh link; where the page's socket goes, once it has been answered."""
    link = forewarn("user", "link", "--data-dir", str(console.folder)).stdout.strip()
    context = browser.new_context(ignore_https_errors=True)
    try:
        page = context.new_page()
        with page.expect_websocket(lambda one: one.url.count("/_event") == 1) as opened:
            page.goto(base + link.removeprefix(console.url))
        opened.value.wait_for_event("framereceived")
        page.get_by_role("navigation").first.wait_for()
        assert page.url.startswith(f"{base}/")
        return opened.value.url.split("/_event")[0]
    finally:
        context.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_page_talks_to_the_port_that_it_came_from(host: str, console: Console, browser: "Browser") -> None:
    assert address_of_socket(browser, console, f"http://{host}:{console.port}") == f"ws://{host}:{console.port}"


def test_the_page_talks_through_a_tls_proxy_on_any_port(console: Console, browser: "Browser", proxy: int) -> None:
    assert address_of_socket(browser, console, f"https://localhost:{proxy}") == f"wss://localhost:{proxy}"
