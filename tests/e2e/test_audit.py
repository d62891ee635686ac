"""What somebody changed is in the audit, under an address that shows it to others."""

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

from playwright.sync_api import expect

from tests.e2e.conftest import SPEED, STREAM, Tab, command
from tests.integration.api.raw_socket import RawSocket
from tests.integration.api.test_console_handlers import handlers
from tests.integration.infra.console import Console
from webapp.core.policies.roles import Role


def test_a_change_is_read_by_its_address(console: Console, open_tab: Callable[..., Tab]) -> None:
    command(console, "key", "add", "lab-agent")
    command(console, "key", "revoke", "lab-agent", "--reason", "lost on a train")
    page = open_tab("vera").go("/audit?subject=lab-agent")
    rows = page.get_by_role("table", name="Changes").get_by_role("row")
    expect(rows).to_have_count(3)
    expect(rows.nth(1)).to_contain_text(re.compile("cli.*revoke.*lab-agent.*lost on a train"))
    rows.nth(1).get_by_title("Link to this entry").click()
    expect(page).to_have_url(re.compile(r"entry=\d+"))
    other = open_tab("otto").go(page.url.removeprefix(console.url))
    expect(other.get_by_role("table", name="Changes").get_by_text("Hash").first).to_be_visible()
    expect(other.get_by_text("Chain intact up to entry")).to_be_visible()


def test_what_is_done_appears_while_it_is_looked_at(
    open_tab: Callable[..., Tab],
) -> None:
    watching = open_tab("vera")
    page = watching.go("/audit")
    page.get_by_label("Person").select_option("otto")
    expect(page).to_have_url(re.compile("person=otto"))
    watching.keep()
    acting = open_tab("otto").go("/")
    for action in ("Pause the clock", "Resume the clock"):
        acting.keyboard.press("Control+k")
        acting.get_by_label("Search or run a command").last.fill(action)
        acting.get_by_role("button", name=action).click()
        word = action.split()[0].lower()
        expect(page.get_by_role("row", name=re.compile(f"otto {word} stream {STREAM}")).first).to_be_visible()
    assert watching.kept()
    page.get_by_label("Server or name").fill("nobody-knows")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="No change matches.")).to_be_visible()
    page.get_by_role("link", name="Show all").first.click()
    expect(page).not_to_have_url(re.compile("person="))


STATE = "reflex___state____state.webapp___state___"
SHELL, SCENARIOS, SERVER, PALETTE, MAINTENANCE = (
    f"{STATE}{one}"
    for one in (
        "shell____shell", "scenarios____scenarios", "server____server", "palette____palette",
        "maintenance____maintenance",
    )
)  # fmt: skip
NIGHTS = {"title": "walk", "who": "queue", "days": "sun", "start": "02:00", "duration": "2 h"}
FORM = {"kind": "disk_fill", "intensity": "80", "ramp": "60", "hold": "60", "recover": "30", "seed": "7"}
WALK: list[tuple[str, dict[str, Any], str, str]] = [
    (f"{SHELL}.set_speed", {"speed": "60"}, "/", "set speed"),
    (f"{SHELL}.set_speed", {"speed": str(SPEED)}, "/", "set speed"),
    (f"{SHELL}.pause", {}, "/", "pause"),
    (f"{SHELL}.resume", {}, "/", "resume"),
    (f"{PALETTE}.act", {"key": "pause"}, "/", "pause"),
    (f"{PALETTE}.act", {"key": "resume"}, "/", "resume"),
    (f"{SHELL}.stop_injection", {}, "/", "stop injection"),
    (f"{SHELL}.explain_stop", {"form": {"reason": "smoke in the hall"}}, "/", "explain stop"),
    (f"{SHELL}.allow_injection", {"form": {"reason": "it was a drill"}}, "/", "allow injection"),
    (f"{SCENARIOS}.start", {"form": FORM}, "/scenarios?servers=ppdb002", "start"),
    (f"{SCENARIOS}.push", {}, "/scenarios", "start"),
    (f"{SCENARIOS}.restore", {}, "/scenarios", "cancel"),
    (f"{SCENARIOS}.stop_everything", {}, "/scenarios", "cancel"),
    (f"{SERVER}.degrade", {"form": {"kind": "disk_fill", "duration": "60"}}, "/servers/ppdb002", "start"),
    (f"{SERVER}.restore", {}, "/servers/ppdb002", "cancel"),
    (f"{SERVER}.maintain", {"form": {"minutes": "30", "reason": "walk"}}, "/servers/ppdb002", "add"),
    (f"{SERVER}.end_maintenance", {}, "/servers/ppdb002", "cancel"),
    (f"{MAINTENANCE}.save", {"form": NIGHTS}, "/settings/maintenance", "add"),
    (f"{MAINTENANCE}.set_zone", {"form": {"zone": "Europe/Berlin"}}, "/settings/maintenance", "set zone"),
    (f"{MAINTENANCE}.set_zone", {"form": {"zone": ""}}, "/settings/maintenance", "set zone"),
]
"""Every handler that changes something, in an order in which each can: payload, page, and the action on record."""

