"""What must not happen on any page: a jump, a scroll bar sideways, an overflow on a small screen."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Tab

LEAST = 0.0005
"""A number at the right edge of its cell that gets another digit counts as moved; nothing larger may."""
PAGES = ("/", "/servers/ppdb002", "/scenarios", "/jobs")
_SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => list.getEntries().forEach((one) => window.shifts.push({
  value: one.value,
  nodes: one.sources.map((each) => each.node?.outerHTML?.slice(0, 120) ?? String(each.node?.nodeValue)),
}))).observe({ type: "layout-shift", buffered: false });
"""


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("width", [1440, 1024])
def test_no_page_scrolls_sideways(path: str, width: int, open_tab: Callable[..., Tab]) -> None:
    page = open_tab(viewport={"width": width, "height": 900}).go(path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_twenty_seconds_of_live_pushes_move_nothing(open_tab: Callable[..., Tab]) -> None:
    watched = {path: open_tab() for path in ("/?sort=server", *PAGES[1:])}  # by name: no row has a reason to move
    for path, tab in watched.items():
        page = tab.go(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.wait_for_load_state("networkidle")
    fleet = watched["/?sort=server"]
    fleet.next_forecast()
    for tab in watched.values():
        tab.page.evaluate(_SHIFTS)
    fleet.next_forecast(count=8, seconds=60)
    shifts = {path: tab.page.evaluate("window.shifts") for path, tab in watched.items()}
    moved = {path: round(sum(one["value"] for one in found), 4) for path, found in shifts.items()}
    assert max(moved.values()) <= LEAST, shifts
