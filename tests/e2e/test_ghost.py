"""The handle on the time axis: an earlier forecast over what came, by keyboard and by mouse."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Tab

SERVER = "/servers/ppweb002?metric=cpu_pct&hours=6"
HELD = re.compile(r"80\s% interval held \d+ of \d+ points, \d+\s%, \d+ to \d+\s%")
_WATCH = """() => {
  window.shifted = 0;
  new PerformanceObserver((list) => { for (const one of list.getEntries())
    if (one.sources.some((source) => source.node?.closest?.('.fw-server-plot, .fw-smalls, .fw-server > aside')))
      window.shifted += one.value; }).observe({ type: 'layout-shift' });
}"""


@pytest.fixture
def page(tab: Tab) -> Page:
    """A server's page whose fleet has been forecast for at least an hour."""
    tab.go("/")
    tab.next_forecast(8, seconds=60)
    return tab.go(SERVER)


def handle(page: Page) -> Locator:
    return page.get_by_role("slider", name="Earlier forecast")


def title(page: Page) -> Locator:
    return page.locator(".fw-ghost-title")


def ghost_of(page: Page) -> str:
    """The time that the title names."""
    found = re.search(r"forecast of (.*?) by", title(page).inner_text())
    assert found
    return found[1]


def test_keys_lay_an_earlier_forecast_over_what_came_and_escape_takes_it_away(page: Page) -> None:
    expect(handle(page)).to_have_attribute("aria-valuetext", re.compile("no earlier forecast is shown"))
    handle(page).focus()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    expect(page.locator(".fw-ghost-chip")).to_have_text(HELD)
    expect(page).to_have_url(re.compile(r"ghost=\d{4}"))
    expect(handle(page)).to_have_attribute("aria-valuetext", re.compile(r"forecast of \d\d:\d\d by fleet-tft .* ago"))
    expect(handle(page)).to_be_focused()
    page.reload()
    expect(page.locator(".fw-ghost-chip")).to_have_text(HELD)
    handle(page).focus()
    page.keyboard.press("Escape")
    expect(title(page)).to_have_count(0)
    expect(page).not_to_have_url(re.compile("ghost="))


def test_a_key_moves_by_five_minutes_with_shift_by_an_hour(page: Page) -> None:
    handle(page).focus()
    page.keyboard.press("End")
    expect(title(page)).to_be_visible()
    expect(page).to_have_url(re.compile("ghost="))
    before = ghost_of(page)
    page.keyboard.press("ArrowLeft")
    expect(title(page)).not_to_contain_text(f"forecast of {before}")
    assert (_minutes(before) - _minutes(ghost_of(page))) % 1440 == 5
    page.keyboard.press("Shift+ArrowRight")
    expect(title(page)).to_have_count(0)  # right of the newest earlier one lies now
    page.keyboard.press("Home")
    expect(title(page)).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".fw-ghost-chip")).to_be_visible()


def _minutes(clock: str) -> int:
    hours, minutes = clock[-5:].split(":")
    return int(hours) * 60 + int(minutes)


def test_the_mouse_drags_it_without_moving_anything_else(page: Page) -> None:
    expect(handle(page)).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.evaluate(_WATCH)
    place = page.locator(".fw-ghost").bounding_box()
    assert place
    x, y = place["x"] + place["width"] * 6 / 14, place["y"] + place["height"]
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(12):
        page.mouse.move(x - 2 * step, y)
    expect(title(page)).to_be_visible()
    page.mouse.up()
    expect(page).to_have_url(re.compile("ghost="))
    expect(page.locator(".fw-ghost-chip")).to_be_visible()
    assert page.evaluate("window.shifted") == 0


def test_a_new_tick_leaves_the_handle_at_its_forecast(page: Page) -> None:
    handle(page).focus()
    page.keyboard.press("End")
    expect(page).to_have_url(re.compile("ghost="))
    shown, ago = ghost_of(page), title(page).inner_text()
    expect(title(page)).not_to_have_text(ago)  # it grows older
    assert ghost_of(page) == shown
    assert float(handle(page).input_value()) == float(handle(page).get_attribute("data-tick") or 0)


def test_before_the_first_forecast_the_reason_is_said(tab: Tab) -> None:
    page = tab.go(SERVER)
    expect(handle(page)).to_be_visible()
    left = page.evaluate("Number(document.querySelector('.fw-ghost-handle').min)")
    at = page.evaluate("tick => new Date((tick - 600) * 300000).toISOString().slice(0, 16)", left)
    tab.go(f"{SERVER}&ghost={at}")
    expect(page.get_by_text(re.compile("was first forecast at .*: nothing earlier can be shown"))).to_be_visible()
    expect(page.get_by_role("link", name="Back to now")).to_be_visible()


def test_a_viewer_may_look_and_other_metrics_keep_it(open_tab: Callable[..., Tab]) -> None:
    watching = open_tab("vera")
    page = watching.go(SERVER)
    handle(page).focus()
    page.keyboard.press("End")
    expect(page).to_have_url(re.compile("ghost="))
    page.get_by_role("link", name=re.compile("^Memory of")).click()
    expect(page).to_have_url(re.compile("metric=memory_pct.*ghost="))
    expect(title(page)).to_be_visible()


def test_a_long_name_in_the_bar_gives_way_to_the_menus(page: Page) -> None:
    page.set_viewport_size({"width": 1024, "height": 800})
    crumb = page.locator(".fw-crumb > .fw-mono")
    expect(crumb).to_have_text("ppweb002")
    short = crumb.bounding_box()
    crumb.evaluate("one => { one.textContent = 'w'.repeat(64); }")
    person, long = page.locator(".fw-bar .fw-avatar").bounding_box(), crumb.bounding_box()
    assert person and short and long
    assert person["x"] + person["width"] <= 1024
    assert long["width"] >= short["width"] / 2  # and something of it can still be read
