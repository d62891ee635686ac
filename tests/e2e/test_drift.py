"""The page of drift: what is missing until it can look, and the rule that an approver sets."""

import re
from collections.abc import Callable
from contextlib import closing

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import PASSWORD, Tab, command
from tests.e2e.test_audit import STATE, recorded
from tests.integration.api.raw_socket import RawSocket
from tests.integration.infra.console import Console

PAGE = "/drift"
SAVE, RESTART = (f"{STATE}drift____drift.{name}" for name in ("save", "restart"))


@pytest.fixture(scope="module", autouse=True)
def drew(console: Console) -> None:
    """An approver."""
    command(console, "user", "add", "drew", "--role", "approver", said=PASSWORD + "\n")


def set_rule(page: Page, enabled: str, pause: str, reason: str) -> None:
    page.get_by_label("Training after drift").select_option(enabled)
    page.get_by_label("Pause after a training").fill(pause)
    page.get_by_role("textbox", name="Reason, kept in the audit").first.fill(reason)
    page.get_by_role("button", name="Set the rule").click()


def test_a_viewer_reads_what_is_missing_and_changes_nothing(open_tab: Callable[..., Tab]) -> None:
    page = open_tab("vera").go(PAGE)
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"drift", re.IGNORECASE))
    expect(page.get_by_role("heading", name="Rule")).to_be_visible()
    expect(page.get_by_text("This is the default")).to_be_visible()
    expect(page.get_by_text("Change the rule")).to_have_count(0)
    cells = page.get_by_role("table", name="Tests").get_by_role("cell")
    clipped = cells.evaluate_all(
        "found => found.filter(one => one.scrollWidth > one.clientWidth).map(one => one.innerText)"
    )
    assert clipped == []
    assert page.get_by_role("link", name="Drift").get_attribute("aria-current") == "page"


def test_an_approver_sets_the_rule_and_the_audit_has_it(console: Console, open_tab: Callable[..., Tab]) -> None:
    watching = open_tab("vera").go(PAGE)
    page = open_tab("drew").go(f"{PAGE}?cell=web:cpu_pct")
    page.get_by_text("Change the rule").click()
    set_rule(page, "off", "0", "holidays")
    expect(page.get_by_text("The pause between trainings is 1 to 2,160 hours.")).to_be_visible()
    set_rule(page, "off", "48", "holidays")
    expect(page.get_by_text("Drift starts no training.").first).to_be_visible()
    expect(watching.get_by_text("Drift starts no training.")).to_be_visible()
    assert recorded(console)[-1] == ("drew", "set")
    set_rule(page, "on", "72", "back at work")
    expect(page.get_by_text(re.compile("Trains when drift has been open for 6\u00a0h"))).to_be_visible()


def test_what_an_approver_may_a_viewer_may_not(console: Console, cookies: Callable[[str], dict[str, str]]) -> None:
    before = recorded(console)
    with closing(RawSocket(console.port, cookies("vera")["value"])) as viewer:
        viewer.hydrate(PAGE)
        for handler in (SAVE, RESTART):
            assert "This needs the role approver" in viewer.ask(handler, {"form": {}}, PAGE)
    assert recorded(console) == before


def test_a_cell_that_is_not_there_is_no_error(open_tab: Callable[..., Tab]) -> None:
    page = open_tab("vera").go(f"{PAGE}?cell=nothing:at-all")
    expect(page.get_by_role("heading", name="Cells")).to_be_visible()