ADMINISTRATORS = {
    "connect": ("try_out", "connect", "remove", "pause", "resume"),
    "keys": ("make", "ask", "revoke"),
    "people": (
        "add",
        "set_role",
        "set_password",
        "issue_link",
        "end_sessions",
        "disable",
        "enable",
        "unlock",
    ),
    "retention": ("try_out", "apply", "reset_limit", "sweep_now"),
    "notifications": ("add", "test", "set_enabled", "set_topic", "remove"),
}
OFFICE = {f"{STATE}{page}____{page}.{name}" for page, names in ADMINISTRATORS.items() for name in names}
"""Those of an administrator: their pages' journeys go through them, tests of the services read what they leave."""
THRESHOLDS = {f"{STATE}thresholds____thresholds.{name}" for name in ("try_limit", "pick", "save")}
"""Those of an approver, of which `save` alone changes something: test_thresholds.py goes through them."""
DRIFT = {f"{STATE}drift____drift.{name}" for name in ("save", "restart")}
"""Those of an approver: test_drift.py."""
ROLLBACK = {f"{STATE}calibration____calibration.switch_rollback"}
"""That of an approver: test_calibration.py."""
_OF_ONE = ("set_profile", "set_needs", "retire", "restore", "rename", "merge", "separate")
_OF_SERVERS = (*_OF_ONE, "try_rules", "apply_rules", "set_graph")
INVENTORY = {f"{STATE}inventory____inventory.{name}" for name in _OF_SERVERS}
"""Those of real servers: both files called test_inventory.py go through them, and read what they leave."""
WINDOWS = {f"{MAINTENANCE}.{name}" for name in ("cancel", "put_back")}
"""Those that name a window: test_maintenance.py."""
MODELS = {f"{STATE}models____models.{name}" for name in ("approve", "reject", "roll_back", "set_policy")}
"""Those about candidates: test_models.py goes through them, tests of the services read what they leave."""
_OF_RUNS = ("request", "cancel", "resume", "run_now", "save_schedule")
TRAININGS = {f"{STATE}training____training.{name}" for name in _OF_RUNS}
"""Those of trainings: test_training.py goes through them, tests of the services read what they leave."""
JOBS = {f"{STATE}jobs____jobs.{name}" for name in ("ask", "confirm")}
"""Both files called test_jobs.py and test_dead_letters.py."""
ELSEWHERE = JOBS | OFFICE | THRESHOLDS | DRIFT | ROLLBACK | INVENTORY | WINDOWS | MODELS | TRAININGS


def recorded(console: Console) -> list[tuple[str, str]]:
    """Actor and action of every entry."""
    file = console.folder / "forewarn.db"
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        return connection.execute("SELECT actor, action FROM audit_entries ORDER BY id").fetchall()


def test_the_walk_knows_every_handler_that_changes_something() -> None:
    changing = {name for name, role in handlers().items() if role is not None and Role(role).covers(Role.OPERATOR)}
    assert {name for name, *_ in WALK} | ELSEWHERE == changing


def test_every_change_of_a_page_leaves_one_entry_and_a_refused_one_none(
    console: Console, cookies: Callable[[str], dict[str, str]]
) -> None:
    viewer, operator = (RawSocket(console.port, cookies(name)["value"]) for name in ("vera", "otto"))
    with closing(viewer), closing(operator):
        for name, payload, page, action in WALK:
            before = recorded(console)
            for person in (viewer, operator):
                person.hydrate(page)
            assert "This needs the role operator" in viewer.ask(name, payload, page)
            assert recorded(console) == before, name
            operator.ask(name, payload, page)
            assert recorded(console)[len(before) :] == [("otto", action)], name
