"""Live scores in a running console: they come by themselves, and an approver decides whether the policy may go back."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e.conftest import STREAM, Tab
from tests.e2e.test_audit import recorded
from tests.integration.infra.console import Console

TWO_HOURS_MS = 120_000  # of stream time: an origin at a full hour, and the hour after it


def test_truth_is_scored_and_automatic_rollback_is_switched_with_a_reason(
    console: Console, open_tab: Callable[..., Tab]
) -> None:
    page = open_tab("ada").go(f"/calibration?stream={STREAM}")
    expect(page.get_by_text("Truth comes in")).to_be_visible(timeout=TWO_HOURS_MS)
    versions = page.get_by_role("table", name="Versions, last day").get_by_role("row")
    expect(versions.nth(1)).to_contain_text("serves")
    page.get_by_role("button", name="Turn automatic rollback off").click()
    expect(page.get_by_text("Say why")).to_be_visible()
    before = recorded(console)
    page.get_by_label("Why").fill("we decide ourselves")
    page.get_by_role("button", name="Turn automatic rollback off").click()
    expect(page.get_by_text("automatic rollback is off").first).to_be_visible()
    assert recorded(console)[len(before) :] == [("ada", "set automatic rollback")]
    page.get_by_label("Why").fill("on again")
    page.get_by_role("button", name="Turn automatic rollback on").click()
    expect(page.get_by_text("automatic rollback is on").first).to_be_visible()


def test_who_may_not_decide_is_told_who_may(open_tab: Callable[..., Tab]) -> None:
    page = open_tab("vera").go(f"/calibration?stream={STREAM}")
    expect(page.get_by_text("An approver may turn automatic rollback on or off.")).to_be_visible(timeout=TWO_HOURS_MS)
    expect(page.get_by_role("button", name="Turn automatic rollback off")).to_have_count(0)
