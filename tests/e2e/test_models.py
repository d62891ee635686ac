"""Models: a candidate appears, is decided on by another than asked for it, serves, and is rolled back."""

import re
import subprocess
import sys
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import DESK, PASSWORD, Tab, command
from tests.integration.infra.console import ROOT, Console, environment

PAGE = "/models"


@pytest.fixture(scope="module", autouse=True)
def petra(console: Console) -> None:
    """An approver."""
    command(console, "user", "add", "petra", "--role", "approver", said=PASSWORD + "\n")


def candidate(console: Console, version: str, by: str, gate: str = "passes") -> None:
    arguments = [sys.executable, "-m", "tests.e2e.candidate", str(console.folder), version, by, gate]
    done = subprocess.run(arguments, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def confirm(page: Page, reason: str, button: str) -> None:
    dialog = page.locator("dialog[open]")
    dialog.get_by_label("Reason, kept in the audit").fill(reason)
    dialog.get_by_role("button", name=button).click()


def test_a_candidate_is_approved_by_another_serves_and_is_rolled_back(
    console: Console, open_tab: Callable[..., Tab]
) -> None:
    watching = open_tab("vera")
    seen = watching.go(PAGE)
    expect(seen.get_by_role("heading", name="fleet-tft 1.0.0 serves alone: there is no candidate.")).to_be_visible()
    expect(seen.get_by_text("forewarn train")).to_be_visible()
    watching.keep()
    candidate(console, "1.1.0", "petra")
    expect(seen.get_by_role("heading", name=re.compile("Candidate 1.1.0 is better than 1.0.0"))).to_be_visible()
    expect(seen.get_by_role("list", name="Gate").get_by_role("listitem")).to_have_count(12)
    expect(seen.get_by_role("button", name="Approve and swap")).to_have_count(0)
    seen.set_viewport_size({"width": 360, "height": 800})
    narrow = seen.locator(".fw-diffs li > *").evaluate_all("found => found.filter(one => one.clientWidth < 40).length")
    pack = seen.get_by_role("link", name="Evidence pack").bounding_box()
    assert narrow == 0 and pack and pack["x"] + pack["width"] <= 360
    seen.set_viewport_size(DESK)

    asked = open_tab("petra").go(PAGE)
    expect(asked.get_by_text("petra asked for the training of fleet-tft 1.1.0, so somebody else")).to_be_visible()
    expect(asked.get_by_role("button", name="Approve and swap")).to_have_count(0)

    page = open_tab("ada").go(PAGE)
    with page.expect_download() as loaded:
        page.get_by_role("link", name="Evidence pack").click()
    assert loaded.value.suggested_filename.endswith("-1.1.0.html")
    page.get_by_role("textbox", name="Reason, kept in the audit").fill("better at every lead")
    page.get_by_role("button", name="Approve and swap").click()
    expect(page.get_by_text("fleet-tft 1.1.0 serves from the next tick on.")).to_be_visible()
    expect(seen.get_by_text("1.1.0 became champion")).to_be_visible()
    assert watching.kept()
    seen.get_by_role("link", name="Fleet", exact=True).click()
    expect(seen.get_by_title("Forewarn").locator("xpath=ancestor::nav")).to_contain_text("fleet-tft 1.1.0")

    page.get_by_role("button", name="Roll back").first.click()
    expect(page.locator("dialog[open]")).to_contain_text("It serves instead of 1.1.0")
    confirm(page, "false alarms doubled", "Roll back")
    expect(page.get_by_text("Rolled back to 1.0.0")).to_be_visible()
    page.get_by_label("Who was champion at").fill("2020-01-01T02:00")
    expect(page.get_by_text("Nobody served fleet-demo at 2020-01-01")).to_be_visible()
    page.get_by_role("link", name="Audit", exact=True).last.click()
    changes = page.get_by_role("table", name="Changes")
    expect(changes.get_by_role("row").nth(1)).to_contain_text(re.compile("ada.*rollback.*fleet-demo.*false alarms"))
    expect(changes).to_contain_text(re.compile("ada.*approve.*fleet-tft 1.1.0.*better at every lead"))


def test_what_the_gate_refuses_is_rejected_or_overridden_with_a_reason(
    console: Console, open_tab: Callable[..., Tab]
) -> None:
    candidate(console, "1.2.0", "otto", "fails")
    page = open_tab("petra").go(PAGE)
    expect(page.get_by_text("The gate refuses fleet-tft 1.2.0. Only an administrator may override it")).to_be_visible()
    expect(page.get_by_text("11 of 12 pass")).to_be_visible()
    admin = open_tab("ada").go(PAGE)
    admin.get_by_role("button", name="Override the gate").click()
    expect(admin.locator("dialog[open]")).to_contain_text("It replaces 1.0.0 on fleet-demo")
    admin.keyboard.press("Escape")
    page.get_by_role("button", name="Reject").first.click()
    confirm(page, "worse everywhere", "Reject it")
    expect(page.get_by_text("fleet-tft 1.2.0 is rejected.")).to_be_visible()
    admin.get_by_role("link", name=re.compile("1.2.0 rejected")).click()
    expect(admin.get_by_text(re.compile("petra rejected it at .*worse everywhere"))).to_be_visible()
    expect(admin.get_by_role("button", name="Override the gate")).to_have_count(0)


def test_an_administrator_lets_the_gate_promote_and_takes_it_back(
    console: Console, open_tab: Callable[..., Tab]
) -> None:
    page = open_tab("ada").go(PAGE)
    page.get_by_role("button", name="Promote by itself").first.click()
    confirm(page, "nights are quiet", "Promote by itself")
    expect(page.get_by_text("Forewarn promotes by itself what the gate passes.")).to_be_visible()
    candidate(console, "1.3.0", "petra")
    expect(page.get_by_text("1.3.0 became champion")).to_be_visible(timeout=40_000)
    expect(page.get_by_role("table", name="What became of versions")).to_contain_text("forewarn (policy)")
    page.get_by_role("button", name="Let a person decide").first.click()
    confirm(page, "the drill is over", "Let a person decide")
    expect(page.get_by_text("A person decides on every candidate.")).to_be_visible()
    command(console, "rollback", "--to", "1.0.0", "--reason", "the drill is over")
