"""The fleet overview: everything forecast, live, and its selection in the address."""

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Tab


def rows(page: Page) -> Locator:
    """The servers in the table."""
    return page.get_by_role("table", name="Servers and their risks").locator("tbody").get_by_role("row")


def names(page: Page) -> list[str]:
    return [one.strip() for one in rows(page).get_by_role("link").all_inner_texts()]


def test_twenty_of_twenty_servers_are_forecast_with_age_and_model(
    tab: Tab, picture: Callable[[Page, str], None]
) -> None:
    page = tab.go()
    expect(rows(page)).to_have_count(20)
    expect(rows(page).filter(has_text="No forecast")).to_have_count(0)
    expect(page.get_by_role("link", name=re.compile("20 of 20 forecast"))).to_contain_text(
        re.compile(r"\d+\ss ago, fleet-tft \d+\.\d+\.\d+skill 0\.\d\d")
    )
    picture(page, "overview-light")


def test_new_forecasts_arrive_without_a_reload(tab: Tab) -> None:
    tab.go()
    tab.keep()
    tab.next_forecast(count=2)
    assert tab.kept()


def test_the_order_of_the_table_is_in_the_address(tab: Tab) -> None:
    page = tab.go()
    page.get_by_role("columnheader", name="Server").get_by_role("link").click()
    expect(page).to_have_url(re.compile("sort=server"))
    expect(rows(page).first).to_contain_text("ppcache001")
    page.reload()
    expect(rows(page)).to_have_count(20)
    assert names(page) == sorted(names(page))


def test_a_severity_and_a_name_select_rows_and_survive_a_reload(tab: Tab) -> None:
    page = tab.go("/?q=ppdb")
    expect(rows(page)).to_have_count(3)
    page.reload()
    expect(rows(page)).to_have_count(3)
    assert sorted(names(page)) == ["ppdb001", "ppdb002", "ppdb003"]
    page.goto(tab.base)
    page.get_by_role("group", name="Servers by severity").get_by_role("link", name=re.compile("Healthy")).click()
    expect(page).to_have_url(re.compile("severity=healthy"))
    expect(rows(page).filter(has_not_text="Healthy")).to_have_count(0)


def test_a_row_leads_to_its_server_by_key_and_by_click(tab: Tab) -> None:
    page = tab.go("/?sort=server")
    expect(rows(page)).to_have_count(20)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/servers/ppcache001"))
    page.go_back()
    rows(page).filter(has_text="ppdb003").click()
    expect(page.get_by_role("heading", name="ppdb003")).to_be_visible()


def test_the_theme_is_kept(tab: Tab, picture: Callable[[Page, str], None]) -> None:
    page = tab.go()
    html = page.locator("html")
    before = html.get_attribute("class") or ""
    other = "dark" if "light" in before else "light"
    page.get_by_role("banner").get_by_role("button", name="Dark or light").click()
    expect(html).to_have_class(re.compile(other))
    page.reload()
    expect(html).to_have_class(re.compile(other))
    expect(rows(page)).to_have_count(20)
    picture(page, f"overview-{other}")


def test_what_is_chosen_on_a_server_page_is_in_its_address(tab: Tab) -> None:
    page = tab.go("/servers/ppdb002")
    page.get_by_role("link", name=re.compile("^Disk used of")).click()
    expect(page).to_have_url(re.compile("metric=disk_used_pct"))
    expect(page.get_by_role("heading", name="Disk used")).to_be_visible()
    page.get_by_role("link", name=re.compile(r"^6\sh$")).click()
    expect(page).to_have_url(re.compile("metric=disk_used_pct.*hours=6"))
    page.reload()
    expect(page.get_by_role("heading", name="Disk used")).to_be_visible()
    expect(page.locator(".js-plotly-plot")).to_be_visible()


def test_a_server_says_what_the_model_looked_at(tab: Tab) -> None:
    page = tab.go("/servers/ppdb002?metric=memory_pct")
    card = page.locator("section").filter(has=page.get_by_role("heading", name="Why", exact=True))
    expect(card).to_contain_text("not causes")
    expect(card.locator("dt")).to_have_count(5)
    expect(card.locator("dt").last).to_contain_text("other inputs")


def test_the_forecast_card_leads_to_how_far_the_model_may_be_trusted(tab: Tab) -> None:
    page = tab.go("/servers/ppdb002")
    card = page.locator("details").filter(has=page.get_by_role("heading", name="Forecast", exact=True))
    card.locator("summary").click()
    expect(card.locator("dl > div").last).to_contain_text(re.compile(r"Skill0\.\d\d (in tests|on)"))
    card.get_by_role("link", name="Calibration").click()
    expect(page).to_have_url(re.compile("/calibration"))
    expect(page.locator("h1, h2").filter(has_text=re.compile("has matured yet|interval of fleet-tft"))).to_be_visible()


def test_a_server_that_is_not_there_says_so(tab: Tab) -> None:
    page = tab.go("/servers/nowhere")
    expect(page.get_by_role("heading", name="This server is not here.")).to_be_visible()
