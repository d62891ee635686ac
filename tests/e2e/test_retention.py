"""Retention: see how full the store is, try other limits, apply them, take them back, sweep."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e.conftest import Tab


def test_a_limit_is_tried_applied_and_taken_back(open_tab: Callable[..., Tab]) -> None:
    page = open_tab("ada").go("/settings/retention")
    expect(page.get_by_role("heading", name=re.compile("of at most 5,000.MB are used"))).to_be_visible()
    page.get_by_label("Telemetry for").fill("3")
    page.get_by_label("Why").fill("a small disk")
    page.get_by_role("button", name="Show what would go").click()
    expect(page.get_by_role("alert")).to_contain_text("at least 8 days, since the models remember seven days")
    page.get_by_label("Telemetry for").fill("8")
    page.get_by_label("Cap").fill("4000")
    page.get_by_role("button", name="Show what would go").click()
    expect(page.get_by_role("status").get_by_text(re.compile("would go at the next sweep, at"))).to_be_visible()
    kept = page.get_by_role("table", name="What is kept how long")
    expect(kept).not_to_contain_text("4,000")
    page.get_by_role("button", name="Apply from the next sweep on").click()
    expect(kept.get_by_role("row", name=re.compile("In all at most 4,000.MB.*ada.*a small disk"))).to_be_visible()
    kept.get_by_role("row", name=re.compile("^In all")).get_by_role("button").click()
    expect(
        kept.get_by_role("row", name=re.compile("In all at most 5,000.MB.*the installation's setting"))
    ).to_be_visible()
    kept.get_by_role("row", name=re.compile("^Telemetry")).get_by_role("button").click()
    expect(kept).not_to_contain_text("for 8 days")


def test_an_edit_takes_the_preview_away(open_tab: Callable[..., Tab]) -> None:
    page = open_tab("ada").go("/settings/retention")
    page.get_by_label("Why").fill("to see")
    page.get_by_role("button", name="Show what would go").click()
    apply = page.get_by_role("button", name="Apply from the next sweep on")
    expect(apply).to_be_visible()
    page.get_by_label("Cap").fill("3999")
    expect(apply).to_be_hidden()


def test_a_sweep_that_is_asked_for_ends_and_is_on_record(open_tab: Callable[..., Tab]) -> None:
    tab = open_tab("ada")
    page = tab.go("/settings/retention")
    page.get_by_role("button", name="Sweep now").click()
    row = page.get_by_role("table", name="Last sweeps").get_by_role("row", name=re.compile("ada.*(nothing was|\\d)"))
    expect(row.first).to_be_visible()
    expect(page.get_by_role("button", name="Sweep now")).to_be_enabled()


def test_others_look_and_are_told_who_changes(open_tab: Callable[..., Tab]) -> None:
    page = open_tab("vera").go("/settings/retention")
    expect(page.get_by_role("table", name="What is stored")).to_be_visible()
    expect(page.get_by_text("An administrator changes what is kept")).to_be_visible()
    expect(page.get_by_role("button", name="Sweep now")).to_have_count(0)
