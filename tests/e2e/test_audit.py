"""What somebody changed is in the audit, under an address that shows it to others."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e.conftest import STREAM, Tab, command
from tests.integration.infra.console import Console


def test_a_change_is_read_by_its_address(console: Console, open_tab: Callable[..., Tab]) -> None:
    command(console, "key", "add", "lab-agent")
    command(console, "key", "revoke", "lab-agent", "--reason", "lost on a train")
    page = open_tab("vera").go("/audit?subject=lab-agent")
    rows = page.get_by_role("table", name="Changes").get_by_role("row")
    expect(rows).to_have_count(3)
    expect(rows.nth(1)).to_contain_text(re.compile("cli.*revoke.*lab-agent.*lost on a train"))
    rows.nth(1).get_by_title("Link to this entry").click()
    expect(page).to_have_url(re.compile(r"entry=\d+"))
    other = open_tab("otto").go(page.url.removeprefix(console.url))
    expect(other.get_by_role("table", name="Changes").get_by_text("Hash").first).to_be_visible()
    expect(other.get_by_text("Chain intact up to entry")).to_be_visible()


def test_what_is_done_appears_while_it_is_looked_at(
    open_tab: Callable[..., Tab],
) -> None:
    watching = open_tab("vera")
    page = watching.go("/audit")
    page.get_by_label("Person").select_option("otto")
    expect(page).to_have_url(re.compile("person=otto"))
    watching.keep()
    acting = open_tab("otto").go("/")
    for action in ("Pause the clock", "Resume the clock"):
        acting.keyboard.press("Control+k")
        acting.get_by_label("Search or run a command").last.fill(action)
        acting.get_by_role("button", name=action).click()
        word = action.split()[0].lower()
        expect(page.get_by_role("row", name=re.compile(f"otto {word} stream {STREAM}")).first).to_be_visible()
    assert watching.kept()
    page.get_by_label("Server or name").fill("nobody-knows")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="No change matches.")).to_be_visible()
    page.get_by_role("link", name="Show all").first.click()
    expect(page).not_to_have_url(re.compile("person="))
