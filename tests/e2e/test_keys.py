"""A key from its making to its end, in the console alone; its secret is shown once and is nowhere afterwards."""

import re
from collections.abc import Callable

import httpx
from playwright.sync_api import expect

from tests.e2e.conftest import Tab
from tests.integration.api.raw_socket import RawSocket
from tests.integration.infra.console import Console

MAKE = "reflex___state____state.webapp___state___keys____keys.make"
PAGE = "/settings/keys"


def reads(console: Console, secret: str) -> int:
    headers = {"Authorization": f"Bearer {secret}"}
    return httpx.get(f"{console.url}/api/v1/streams", headers=headers).status_code


def test_a_key_is_made_shown_once_used_and_revoked(console: Console, open_tab: Callable[..., Tab]) -> None:
    page = open_tab("ada").go(PAGE)
    page.get_by_label("Name, as it stands in the audit").fill("grafana")
    page.get_by_label(re.compile("^telemetry")).uncheck()
    page.get_by_label(re.compile("^read")).check()
    page.get_by_label("Expires after, in days").fill("30")
    page.get_by_role("button", name="Make the key").click()
    made = page.get_by_role("dialog", name="The new key")
    secret = made.locator("#fw-once-secret").inner_text()
    assert f"curl -H 'Authorization: Bearer {secret}' {console.url}/api/v1/streams" in made.inner_text()
    made.get_by_role("button", name="Done").click()
    expect(made).to_have_count(0)
    assert secret not in page.content()
    row = page.get_by_role("table", name="API keys").get_by_role("row", name=re.compile("^grafana"))
    expect(row).to_contain_text("in 30\u00a0days")
    expect(row).to_contain_text("not yet")
    assert reads(console, secret) == 200
    page.reload()
    expect(row).to_contain_text("ago")
    assert secret not in page.content()
    row.get_by_role("button", name="Revoke").click()
    asked = page.get_by_role("dialog", name="Revoke a key")
    expect(asked).to_contain_text("Whoever uses it is refused within seconds")
    asked.get_by_label("Reason, kept in the audit").fill("moved to another tool")
    asked.get_by_role("button", name="Revoke the key").click()
    expect(row).to_contain_text("revoked")
    assert reads(console, secret) == 401


def test_what_is_wrong_is_said_beside_the_form_and_at_its_field(open_tab: Callable[..., Tab]) -> None:
    page = open_tab("ada").go(PAGE)
    days = page.get_by_label("Expires after, in days")
    page.get_by_label("Name, as it stands in the audit").fill("agent-9")
    days.fill("soon")
    page.get_by_role("button", name="Make the key").click()
    expect(page.get_by_role("alert")).to_contain_text("whole number")
    expect(days).to_have_attribute("aria-invalid", "true")
    expect(days).to_have_value("soon")


def test_an_operator_looks_and_a_viewer_is_told_who_may(open_tab: Callable[..., Tab]) -> None:
    page = open_tab("otto").go(PAGE)
    expect(page.get_by_text("An administrator makes and revokes keys.")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("Revoke|Make the key"))).to_have_count(0)
    page = open_tab("vera").go(PAGE)
    expect(page.get_by_text("Operators and above see which keys there are")).to_be_visible()
    expect(page.get_by_role("table", name="API keys")).to_have_count(0)


def test_a_secret_stays_in_no_tab_and_nonsense_makes_no_key(
    console: Console, cookies: Callable[[str], dict[str, str]]
) -> None:
    person = RawSocket(console.port, cookies("ada")["value"])
    try:
        person.hydrate(PAGE)
        said = person.ask(MAKE, {"form": {"name": "once", "scope_read": "on"}}, PAGE)
        (secret,) = set(re.findall(r"fw_[\w-]{43}", said))
        assert secret not in person.hydrate(PAGE)
        for form in (7, None, [], {"name": 7}, {"name": ["a"], "scope_read": {}}, {"name": "x" * 100_000}, {}):
            assert "showOnce" not in person.ask(MAKE, {"form": form}, PAGE)
    finally:
        person.close()


def test_nobody_else_makes_one(console: Console, cookies: Callable[[str], dict[str, str]]) -> None:
    for name in ("otto", "vera"):
        person = RawSocket(console.port, cookies(name)["value"])
        try:
            person.hydrate(PAGE)
            said = person.ask(MAKE, {"form": {"name": "mine", "scope_admin": "on"}}, PAGE)
        finally:
            person.close()
        assert "This needs the role admin" in said
        assert "fw_" not in said
