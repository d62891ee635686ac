"""What Forewarn says of itself."""

import re

from playwright.sync_api import expect

from tests.e2e.conftest import Tab

PROCESSES = ("web", "inference", "playback", "default", "training", "shadow", "scheduler", "valkey", "supervisor")


def test_every_process_is_listed_with_what_it_uses(tab: Tab) -> None:
    table = tab.go("/jobs").get_by_role("table", name="Processes")
    for name in PROCESSES:
        row = table.get_by_role("row", name=re.compile(rf"^{name} "))
        expect(row).to_contain_text(re.compile(r"\d+\sMB"), timeout=15_000)
        expect(row).to_contain_text(re.compile(r"[\d.]+\s%"))


def test_forecast_cycles_name_their_stream_and_model(tab: Tab) -> None:
    table = tab.go("/jobs").get_by_role("table", name="Forecast cycles")
    expect(table.get_by_role("row").nth(1)).to_contain_text(re.compile(r"fleet-demo.*20 of 20.*fleet-tft", re.DOTALL))
