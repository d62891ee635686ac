"""kill -9 of each process while somebody looks: the page says so, and recovers without a reload within 20 s."""

import os
import re
import signal
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Tab
from tests.integration.infra.console import Console, wait_for

ALLOWED_MS = 20_000
_CUT_OFF = r"WebSocket connection to|ERR_CONNECTION_REFUSED"


def kill(console: Console, name: str) -> None:
    wait_for(lambda: name in console.processes(), 20, f"{name} runs")
    os.kill(int(str(console.processes()[name]["pid"])), signal.SIGKILL)


@pytest.mark.parametrize("name", ["inference", "playback", "default", "training", "shadow", "scheduler"])
def test_a_killed_worker_is_shown_and_the_forecasts_go_on(
    name: str, console: Console, open_tab: Callable[..., Tab]
) -> None:
    fleet, jobs = open_tab(), open_tab()
    fleet.go()
    fleet.origin()
    page = jobs.go("/jobs")
    row = page.get_by_role("table", name="Processes").get_by_role("row", name=re.compile(rf"^{name} "))
    expect(row.get_by_text("running")).to_be_visible()
    for one in (fleet, jobs):
        one.keep()
    kill(console, name)
    expect(row).to_contain_text("SIGKILL", timeout=ALLOWED_MS)
    expect(row.get_by_text("running")).to_be_visible(timeout=ALLOWED_MS)
    fleet.next_forecast(seconds=ALLOWED_MS / 1000)
    assert fleet.kept() and jobs.kept()


def test_a_killed_broker_is_named_and_its_return_is_noticed(console: Console, tab: Tab) -> None:
    page = tab.go()
    tab.origin()
    tab.keep()
    kill(console, "valkey")
    expect(page.get_by_text("The broker has not answered since")).to_be_visible(timeout=ALLOWED_MS)
    expect(page.get_by_text("The broker has not answered since")).to_be_hidden(timeout=ALLOWED_MS)
    tab.next_forecast(seconds=ALLOWED_MS / 1000)
    assert tab.kept()


def test_a_page_finds_a_killed_web_process_again(console: Console, tab: Tab) -> None:
    tab.forgiven = _CUT_OFF
    page = tab.go()
    tab.origin()
    tab.keep()
    kill(console, "web")
    lost = page.get_by_role("alert").filter(has_text="The console does not answer.")
    expect(lost).to_be_visible(timeout=ALLOWED_MS)
    expect(lost).to_be_hidden(timeout=ALLOWED_MS)
    tab.next_forecast(seconds=ALLOWED_MS / 1000)
    assert tab.kept()
