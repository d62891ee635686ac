"""The life of a model in the browser, with a real training: asked for, watched, read, approved, served, rolled back."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.conftest import STREAM, Tab

LONG = 300_000
"""A training of a few seconds, its libraries, and the judgement, on a machine that does other things as well."""


def test_from_the_form_to_the_audit(open_tab: Callable[..., Tab], picture: Callable[[Page, str], None]) -> None:
    asking = open_tab("otto")
    page = asking.go(f"/training?stream={STREAM}")
    page.get_by_label("Train for").first.fill("0.2")
    page.get_by_label("Telemetry of the last").first.fill("3")
    page.get_by_label("Why").first.fill("the fleet has grown")
    asking.keep()
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_role("heading", name=re.compile(r"Run \d+ (waits|trains)"))).to_be_visible()
    expect(page.get_by_role("progressbar")).to_be_visible()
    evidence = page.get_by_role("link", name="Evidence", exact=True)
    expect(evidence).to_be_visible(timeout=LONG)
    said = page.get_by_role("heading", name=re.compile("became the candidate")).inner_text()
    assert asking.kept()
    evidence.click()
    expect(page.get_by_role("list", name="Gate").get_by_role("listitem")).to_have_count(12)
    found = re.search(r"fleet-tft (\d+\.\d+\.\d+)", said)
    assert found is not None, said
    version = found[1]

    deciding = open_tab("ada")
    page = deciding.go(f"/models?stream={STREAM}")
    passed = page.get_by_role("button", name="Approve and swap")
    refused = page.get_by_role("button", name="Override the gate")
    expect(passed.or_(refused).first).to_be_visible()
    picture(page, "models")
    if passed.count():
        page.get_by_role("textbox", name="Reason, kept in the audit").first.fill("as good as the one before")
        passed.click()
    else:
        refused.first.click()
        dialog = page.locator("dialog[open]")
        dialog.get_by_label("Reason, kept in the audit").fill("as good as the one before")
        dialog.get_by_role("button", name="Override and swap").click()
    expect(page.get_by_text(f"fleet-tft {version} serves from the next tick on.")).to_be_visible()

    fleet = open_tab("vera").go("/")
    expect(fleet.get_by_title("Forewarn").locator("xpath=ancestor::nav")).to_contain_text(f"fleet-tft {version}")

    page.get_by_role("button", name="Roll back").first.click()
    dialog = page.locator("dialog[open]")
    dialog.get_by_label("Reason, kept in the audit").fill("it was only tried")
    dialog.get_by_role("button", name="Roll back").click()
    moved = page.get_by_role("row").filter(has_text="it was only tried")
    expect(moved.get_by_text("Rolled back to 1.0.0")).to_be_visible()
    expect(fleet.get_by_title("Forewarn").locator("xpath=ancestor::nav")).to_contain_text("fleet-tft 1.0.0")
    page.get_by_role("link", name="Audit", exact=True).last.click()
    changes = page.get_by_role("table", name="Changes")
    expect(changes.get_by_role("row").nth(1)).to_contain_text(re.compile("ada.*rollback.*it was only tried"))
    expect(changes).to_contain_text(re.compile("(approve|override).*as good as the one before"))
    expect(changes).to_contain_text(re.compile("otto.*train.*the fleet has grown"))
