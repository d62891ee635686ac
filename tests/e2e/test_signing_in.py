"""Signing in and out, as people do it."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.conftest import PASSWORD, Tab, command
from tests.integration.api.oidc_provider import LocalProvider
from tests.integration.infra.console import Console


def fill(page: Page, name: str, password: str) -> None:
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_the_printed_link_signs_in_once(console: Console, open_tab: Callable[..., Tab]) -> None:
    link = command(console, "user", "link").removeprefix(console.url)
    first = open_tab("").go(link)
    expect(first).to_have_url(console.url + "/")
    expect(first.get_by_role("navigation", name="Pages")).to_be_visible()
    second = open_tab("").go(link)
    expect(second.get_by_role("alert")).to_contain_text("This link was used or has expired.")


def test_a_name_and_a_password_lead_to_the_page_that_was_asked_for(open_tab: Callable[..., Tab]) -> None:
    page = open_tab("").go("/scenarios?kind=disk_fill")
    expect(page).to_have_url(re.compile(r"/sign-in/?\?next="))
    fill(page, "otto", PASSWORD)
    expect(page).to_have_url(re.compile(r"/scenarios/?\?kind=disk_fill$"))
    page.get_by_role("button", name="You").click()
    expect(page.get_by_role("dialog", name="You")).to_contain_text("otto")


def test_a_wrong_password_is_said_and_lets_nobody_in(console: Console, open_tab: Callable[..., Tab]) -> None:
    page = open_tab("").go("/sign-in")
    fill(page, "vera", "wrong")
    expect(page.get_by_role("alert")).to_contain_text("Name or password is wrong.")
    expect(page.get_by_label("Password", exact=True)).to_have_attribute("aria-invalid", "true")
    page.goto(console.url)
    expect(page).to_have_url(re.compile("/sign-in"))


def test_an_identity_provider_leads_to_the_page_that_was_asked_for(
    open_tab: Callable[..., Tab], provider: LocalProvider
) -> None:
    provider.person = {"sub": "grace-1", "preferred_username": "grace", "groups": ["sre"]}
    tab = open_tab("")
    tab.forgiven = f"another host: {provider.url}/authorize"
    page = tab.go("/scenarios?kind=disk_fill")
    link = page.get_by_role("link", name="Continue with Example ID")
    expect(link).to_have_attribute("href", re.compile("next="))
    link.click()
    expect(page).to_have_url(re.compile(r"/scenarios/?\?kind=disk_fill$"))
    page.get_by_role("button", name="You").click()
    expect(page.get_by_role("dialog", name="You")).to_contain_text("grace")
    provider.person["groups"] = []
    page.goto(f"{tab.base}/sign-in")
    page.get_by_role("link", name="Continue with Example ID").click()
    expect(page.get_by_role("alert")).to_contain_text("Your account has no role in Forewarn.")


def test_an_address_that_leads_nowhere_leads_back(tab: Tab) -> None:
    tab.forgiven = "404"
    page = tab.go("/no/such/page")
    expect(page.get_by_role("heading", name="There is no such page.")).to_be_visible()
    page.get_by_role("link", name="Show the fleet").click()
    expect(page.get_by_role("navigation", name="Pages")).to_be_visible()


def test_signing_out_ends_the_session_in_every_tab(open_tab: Callable[..., Tab]) -> None:
    tab = open_tab("")
    page = tab.go("/sign-in")
    fill(page, "vera", PASSWORD)
    expect(page.get_by_role("navigation", name="Pages")).to_be_visible()
    other = page.context.new_page()
    other.goto(tab.base)
    expect(other.get_by_role("navigation", name="Pages")).to_be_visible()
    page.get_by_role("button", name="You").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/sign-in"))
    expect(other).to_have_url(re.compile("/sign-in"), timeout=10_000)
