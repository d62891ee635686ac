"""What must not happen on any page: a jump, a scroll bar sideways, an overflow on a small screen."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Tab

LEAST = (24, 3)
"""Pixels to the side and downwards from which a thing has moved: a longer word may push what follows it a little."""
PAGES = ("/", "/servers/ppdb002", "/scenarios", "/calibration", "/drift", "/jobs")
_SHIFTS = """([aside, down]) => {
  window.shifts = [];
  // Words that give way to other words in their own line are no shift, a small chart's labels follow its scale, and a
  // moment and an hour move along their time axis.
  const counts = ({ node, previousRect: was, currentRect: is }) =>
    node?.nodeType === 1 && !node.closest(".fw-small, .fw-say, .fw-sentence, .fw-moments, .fw-live-ticks")
    && Math.abs(was.width - is.width) < 1 && Math.abs(was.height - is.height) < 1
    && (Math.abs(was.x - is.x) > aside || Math.abs(was.y - is.y) > down);
  new PerformanceObserver((list) => list.getEntries().forEach((one) => one.sources.filter(counts).forEach((each) =>
    window.shifts.push([each.node.outerHTML.slice(0, 90), each.previousRect.toJSON(), each.currentRect.toJSON()]),
  ))).observe({ type: "layout-shift", buffered: false });
}"""


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("width", [1440, 1024])
def test_no_page_scrolls_sideways(path: str, width: int, open_tab: Callable[..., Tab]) -> None:
    page = open_tab(viewport={"width": width, "height": 900}).go(path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_twenty_seconds_of_live_pushes_move_nothing_that_did_not_change(open_tab: Callable[..., Tab]) -> None:
    watched = {path: open_tab() for path in ("/?sort=server", *PAGES[1:])}  # by name: no row has a reason to move
    for path, tab in watched.items():
        page = tab.go(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.wait_for_load_state("networkidle")
    fleet = watched["/?sort=server"]
    fleet.next_forecast()
    for tab in watched.values():
        tab.page.evaluate(_SHIFTS, LEAST)
    fleet.next_forecast(count=8, seconds=60)
    moved = {path: tab.page.evaluate("window.shifts") for path, tab in watched.items()}
    assert not any(moved.values()), moved
