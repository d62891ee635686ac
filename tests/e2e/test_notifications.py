"""Notifications: add a target, test it, choose what it hears of, pause and remove it; a wrong form says where."""

import json
import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests import receivers
from tests.e2e.conftest import Tab, command
from tests.integration.infra.console import Console
from tests.receivers import answering


def add_hook(page: Page, name: str, url: str) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Kind").select_option("webhook")
    expect(page.get_by_label(re.compile("^Signing secret"))).to_be_visible()  # its fields are there
    page.get_by_label("Address of the webhook").fill(url)
    page.get_by_role("button", name="Add", exact=True).click()


def test_a_target_is_added_tested_changed_and_removed(open_tab: Callable[..., Tab]) -> None:
    with receivers.http(answering(200)) as heard:
        page = open_tab("ada").go("/settings/notifications")
        add_hook(page, "ops", f"{heard.url}/s3cr3t-AB12")
        row = page.get_by_role("table", name="Notification targets").get_by_role("row", name=re.compile("^ops"))
        expect(row).to_contain_text("Nothing sent yet")
        expect(row.get_by_title("127.0.0.1:", exact=False)).to_have_attribute("title", re.compile("…AB12$"))
        row.get_by_role("button", name="Test").click()
        expect(page.get_by_text("ops took the test.")).to_be_visible()
        expect(page.get_by_role("table", name="Last messages")).to_contain_text("Forewarn can reach you here.")
    assert json.loads(heard.posts[0][2])["phase"] == "test"
    disk = row.get_by_role("button", name="disk")
    disk.click()
    expect(disk).to_have_attribute("aria-pressed", "false")
    row.get_by_role("button", name="Pause").click()
    expect(row).to_contain_text("Paused")
    row.get_by_role("button", name="Resume").click()
    row.get_by_role("button", name="Test").click()  # nobody listens any more
    expect(row).to_contain_text("cannot be reached")
    row.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("None yet.")).to_be_visible()
    assert "s3cr3t" not in page.content()


def test_the_form_shows_the_fields_of_its_kind_and_says_what_is_wrong(open_tab: Callable[..., Tab]) -> None:
    page = open_tab("ada").go("/settings/notifications")
    page.get_by_label("Kind").select_option("smtp")
    expect(page.get_by_label("Address of the webhook")).to_have_count(0)
    page.get_by_label("Name").fill("mail")
    page.get_by_label("From").fill("me")
    page.get_by_role("button", name="Add", exact=True).click()
    alerts = page.get_by_role("alert")
    expect(alerts.filter(has_text="Name the mail server")).to_be_visible()
    expect(alerts.filter(has_text="Give one address to send from")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("mail")


def test_others_see_names_and_states_and_no_address(console: Console, open_tab: Callable[..., Tab]) -> None:
    tab = open_tab("otto")
    expect(tab.go("/settings/notifications").get_by_text("None yet.")).to_be_visible()
    for _ in range(3):  # longer than a page may be behind: whoever rewrites it has seen that there is none
        assert "pager" not in command(console, "notify", "list")
    tab.go("/jobs")
    command(console, "notify", "add", "pager", "pagerduty", said="0123456789abcdef0123456789abcdef\n")
    page = tab.go("/settings/notifications")
    expect(page.get_by_role("row", name=re.compile("^pager PagerDuty everything"))).to_be_visible()
    expect(page.get_by_text("An administrator adds targets")).to_be_visible()
    expect(page.get_by_role("button", name="Test")).to_have_count(0)
    assert "events.pagerduty.com" not in page.content()
    command(console, "notify", "remove", "pager")
    expect(page.get_by_text("None yet.")).to_be_visible()
