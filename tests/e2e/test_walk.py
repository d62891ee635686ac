"""Every page and every file of the build: nothing of another host, no breach of the policy, no script but our own."""

import base64
import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import STREAM, Tab
from tests.integration.infra.console import ROOT, Console
from webapp import routes
from webapp.api.door import HEADERS

if TYPE_CHECKING:
    from playwright.sync_api import Page

BUILT = ROOT / ".web" / "build" / "client"
_WATCH = """
window.breaches = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.breaches.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`);
});
"""
_INLINE = re.compile(r"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)


def pages() -> list[str]:
    """The address of every page, as the code lists them."""
    listed = re.findall(r"Page\(\w+, routes\.(\w+),", (ROOT / "webapp/pages/every.py").read_text())
    found = [str(getattr(routes, name)) for name in listed]
    return [one.replace("[name]", "ppdb002") for one in found] + ["/sign-in", "/no-such-page"]


@pytest.fixture(scope="module")
def built() -> list[str]:
    """The address of every file of the build; the compressed copies are served in place of these."""
    files = [path for path in BUILT.rglob("*") if path.is_file() and path.suffix != ".gz"]
    return sorted(f"/{path.relative_to(BUILT).as_posix()}" for path in files)


@pytest.mark.parametrize("path", pages())
def test_a_page_stays_within_its_policy(open_tab: Callable[..., Tab], path: str) -> None:
    tab = open_tab("" if path == "/sign-in" else "ada")
    tab.forgiven = "404" if path == "/no-such-page" else tab.forgiven
    tab.page.add_init_script(_WATCH)
    said: list[str] = []
    tab.page.on("console", lambda message: said.append(message.text))
    page = tab.go(f"{path}?stream={STREAM}" if path != "/sign-in" else path)
    expect(page.locator("main")).to_be_visible()
    _stir(page)
    assert page.evaluate("window.breaches") == []
    assert [one for one in said if "Content Security Policy" in one or "Refused to" in one] == []


def _stir(page: "Page") -> None:
    """Open what every page has, so that it is loaded too."""
    page.wait_for_load_state("networkidle")
    if page.get_by_role("navigation", name="Pages").count():
        page.keyboard.press("Control+k")
        page.keyboard.press("Escape")


@pytest.mark.parametrize("path", pages())
def test_every_inline_script_of_a_page_is_named_by_its_hash(
    console: Console, cookies: Callable[[str], dict[str, str]], path: str
) -> None:
    headers = {"Accept": "text/html", "Cookie": f"fw_session={cookies('ada')['value']}"}
    answer = httpx.get(console.url + path, headers=headers, follow_redirects=True)
    scripts = _INLINE.findall(answer.text)
    hashes = [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in scripts]
    policy = answer.headers["content-security-policy"]
    assert [one for one in hashes if f"'sha256-{one}'" not in policy] == []
    assert "'unsafe-inline'" not in policy.split("script-src")[1]
    assert answer.headers["cache-control"] == "no-store"


def test_every_file_of_the_build_is_dressed_and_none_is_a_page_by_mistake(console: Console, built: list[str]) -> None:
    assert len(built) > 20
    with httpx.Client(base_url=console.url) as client:
        for path in built:
            answer = client.get(path, headers={"Accept": "*/*"})
            assert answer.status_code == 200, path
            assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS, path
            assert ("text/html" in answer.headers["content-type"]) == path.endswith(".html"), path


def test_no_file_of_the_build_names_a_host_that_it_would_load_from(built: list[str]) -> None:
    loading = re.compile(r"""(?:src|href)=["']https?://|url\(["']?https?://|import\(["']https?://|importScripts\(""")
    texts = [Path(f"{BUILT}{one}") for one in built if one.endswith((".html", ".css"))]
    assert [one.name for one in texts if loading.search(one.read_text())] == []
