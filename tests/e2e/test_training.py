"""Training: ask for a run, watch it, cancel it, see that it can go on; and change when one starts by itself."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e.conftest import STREAM, Tab

SLOW = 90_000
"""A training process begins: its libraries take some seconds to load, more on a busy machine."""


def test_a_training_is_asked_for_watched_cancelled_and_kept(open_tab: Callable[..., Tab]) -> None:
    tab = open_tab("otto")
    page = tab.go(f"/training?stream={STREAM}")
    expect(page.get_by_text(re.compile("days of 20 servers are stored"))).to_be_visible()
    train = page.get_by_role("button", name="Train", exact=True)
    train.click()
    expect(page.get_by_role("alert")).to_contain_text("Say why")
    page.get_by_label("Train for").first.fill("0.2")
    page.get_by_label("Why").first.fill("to see it train")
    tab.keep()
    train.click()
    expect(page.get_by_role("heading", name=re.compile(r"Run \d+ (waits|trains)"))).to_be_visible()
    expect(train).to_be_disabled()
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.locator(".fw-training-phase")).to_contain_text(re.compile("examples|epoch"), timeout=SLOW)
    expect(page.locator(".fw-training-phase")).to_contain_text(re.compile(r"heard \d+.s ago"))
    expect(page.get_by_text("Data's SHA-256")).to_be_visible()
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_role("dialog").get_by_label("Why").fill("seen enough")
    page.get_by_role("button", name="Cancel the run").click()
    expect(page.get_by_text("its checkpoint is kept, so it can go on from there").first).to_be_visible(timeout=SLOW)
    run = page.get_by_role("table", name="Trainings").get_by_role("row", name=re.compile("cancelled.*otto"))
    expect(run).to_be_visible()
    expect(page.get_by_role("button", name="Resume")).to_be_enabled()
    assert tab.kept()


def test_a_schedule_is_tried_out_changed_and_put_back(open_tab: Callable[..., Tab]) -> None:
    page = open_tab("ada").go(f"/training?stream={STREAM}")
    card = page.locator(".fw-plan")
    expect(card).to_contain_text("Every night at 02:00 UTC")
    for times, zone, words in (("30 3 * * 1-5", "Europe/Berlin", "Monday to Friday at 03:30 Europe/Berlin"),
                               ("0 2 * * *", "", "Every night at 02:00 UTC")):  # fmt: skip
        if not card.get_by_label("Times, as cron").is_visible():
            page.get_by_text("Change the schedule").click()
        card.get_by_label("Times, as cron").fill("0 25 * * *")
        expect(card.get_by_role("alert")).to_contain_text("The hour, second, is 0 to 23")
        card.get_by_label("Times, as cron").fill(times)
        card.get_by_label("Time zone").fill(zone)
        expect(card.get_by_label("Next times").get_by_role("listitem")).to_have_count(3)
        card.get_by_role("button", name="Save the schedule").click()
        expect(card.get_by_role("alert")).to_contain_text("Say why")
        card.get_by_label("Why").fill("a quieter hour")
        card.get_by_role("button", name="Save the schedule").click()
        expect(card.locator(".fw-plan-say")).to_contain_text(words)
        expect(card).to_contain_text("decided by ada")


def test_others_look_and_are_told_who_trains(open_tab: Callable[..., Tab]) -> None:
    page = open_tab("vera").go(f"/training?stream={STREAM}")
    expect(page.get_by_text("An operator may train and cancel.")).to_be_visible()
    expect(page.get_by_text("An approver may change the schedule.")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("Train|Run now|Cancel|Resume"))).to_have_count(0)
