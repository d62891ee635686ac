"""Real machines: recorded VM traces become a stream that is watched and forecast like any other."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Tab, command
from tests.e2e.test_fleet import rows
from tests.integration.infra.console import ROOT, Console, environment
from tests.system_tools import in_ci

SHARED = Path(os.environ.get("FOREWARN_SHARED_DATA", ROOT.parent / "shared" / "data")) / "bitbrains"
MACHINES = 12


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some of the recorded VMs in the telemetry layout; without the data the tests are skipped, in CI they fail."""
    if not SHARED.is_dir():
        reason = f"the recorded traces are not at {SHARED} (set FOREWARN_SHARED_DATA)"
        (pytest.fail if in_ci() else pytest.skip)(reason)
    file = tmp_path_factory.mktemp("recorded") / "real-vms.parquet"
    tool = [
        sys.executable,
        "-m",
        "ml",
        "import-bitbrains",
        str(SHARED),
        "--machines",
        str(MACHINES),
        "--out",
        str(file),
    ]
    subprocess.run(tool, cwd=ROOT, env=environment(), check=True, capture_output=True, timeout=120)
    return file


def test_real_machines_are_watched_and_forecast(console: Console, tab: Tab, recording: Path) -> None:
    said = command(console, "replay", str(recording), "--speed", "240")
    assert said.startswith(f"Stream real-vms replays {MACHINES} servers")
    page = tab.go("/?stream=real-vms")
    expect(rows(page)).to_have_count(MACHINES, timeout=60_000)
    expect(rows(page).filter(has_text="No forecast")).to_have_count(0, timeout=60_000)
    tab.keep()
    tab.next_forecast(count=3)
    expect(page.get_by_role("link", name=re.compile(f"{MACHINES} of {MACHINES} forecast"))).to_be_visible()
    rows(page).first.click()
    expect(page.locator(".js-plotly-plot")).to_be_visible()
    expect(page.get_by_role("button", name="Start")).to_have_count(0)  # nothing is injected into real machines
    assert tab.kept()


def test_the_top_bar_switches_between_streams(console: Console, tab: Tab, recording: Path) -> None:
    page = tab.go()
    page.get_by_role("button", name="Switch the stream").click()
    page.get_by_role("dialog", name="Streams").get_by_role("link", name=re.compile("real-vms")).click()
    expect(page).to_have_url(re.compile("stream=real-vms"))
    expect(rows(page)).to_have_count(MACHINES)
    page.get_by_role("button", name="The stream's clock").click()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("The clock of real-vms is paused.")).to_be_visible()
