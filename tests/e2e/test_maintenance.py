"""A window from the form to the server's page, its forecast and the audit; what is wrong with one; who may plan."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.conftest import STREAM, Tab, command
from tests.integration.infra.console import Console

PAGE = "/settings/maintenance"
SERVER = "ppcache001"


def listed(page: Page, title: str):
    return page.get_by_role("table", name="Planned maintenance").get_by_role("row", name=re.compile(title))


def fill(page: Page, title: str, minutes: tuple[int, int], servers: str = SERVER) -> None:
    """A window that is once, so many minutes after the stream's present hour begins."""
    page.get_by_label("What is done").fill(title)
    page.get_by_label("Servers, with commas").fill(servers)
    page.get_by_role("button", name="Once", exact=True).click()
    now = int(page.locator(".fw-clock").first.get_attribute("data-at") or 0)
    for name, minute in zip(("start", "end"), minutes, strict=True):
        text = page.evaluate("ms => new Date(ms).toISOString()", (now // 3_600_000) * 3_600_000 + minute * 60_000)
        page.locator(f"#fw-upkeep-{name}_day").fill(text[:10])
        page.locator(f"#fw-upkeep-{name}_time").fill(text[11:16])


def test_a_window_is_planned_seen_in_the_forecast_cancelled_and_on_record(open_tab: Callable[..., Tab]) -> None:
    page = open_tab("otto").go(PAGE)
    fill(page, "Swap the fans", (120, 180))
    expect(page.get_by_label("Next occurrences")).to_contain_text(re.compile(r"\d\d:00 to \d\d:00 UTC\."))
    page.get_by_role("button", name="Plan it").click()
    expect(listed(page, "Swap the fans")).to_contain_text(re.compile(rf"{SERVER}.*otto"))
    server = open_tab("otto").go(f"/servers/{SERVER}")
    expect(server.get_by_text(re.compile("Next .* Swap the fans")).first).to_be_visible()
    expect(server.locator(".fw-server-plot").get_by_text("Swap the fans")).to_be_visible()
    expect(server.locator(".fw-small-plot .upkeep").first).to_have_attribute("d", re.compile("^M"))
    listed(page, "Swap the fans").get_by_role("button", name="Cancel Swap the fans").click()
    expect(listed(page, "Swap the fans")).to_have_count(0)
    expect(server.locator(".fw-server-plot").get_by_text("Swap the fans")).to_have_count(0)
    said = page.locator("[data-sonner-toast]").filter(has_text="Swap the fans is cancelled.")
    said.get_by_role("button", name="Undo").click()
    expect(listed(page, "Swap the fans")).to_be_visible()
    listed(page, "Swap the fans").get_by_role("button", name="Cancel Swap the fans").click()
    audit = open_tab("vera").go("/audit?noun=maintenance&subject=Swap+the+fans")
    rows = audit.get_by_role("table", name="Changes").get_by_role("row")
    for at, action in enumerate(("cancel", "restore", "cancel", "add"), start=1):
        expect(rows.nth(at)).to_contain_text(re.compile(f"otto.*{action}.*maintenance Swap the fans"))


def test_a_window_is_changed_in_the_form(open_tab: Callable[..., Tab]) -> None:
    page = open_tab("otto").go(PAGE)
    page.get_by_label("What is done").fill("Kernel update")
    page.locator("#who").select_option("storage")
    page.get_by_role("button", name="Plan it").click()
    row = listed(page, "Kernel update")
    expect(row).to_contain_text("Sundays 02:00 to 04:00 UTC")
    row.get_by_role("link", name="Edit").click()
    expect(page.get_by_role("heading", name="Change a window")).to_be_visible()
    expect(page.locator("#who")).to_have_value("storage")
    page.get_by_role("button", name="Wed", exact=True).click()
    page.get_by_label("Lasts").fill("90 min")
    page.get_by_role("button", name="Save the change").click()
    expect(row).to_contain_text("Wednesdays and Sundays 02:00 to 03:30 UTC")
    row.get_by_role("button", name="Cancel Kernel update").click()
    expect(row).to_have_count(0)


def test_what_is_wrong_is_said_at_its_field_and_nothing_is_planned(open_tab: Callable[..., Tab]) -> None:
    page = open_tab("otto").go(PAGE)
    fill(page, "Nothing", (180, 120), "ppnope001")
    expect(page.get_by_label("Next occurrences")).to_contain_text("The end has to lie after the start.")
    page.get_by_role("button", name="Plan it").click()
    expect(page.get_by_role("alert")).to_contain_text("The end has to lie after the start.")
    fill(page, "Nothing", (120, 180), "ppnope001")
    page.get_by_role("button", name="Plan it").click()
    expect(page.get_by_role("alert")).to_contain_text(f"ppnope001 is not a server of {STREAM}.")
    expect(listed(page, "Nothing")).to_have_count(0)


def test_maintenance_begins_and_ends_on_a_servers_page(open_tab: Callable[..., Tab]) -> None:
    page = open_tab("otto").go("/servers/ppqueue001")
    page.get_by_role("heading", name="Maintenance").click()
    page.get_by_role("button", name="Begin now").click()
    expect(page.get_by_role("alert")).to_contain_text("Say why")
    page.get_by_label("Why", exact=True).fill("new memory")
    page.get_by_role("button", name="Begin now").click()
    expect(page.get_by_text(re.compile("Until .* new memory")).last).to_be_visible()
    expect(page.get_by_text(re.compile("^In maintenance until"))).to_be_visible()
    fleet = open_tab("vera").go("/?q=ppqueue001")
    expect(fleet.get_by_text("In maintenance until").first).to_be_visible()
    page.get_by_role("button", name="End now").click()
    expect(page.get_by_text(re.compile("^In maintenance until"))).to_have_count(0)


def test_a_viewer_looks_only(console: Console, open_tab: Callable[..., Tab]) -> None:
    night = ["--profile", "all", "--days", "sun", "--start", "03:00", "--duration", "1 h"]
    command(console, "maintenance", "add", "Power test", *night)
    page = open_tab("vera").go(PAGE)
    expect(listed(page, "Power test")).to_contain_text("all servers")
    expect(page.get_by_text("An operator may plan, change and cancel.")).to_be_visible()
    for name in ("Plan it", "Cancel Power test", "Use this zone"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
    found = re.search(r"(\d+) +Power test", command(console, "maintenance", "list"))
    assert found is not None
    command(console, "maintenance", "cancel", found[1])
    expect(listed(page, "Power test")).to_have_count(0)


def test_both_zones_are_shown_where_they_differ(console: Console, open_tab: Callable[..., Tab]) -> None:
    command(console, "stream", "zone", STREAM, "Europe/Berlin")
    page = open_tab("vera", timezone_id="America/New_York").go(PAGE)
    expect(page.get_by_text("Days in Berlin")).to_be_visible()
    expect(page.get_by_text("Days in New York")).to_be_visible()
    command(console, "stream", "zone", STREAM, "default")
    expect(page.get_by_text("Days in UTC")).to_be_visible()
