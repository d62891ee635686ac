"""What all tests share: the tools that they drive, and a browser."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from tests.system_tools import TOOLS, in_ci

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


@pytest.fixture(scope="session")
def tool() -> Callable[[str], str]:
    """The path of a program; without it the test is skipped, in CI it fails."""

    def find(name: str) -> str:
        found = TOOLS[name].find()
        if found is None:
            reason = f"{name} is not installed (make test installs it where it may)"
            (pytest.fail if in_ci() else pytest.skip)(reason)
        return found

    return find


@pytest.fixture(scope="session")
def browser(tool: Callable[[str], str]) -> Iterator["Browser"]:
    """One Chromium for all tests; each test opens its own context."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=tool("Chromium"), args=_CHROMIUM)
        yield chromium
        chromium.close()
