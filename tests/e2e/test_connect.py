"""One's own servers: from the address of a Prometheus to their forecasts, in the console alone."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Tab
from tests.integration.core.prometheus_server import SERVERS, RealPrometheus, free_port, running


@pytest.fixture(scope="module")
def real(tool: Callable[[str], str]) -> Iterator[RealPrometheus]:
    with running(tool) as server:
        yield server


def test_from_an_address_to_forecasts(open_tab: Callable[..., Tab], real: RealPrometheus) -> None:
    page = open_tab("ada").go("/connect")
    page.get_by_label("Name of the new stream").fill("mine")
    page.get_by_label("Address").fill(real.url)
    page.get_by_role("button", name="Test the connection").click()
    memory = page.get_by_role("table", name="Preview").get_by_role("row", name=re.compile("^memory_pct 4"))
    expect(memory).to_be_visible()
    page.get_by_role("button", name="Connect and forecast").click()
    expect(page).to_have_url(re.compile(r"/\?stream=mine$"))
    for name in SERVERS:
        expect(page.locator("body")).to_contain_text(name, timeout=60_000)
    forecast = re.compile(r"([34]) of \1 forecast.*fleet-tft", re.DOTALL)  # 4: node_exporter's machine has a tick
    expect(page.get_by_role("navigation", name="Pages")).to_contain_text(forecast, timeout=60_000)
    page = open_tab("ada").go("/connect")
    row = page.get_by_role("table", name="Prometheus servers").get_by_role("row", name=re.compile("^mine mine"))
    expect(row).to_contain_text("read on")
    row.get_by_role("button", name="Pause").click()
    expect(row).to_contain_text("paused")
    row.get_by_role("button", name="Resume").click()
    expect(row.get_by_role("button", name="Pause")).to_be_visible()
    row.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("No Prometheus server is read yet.")).to_be_visible()
    page = open_tab("vera").go("/audit?subject=mine&noun=prometheus_source")
    changes = page.get_by_role("table", name="Changes").get_by_role("row")
    for at, action in enumerate(("remove", "resume", "pause", "add"), 1):
        expect(changes.nth(at)).to_contain_text(re.compile(f"ada.*{action}.*mine"))


def test_nobody_there_is_a_sentence_on_the_page_and_nothing_can_be_connected(open_tab: Callable[..., Tab]) -> None:
    page = open_tab("ada").go("/connect")
    page.get_by_label("Name of the new stream").fill("none")
    page.get_by_label("Address").fill(f"http://127.0.0.1:{free_port()}")
    page.get_by_label("Authorization header").fill("Bearer sesame")
    page.get_by_role("button", name="Test the connection").click()
    expect(page.get_by_role("alert")).to_contain_text("does not answer")
    expect(page.get_by_role("button", name="Connect and forecast")).to_be_disabled()


def test_others_than_administrators_are_told_so(open_tab: Callable[..., Tab]) -> None:
    for name in ("otto", "vera"):
        page = open_tab(name).go("/connect")
        expect(page.get_by_text("Only an administrator connects servers")).to_be_visible()
        expect(page.get_by_label("Address")).to_have_count(0)
