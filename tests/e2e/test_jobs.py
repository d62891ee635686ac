"""What Forewarn says of itself, and what people do about jobs that were given up and about its duties."""

import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing

import dramatiq
import pytest
import redis
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Tab, command
from tests.e2e.test_audit import recorded
from tests.integration.infra.console import Console
from webapp.cli.place import socket_path
from webapp.core.clock import now
from webapp.core.dispatch import NAMESPACE
from webapp.core.jobs import BreachScan

PROCESSES = ("web", "inference", "playback", "default", "training", "shadow", "scheduler", "valkey", "supervisor")
DEAD = f"{NAMESPACE}:{BreachScan.queue}.XQ"


@pytest.fixture
def bury(console: Console) -> Iterator[Callable[[int], None]]:
    """Puts a job among the dead letters, as if it had failed for good."""
    client = redis.Redis(unix_socket_path=str(socket_path(console.folder)))

    def dead(stream: int) -> None:
        one = str(uuid.uuid4())
        options = {"retries": 3, "redis_message_id": one}
        arguments = {"stream_id": stream}
        message: dramatiq.Message[object] = dramatiq.Message(BreachScan.queue, BreachScan.actor, (), arguments, options)
        client.hset(f"{DEAD}.msgs", one, message.encode())
        client.zadd(DEAD, {one: 1000 * now().timestamp()})

    with closing(client):
        yield dead
        client.delete(DEAD, f"{DEAD}.msgs")


def letters(page: Page) -> Locator:
    """The dead letters' rows that name a stream."""
    return page.get_by_role("table", name="Dead letters").get_by_role("row").filter(has_text="stream_id")


def confirm(page: Page, button: str) -> None:
    """Answer the dialog."""
    dialog = page.get_by_role("dialog", name="Confirm")
    expect(dialog).to_be_visible()
    dialog.get_by_label("Reason, kept in the audit").fill("the disk has room again")
    dialog.get_by_role("button", name=button, exact=True).click()
    expect(dialog).to_be_hidden()


def test_every_process_is_listed_with_what_it_uses(tab: Tab) -> None:
    table = tab.go("/jobs").get_by_role("table", name="Processes")
    for name in PROCESSES:
        row = table.get_by_role("row", name=re.compile(rf"^{name} "))
        expect(row).to_contain_text(re.compile(r"\d+\sMB"), timeout=15_000)
        expect(row).to_contain_text(re.compile(r"[\d.]+\s%"))


def test_forecast_cycles_name_their_stream_and_model(tab: Tab) -> None:
    table = tab.go("/jobs").get_by_role("table", name="Forecast cycles")
    expect(table.get_by_role("row").nth(1)).to_contain_text(re.compile(r"fleet-demo.*20 of 20.*fleet-tft", re.DOTALL))


def test_what_runs_is_named(tab: Tab) -> None:
    table = tab.go("/jobs").get_by_role("table", name="Running now")
    expect(table.get_by_role("row").filter(has_text="playback_run")).to_contain_text("playback_id 1")


def test_dead_letters_are_requeued_and_discarded_by_an_operator(
    console: Console, open_tab: Callable[..., Tab], bury: Callable[[int], None]
) -> None:
    for stream in (990, 991, 992, 993):
        bury(stream)
    watching, page = open_tab("vera").go("/jobs"), open_tab().go("/jobs")
    expect(letters(watching)).to_have_count(4)
    expect(watching.get_by_role("button", name="Requeue")).to_have_count(0)
    letters(page).filter(has_text="stream_id 990").get_by_role("button", name="Requeue").click()
    confirm(page, "Requeue")
    expect(page.get_by_text("breach_scan runs again.")).to_be_visible()
    letters(page).filter(has_text="stream_id 991").get_by_role("button", name="Discard").click()
    confirm(page, "Discard")
    expect(letters(watching)).to_have_count(2)
    page.get_by_role("button", name="Requeue all of default").click()
    confirm(page, "Requeue all")
    expect(watching.get_by_text("No job was given up in the last 24\u00a0h.")).to_be_visible()
    assert recorded(console)[-3:] == [("otto", "requeue"), ("otto", "discard"), ("otto", "requeue all")]


def test_a_duty_runs_now(console: Console, tab: Tab) -> None:
    page = tab.go("/jobs")
    row = page.get_by_role("table", name="Recurring duties").get_by_role("row").filter(has_text="retention")
    row.get_by_role("button", name="Run now").click()
    confirm(page, "Run now")
    expect(row).to_contain_text(re.compile(r"\d\d:\d\d.*ms.*done", re.DOTALL))
    assert ("otto", "run") in recorded(console)


def test_the_command_knows_what_was_given_up(console: Console, bury: Callable[[int], None]) -> None:
    bury(994)
    assert re.search(r"default +breach_scan +stream_id 994", command(console, "jobs", "dead"))
