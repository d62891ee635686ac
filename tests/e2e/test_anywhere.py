"""The build knows no address: the same pages live on another port, and behind a proxy that speaks TLS."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.e2e.conftest import Tab
from tests.e2e.test_fleet import rows
from tests.integration.infra.console import Console
from tests.nginx import tls_proxy

BUILT_FOR = 8400


def test_live_updates_reach_another_port_than_the_build_was_made_for(console: Console, tab: Tab) -> None:
    assert console.port != BUILT_FOR
    page = tab.go()
    expect(rows(page)).to_have_count(20)
    tab.keep()
    tab.next_forecast()
    assert tab.kept()


def test_live_updates_come_through_nginx_with_tls(
    console: Console, open_tab: Callable[..., Tab], tool: Callable[[str], str], tmp_path: Path
) -> None:
    with tls_proxy(console.port, tmp_path, tool) as port:
        tab = open_tab(base=f"https://localhost:{port}", ignore_https_errors=True)
        page = tab.go()
        expect(rows(page)).to_have_count(20)
        tab.keep()
        tab.next_forecast()
        page.get_by_role("navigation", name="Pages").get_by_role("link", name="Jobs").click()
        expect(page.get_by_role("table", name="Processes")).to_be_visible()
        assert tab.kept()
        page.context.close()  # before the proxy ends
