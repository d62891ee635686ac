"""Thresholds of a stream: from the page that sets one to the fleet, the server and the audit."""

import re
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import PASSWORD, Tab, command
from tests.e2e.test_audit import SHELL, STATE, recorded
from tests.integration.api.raw_socket import RawSocket
from tests.integration.infra.console import Console

PAGE = "/settings/thresholds"
WEB_MEMORY = f"{PAGE}?profile=web&metric=memory_pct"
SAVE = f"{STATE}thresholds____thresholds.save"


@pytest.fixture(scope="module", autouse=True)
def abel(console: Console) -> None:
    """An approver."""
    command(console, "user", "add", "abel", "--role", "approver", said=PASSWORD + "\n")


@pytest.fixture
def standing(console: Console, cookies: Callable[[str], dict[str, str]]) -> Iterator[None]:
    """The stream's clock is paused: no tick comes that could change a risk."""
    with closing(RawSocket(console.port, cookies("otto")["value"])) as operator:
        operator.hydrate()
        operator.ask(f"{SHELL}.pause")
        yield
        operator.ask(f"{SHELL}.resume")


def use(page: Page, limit: str, reason: str) -> None:
    page.get_by_label("Over").fill(limit)
    page.get_by_role("textbox", name="Reason, kept in the audit").fill(reason)
    page.get_by_role("button", name=re.compile(rf"(Use|Back to) {limit}")).click()


@pytest.mark.usefixtures("standing")
def test_a_threshold_reaches_the_fleet_the_server_and_the_audit_without_a_tick(open_tab: Callable[..., Tab]) -> None:
    watching = open_tab("vera")
    fleet = watching.go("/")
    row = fleet.get_by_role("row", name=re.compile("ppweb001"))
    expect(row).to_be_visible()
    watching.keep()
    page = open_tab("abel").go(PAGE)
    page.get_by_role("link", name="Memory of web servers: 88").click()
    page.get_by_label("Over").fill("5")
    expect(page.get_by_text("4 servers would have been in breach")).to_be_visible()
    expect(page.get_by_text(re.compile("servers? would become Critical: ppweb001"))).to_be_visible()
    use(page, "5", "a drill")
    expect(page.get_by_role("heading", name="1 threshold differs from the default.")).to_be_visible()
    expect(row).to_contain_text("Memory over\u00a05\u00a0%")
    expect(row).to_contain_text("in breach")
    assert watching.kept()
    row.get_by_role("link").first.click()
    expect(fleet.get_by_text(re.compile(r"Memory has been over\u00a05\u00a0% since"))).to_be_visible()
    page.get_by_role("link", name="Audit", exact=True).last.click()
    entry = page.get_by_role("table", name="Changes").get_by_role("row").nth(1)
    expect(entry).to_contain_text(re.compile("abel.*set.*fleet-demo web memory_pct.*a drill"))
    page = open_tab("abel").go(WEB_MEMORY)
    page.get_by_role("button", name="Default").click()
    use(page, "88", "the drill is over")
    expect(page.get_by_role("heading", name="Every threshold is the default.")).to_be_visible()
    expect(fleet.get_by_text(re.compile(r"over\u00a05\u00a0% since"))).to_have_count(0)


@pytest.mark.usefixtures("standing")
def test_a_metric_that_is_not_watched_has_no_line_and_says_so(open_tab: Callable[..., Tab]) -> None:
    page = open_tab("abel").go(f"{PAGE}?profile=storage&metric=latency_ms")
    page.get_by_role("button", name="Not watched").click()
    page.get_by_role("textbox", name="Reason, kept in the audit").fill("a new array")
    page.get_by_role("button", name="Stop watching it").click()
    expect(page.get_by_role("link", name="Latency of storage servers: not watched, default 150")).to_be_visible()
    server = open_tab("vera").go("/servers/ppstore001?metric=latency_ms")
    expect(server.locator("a.fw-small", has_text="Latency")).to_contain_text("not watched")
    expect(server.get_by_text("It has no threshold to cross")).to_be_visible()
    page.get_by_role("button", name="A threshold").click()
    use(page, "150", "it is in place")
    expect(server.locator("a.fw-small", has_text="Latency")).not_to_contain_text("not watched")


def test_a_wrong_number_is_named_at_its_field_and_nothing_can_be_set(open_tab: Callable[..., Tab]) -> None:
    page = open_tab("abel").go(WEB_MEMORY)
    for text, said in (
        ("eighty", "a plain number"),
        ("0", "must lie above 0 and below 200"),
        ("1,5", "a plain number"),
    ):
        page.get_by_label("Over").fill(text)
        expect(page.get_by_role("alert")).to_contain_text(said)
        expect(page.get_by_role("button", name="Nothing to change yet")).to_be_disabled()


def test_the_second_of_two_approvers_is_told_what_the_first_did(open_tab: Callable[..., Tab]) -> None:
    first, second = (open_tab(name).go(f"{PAGE}?profile=queue&metric=error_pct") for name in ("abel", "ada"))
    second.get_by_label("Over").fill("4")
    expect(second.get_by_role("button", name="Use 4")).to_be_enabled()
    use(first, "3", "a flaky client")
    use(second, "4", "a flaky client")
    expect(second.get_by_role("alert")).to_contain_text("changed meanwhile by abel to 3 %")
    use(second, "2", "seen, and undone")
    expect(second.get_by_role("heading", name="Every threshold is the default.")).to_be_visible()


@pytest.mark.parametrize("name", ["vera", "otto"])
def test_others_see_who_may_and_are_refused_over_the_socket(
    console: Console, cookies: Callable[[str], dict[str, str]], open_tab: Callable[..., Tab], name: str
) -> None:
    page = open_tab(name).go(WEB_MEMORY)
    expect(page.get_by_text("An approver or administrator may change it.")).to_be_visible()
    expect(page.get_by_label("Over")).to_have_count(0)
    before = recorded(console)
    with closing(RawSocket(console.port, cookies(name)["value"])) as person:
        person.hydrate(WEB_MEMORY)
        assert "This needs the role approver" in person.ask(SAVE, {"form": {"reason": "let me"}}, WEB_MEMORY)
    assert recorded(console) == before


@pytest.mark.parametrize("form", [7, {}, {"reason": 7}, {"reason": ["x"] * 99}, {"reason": "x" * 9999}])
def test_whatever_a_socket_sends_writes_nothing(
    console: Console, cookies: Callable[[str], dict[str, str]], form: object
) -> None:
    before = recorded(console)
    with closing(RawSocket(console.port, cookies("abel")["value"])) as person:
        person.hydrate(WEB_MEMORY)
        for draft in (None, 7, {"a": 1}, "none" * 99):
            person.ask(f"{STATE}thresholds____thresholds.pick", {"draft": draft}, WEB_MEMORY)
        person.ask(SAVE, {"form": form}, WEB_MEMORY)
        person.ask(SAVE, {"form": form}, PAGE)
    assert recorded(console) == before
