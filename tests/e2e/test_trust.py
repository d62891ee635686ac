"""A team takes Forewarn over, in one story: people, a refusal, a change that is seen, and all of it in the audit.

Connecting real servers, which belongs to the same story, is test_connect.py.
"""

import re
from collections.abc import Callable
from contextlib import closing

from playwright.sync_api import Page, expect

from tests.e2e.conftest import PASSWORD, Tab, command
from tests.e2e.test_audit import recorded
from tests.e2e.test_people import add
from tests.e2e.test_signing_in import fill
from tests.e2e.test_thresholds import SAVE, WEB_MEMORY, use
from tests.integration.api.raw_socket import RawSocket
from tests.integration.infra.console import Console

IN_BREACH = re.compile("Memory over\u00a05\u00a0%.*in breach")


def signed_in(page: Page, name: str) -> Page:
    fill(page, name, PASSWORD)
    expect(page.get_by_role("navigation", name="Pages")).to_be_visible()
    return page


def refused(console: Console, page: Page) -> str:
    """What a socket with the session of this browser is told when it tries to set a threshold."""
    cookie = next(one["value"] for one in page.context.cookies() if one["name"] == "fw_session")
    with closing(RawSocket(console.port, cookie)) as person:
        person.hydrate(WEB_MEMORY)
        return person.ask(SAVE, {"form": {"reason": "let me"}}, WEB_MEMORY)


def read(page: Page, base: str, query: str, *changes: str) -> None:
    """The audit, filtered, holds these changes and no other, the newest first."""
    page.goto(f"{base}/audit?{query}")
    rows = page.get_by_role("table", name="Changes").get_by_role("row")
    expect(rows).to_have_count(len(changes) + 1)
    for at, change in enumerate(changes, 1):
        expect(rows.nth(at)).to_contain_text(re.compile(change))


def test_people_a_refusal_and_a_change_are_seen_and_kept(console: Console, open_tab: Callable[..., Tab]) -> None:
    admin = open_tab("ada").go("/settings/people")
    add(admin, "theo", "viewer")
    add(admin, "nina", "approver")

    viewer = signed_in(open_tab("").go("/sign-in"), "theo")
    viewer.goto(console.url + WEB_MEMORY)
    expect(viewer.get_by_text("An approver or administrator may change it.")).to_be_visible()
    expect(viewer.get_by_label("Over")).to_have_count(0)
    before = recorded(console)
    assert "This needs the role approver" in refused(console, viewer)
    assert recorded(console) == before

    viewer.goto(console.url)
    server = viewer.get_by_role("row", name=re.compile("ppweb001"))
    expect(server).not_to_contain_text(IN_BREACH)
    approver = signed_in(open_tab("").go("/sign-in"), "nina")
    approver.goto(console.url + WEB_MEMORY)
    use(approver, "5", "smaller machines")
    expect(server).to_contain_text(IN_BREACH)
    approver.get_by_role("button", name="Default").click()
    use(approver, "88", "the old ones are back")
    expect(server).not_to_contain_text(IN_BREACH)

    read(admin, console.url, "noun=user&subject=theo", "ada.*add.*theo")
    read(admin, console.url, "person=nina", "reset.*the old ones are back", "set.*smaller machines", "sign in")
    read(admin, console.url, "noun=user&subject=nina", "ada.*add.*nina")
    read(admin, console.url, "person=theo", "sign in")  # what was refused has no entry
    expect(admin.get_by_text("Chain intact up to entry")).to_be_visible()
    assert "The chain is intact" in command(console, "audit", "verify")
