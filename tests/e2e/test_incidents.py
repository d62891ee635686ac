"""A breach that happened: on the page, in the rail and on its server, from its second observation to its end."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Tab
from tests.e2e.test_scenarios import degrade_here

SERVER = "ppcache001"
_BARS = """() => document.querySelector('.fw-server-plot .js-plotly-plot')?.layout.shapes
  .some(one => one.templateitemname === 'incident') ?? false"""


@pytest.fixture(autouse=True)
def nothing_injected(open_tab: Callable[..., Tab]) -> Iterator[None]:
    """Whatever a journey injected ends with it."""
    yield
    end_injections(open_tab())


def end_injections(tab: Tab) -> None:
    """Cancel what is running, if anything is."""
    everything = tab.go("/scenarios").get_by_role("button", name="Cancel all")
    expect(everything).to_be_visible()
    if everything.is_enabled():
        everything.click()
        expect(everything).to_be_disabled()


def injected(page: Page, state: str) -> object:
    """The rows of what a scenario caused, as they stand."""
    return page.get_by_role("table", name="Incidents").get_by_role("row").filter(
        has_text=re.compile(f"{state}.*injected by scenario")
    )  # fmt: skip


def test_a_breach_appears_everywhere_and_ends(open_tab: Callable[..., Tab]) -> None:
    watching, acting = open_tab("vera"), open_tab()
    listed = watching.go(f"/incidents?server={SERVER}&metric=error_pct")
    expect(listed.get_by_role("heading", level=1)).to_contain_text("open")
    watching.keep()
    server = acting.go(f"/servers/{SERVER}?metric=error_pct")
    expect(server.get_by_role("button", name="Start")).to_be_enabled()
    degrade_here(server, "Sudden crash", "240")
    expect(injected(listed, "Open").first).to_be_visible(timeout=40_000)
    rail = listed.get_by_role("navigation", name="Pages")
    expect(rail.get_by_label(re.compile(r"^\d+ open$"))).to_be_visible()
    card = server.get_by_role("table", name="Incidents of this server")
    expect(card.get_by_role("row").filter(has_text=re.compile("Error rate.*open")).first).to_be_visible()
    server.wait_for_function(_BARS)
    end_injections(acting)
    expect(injected(listed, "Ended").first).to_be_visible(timeout=60_000)
    assert watching.kept()
    injected(listed, "Ended").first.get_by_role("link", name=SERVER).click()
    expect(listed).to_have_url(re.compile(f"/servers/{SERVER}.*metric=error_pct&at="))


def test_a_choice_is_in_the_address_and_survives_a_reload(tab: Tab) -> None:
    page = tab.go("/incidents")
    page.get_by_role("group", name="Which incidents").get_by_role("link", name=re.compile("^Ended")).click()
    expect(page).to_have_url(re.compile("shown=ended"))
    page.get_by_label("Metric").select_option(label="CPU")
    expect(page).to_have_url(re.compile("shown=ended&metric=cpu_pct"))
    page.reload()
    expect(page.get_by_label("Metric")).to_have_value("cpu_pct")
    page.get_by_label("Server").fill("nobody-knows")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="No incident matches.")).to_be_visible()
    page.get_by_role("link", name="Show all").first.click()
    expect(page).not_to_have_url(re.compile("server="))


def test_what_happened_in_history_is_listed_and_drawn(tab: Tab) -> None:
    page = tab.go("/incidents?shown=ended")
    row = page.get_by_role("table", name="Incidents").get_by_role("row").filter(has_text="found in history").last
    row.click()
    expect(page.get_by_text("lays a forecast of that time over it")).to_be_visible()
    page.wait_for_function(_BARS)
    page.get_by_role("link", name="Back to now").click()
    expect(page).not_to_have_url(re.compile("at="))


def test_they_are_taken_along_as_a_file(tab: Tab) -> None:
    page = tab.go("/incidents")
    with page.expect_download() as taken:
        page.get_by_role("link", name="CSV").click()
    assert taken.value.suggested_filename == "incidents-fleet-demo.csv"
