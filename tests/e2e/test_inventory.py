"""Servers that come by themselves: from the first batch to the audit of what became of them."""

import re
from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Tab, command
from tests.integration.infra.console import Console
from webapp.core.clock import now

STREAM = "rack"
PAGE = f"/settings/servers?stream={STREAM}"
Push = Callable[..., dict[str, object]]


@pytest.fixture(scope="module")
def push(console: Console) -> Push:
    """Sends observations of one server, some minutes old; the answer."""
    secret = re.findall(r"fw_\S+", command(console, "key", "add", "rack-agent", "--scope", "telemetry"))[0]

    def send(name: str, *minutes: int) -> dict[str, object]:
        rows = [
            {"asset": name, "at": (now() - timedelta(minutes=one)).isoformat(), "cpu_pct": 40.0, "memory_pct": 50.0}
            for one in minutes
        ]
        headers = {"Authorization": f"Bearer {secret}"}
        url = f"{console.url}/api/v1/telemetry?stream={STREAM}"
        answer: dict[str, object] = httpx.post(url, json={"rows": rows}, headers=headers).raise_for_status().json()
        return answer

    return send


def row(page: Page, name: str) -> object:
    return page.get_by_role("table", name="Servers").get_by_role("row", name=re.compile(f"^{name} "))


def act(page: Page, action: str, reason: str, **fields: str) -> None:
    """Unfold an action of the open server, fill its form and send it."""
    group = page.locator("details", has_text=action)
    group.locator("summary").click()
    for label, text in fields.items():
        group.get_by_label(label.replace("_", " ")).fill(text)
    group.get_by_label("Why").fill(reason)
    group.get_by_role("button").click()


def test_a_server_appears_gets_a_profile_a_name_and_an_end(open_tab: Callable[..., Tab], push: Push) -> None:
    push("box-1", 25, 20, 15)
    page = open_tab("ada").go(PAGE)
    expect(row(page, "box-1")).to_contain_text("unknown")

    page.get_by_role("link", name="Profile rules").click()
    page.get_by_label("Rules, one a line").fill("name box* web")
    page.get_by_role("button", name="Show what changes").click()
    expect(page.get_by_role("table", name="What changes")).to_contain_text(re.compile("box-1.*unknown.*web.*rule 1"))
    page.get_by_role("button", name="Put into force").click()
    expect(page.get_by_role("table", name="Rules in force")).to_contain_text("name like box*")
    page.get_by_role("link", name="Servers", exact=True).last.click()
    expect(row(page, "box-1")).to_contain_text("rule 1: name like box*")

    row(page, "box-1").get_by_role("link").click()
    act(page, "Rename it", "the new scheme", New_name="rack-1")
    expect(page).to_have_url(re.compile("server=rack-1"))
    assert push("box-1", 10)["new_servers"] == []
    page.goto(page.url.partition("/settings")[0] + f"/servers/box-1?stream={STREAM}")
    expect(page).to_have_url(re.compile("/servers/rack-1"))

    push("twin-1", 25, 5)
    page = open_tab("ada").go(f"{PAGE}&server=twin-1")
    act(page, "Merge it into another server", "one machine, two agents", Server_to_keep="rack-1")
    expect(page).to_have_url(re.compile("server=rack-1"))
    expect(row(page, "twin-1")).to_have_count(0)
    expect(page.get_by_text("one machine, two agents; fills 1 gaps")).to_be_visible()

    act(page, "Retire it", "moved to the cloud")
    expect(row(page, "rack-1")).to_contain_text("Retired")
    expect(page.get_by_text(re.compile("Retired .* by ada: moved to the cloud")).first).to_be_visible()
    page = open_tab("vera").go(f"/servers/rack-1?stream={STREAM}")
    expect(page.get_by_text("moved to the cloud")).to_be_visible()

    page = open_tab("vera").go("/audit?noun=asset&person=ada")
    changes = page.get_by_role("table", name="Changes")
    for action, subject, why in (
        ("retire", "rack-1", "moved"),
        ("merge", "twin-1", "two agents"),
        ("rename", "rack-1", "new"),
    ):
        entry = changes.get_by_role("row", name=re.compile(f"ada {action} server {subject}"))
        expect(entry.first).to_contain_text(why)


def test_what_is_wrong_stands_beside_its_form_and_changes_nothing(open_tab: Callable[..., Tab], push: Push) -> None:
    push("solo-1", 10)
    page = open_tab("ada").go(f"{PAGE}&server=solo-1")
    act(page, "Rename it", "why not", New_name="a/b")
    expect(page.get_by_role("alert")).to_contain_text("The name must be printable text without slashes")
    page.get_by_role("link", name="Dependencies").click()
    page.get_by_label("All dependencies, one a line").fill("solo-1 -> nobody")
    page.get_by_role("button", name="Save the graph").click()
    expect(page.get_by_role("alert")).to_contain_text("Line 1 of the dependencies: there is no server nobody.")


def test_roles_see_the_controls_that_are_theirs(open_tab: Callable[..., Tab], push: Push) -> None:
    push("solo-1", 10)
    page = open_tab("vera").go(f"{PAGE}&server=solo-1")
    expect(page.get_by_text("An operator changes profiles and dependencies")).to_be_visible()
    expect(page.locator("details")).to_have_count(0)
    page = open_tab("otto").go(f"{PAGE}&server=solo-1")
    expect(page.get_by_text("An administrator renames and merges servers.")).to_be_visible()
    page.locator("summary", has_text="Change its profile").click()
    page.get_by_label("Profile by hand").select_option("storage")
    page.get_by_role("button", name="Set the profile").click()
    expect(row(page, "solo-1")).to_contain_text("by hand, otto")
    page = open_tab("otto").go("/settings/servers?stream=fleet-demo&server=ppdb001")
    expect(page.get_by_text("part of the simulation, and nothing of them is changed here").last).to_be_visible()
