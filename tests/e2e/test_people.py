"""Letting people in, changing what they may do, shutting them out; and one's own sessions and password."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.conftest import PASSWORD, Tab
from tests.e2e.test_signing_in import fill


def test_a_person_is_added_comes_in_by_link_and_sets_a_password(open_tab: Callable[..., Tab]) -> None:
    admin = open_tab("ada").go("/settings/people")
    form = admin.locator("form", has=admin.get_by_role("button", name="Add"))
    form.get_by_label("Name").fill("two words")
    form.get_by_role("button", name="Add").click()
    expect(admin.get_by_role("alert")).to_contain_text("A name has 1 to 64 letters")
    form.get_by_label("Name").fill("lena")
    form.get_by_role("button", name="Add").click()
    link = admin.locator(".fw-code").inner_text()
    expect(row(admin, "lena")).to_contain_text(re.compile("viewer.*one-time link.*never"))
    page = open_tab("").go(re.sub(r"^https?://[^/]+", "", link))
    expect(page.get_by_role("navigation", name="Pages")).to_be_visible()
    expect(row(admin, "lena")).to_contain_text("ago")
    page.get_by_role("button", name="You").click()
    page.get_by_role("link", name="Sessions and password").click()
    set_password(page, "a password of hers", "another")
    expect(page.get_by_role("alert")).to_contain_text("The two new passwords differ.")
    set_password(page, "a password of hers", "a password of hers")
    expect(page.get_by_text("Your password is changed.")).to_be_visible()
    other = open_tab("").go("/sign-in")
    fill(other, "lena", "a password of hers")
    expect(other.get_by_role("navigation", name="Pages")).to_be_visible()


def row(page: Page, name: str):  # type: ignore[no-untyped-def]
    return page.get_by_role("table", name="People").get_by_role("row", name=re.compile(f"^{name}"))


def set_password(page: Page, new: str, again: str) -> None:
    page.get_by_label("New password", exact=True).fill(new)
    page.get_by_label("New password again").fill(again)
    page.get_by_role("button", name=re.compile("password")).last.click()


def test_who_is_disabled_is_led_away_and_comes_back_when_enabled(open_tab: Callable[..., Tab]) -> None:
    admin = open_tab("ada").go("/settings/people")
    add(admin, "dora", "operator")
    page = open_tab("").go("/sign-in")
    fill(page, "dora", PASSWORD)
    expect(page.get_by_role("navigation", name="Pages")).to_be_visible()
    row(admin, "dora").get_by_role("link").click()
    detail = admin.get_by_role("region", name="dora")
    detail.get_by_label("Role").select_option("viewer")
    detail.get_by_label("Reason").fill("rotation")
    page.evaluate("window.kept = true")
    detail.get_by_role("button", name="Change the role").click()
    expect(row(admin, "dora")).to_contain_text("viewer")
    page.wait_for_function("window.kept !== true")
    page.get_by_role("button", name="You").click()
    expect(page.get_by_role("dialog", name="You")).to_contain_text("viewer")
    detail.get_by_role("button", name="Disable").click()
    admin.get_by_role("dialog").get_by_role("button", name="Disable").click()
    expect(row(admin, "dora")).to_contain_text("disabled")
    expect(page).to_have_url(re.compile("/sign-in.*error=ended"))
    fill(page, "dora", PASSWORD)
    expect(page.get_by_role("alert")).to_contain_text("Name or password is wrong.")
    detail.get_by_role("button", name="Enable").click()
    expect(row(admin, "dora")).not_to_contain_text("disabled")
    fill(page, "dora", PASSWORD)
    expect(page.get_by_role("navigation", name="Pages")).to_be_visible()


def add(page: Page, name: str, role: str) -> None:
    form = page.locator("form", has=page.get_by_role("button", name="Add"))
    form.get_by_label("Name").fill(name)
    form.get_by_label("Role").select_option(role)
    form.get_by_label("First password").fill(PASSWORD)
    form.get_by_role("button", name="Add").click()
    expect(row(page, name)).to_be_visible()


def test_ones_other_browser_is_signed_out_from_here(open_tab: Callable[..., Tab]) -> None:
    pages = [open_tab("").go("/sign-in") for _ in range(2)]
    for page in pages:
        fill(page, "otto", PASSWORD)
        expect(page.get_by_role("navigation", name="Pages")).to_be_visible()
    here, there = pages
    here.goto(re.sub(r"/[^/]*$", "/you", here.url))
    table = here.get_by_role("table", name="Your sessions")
    expect(table.get_by_role("row").nth(1)).to_contain_text("this one")
    table.get_by_role("row").nth(2).get_by_role("button", name="End").click()
    expect(here.get_by_text("That browser is signed out.")).to_be_visible()
    expect(there).to_have_url(re.compile("/sign-in.*error=ended"))


def test_nobody_but_an_administrator_sees_who_may_sign_in(open_tab: Callable[..., Tab]) -> None:
    for name in ("otto", "vera"):
        page = open_tab(name).go("/settings/people")
        expect(page.get_by_text("Only administrators see who may sign in")).to_be_visible()
        expect(page.get_by_role("table", name="People")).to_have_count(0)
        expect(page.locator("body")).not_to_contain_text("ada")
