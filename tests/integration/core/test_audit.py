"""The audit's chain on both engines: several writers, what the database refuses, and every kind of tampering."""

import csv
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy.exc import DBAPIError
from sqlmodel import text
from typer.testing import CliRunner

from tests.integration.core.test_schema import config
from webapp.cli.app import app
from webapp.core.db import ROOT, engine, migrate, reading
from webapp.core.errors import Invalid, Unavailable
from webapp.core.policies.audit import digest
from webapp.core.repositories import audit as rows
from webapp.core.services import audit, keys
from webapp.core.uow import unit_of_work
from webapp.core.views.audit import Fault, Link, Wanted

WRITERS, EACH = 3, 30
_WRITE = """
import sys
from webapp.core.repositories import locks
from webapp.core.services import audit
from webapp.core.uow import unit_of_work
name, turns = sys.argv[1], int(sys.argv[2])
for turn in range(turns):
    with unit_of_work() as uow:
        if turn % 2:
            locks.take(uow.session, "a row of everybody's")
        audit.record(uow, name, "turn", "test", str(turn))
        if turn % 2 == 0:
            locks.take(uow.session, "a row of everybody's")
"""
"""The head must not be held while another lock is waited for: half of the turns would then deadlock with the others."""

pytestmark = pytest.mark.usefixtures("installation")


def write(count: int) -> None:
    with unit_of_work() as uow:
        for turn in range(count):
            audit.record(uow, "ann", "turn", "test", f"s{turn}", "because", {"turn": turn})


def run(*statements: str) -> None:
    with engine().begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def tamper(*statements: str) -> None:
    """What somebody with the database's password can do, the triggers out of the way."""
    run(*_disarm(), *statements)


def _disarm() -> list[str]:
    if engine().dialect.name == "postgresql":
        return [f"ALTER TABLE {table} DISABLE TRIGGER ALL" for table in ("audit_entries", "audit_head")]
    with engine().connect() as connection:
        found = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
        return [f"DROP TRIGGER {name}" for name in found.scalars()]


def found() -> tuple[int, Fault]:
    broken = audit.verify().broken
    assert broken is not None
    return broken.id, broken.fault


def test_entries_are_numbered_without_gaps_and_hold() -> None:
    write(3)
    with pytest.raises(ZeroDivisionError):
        _undone()
    write(1)
    verdict = audit.verify()
    assert (verdict.intact, verdict.broken) == (4, None)
    assert len(verdict.last_hash) == 64


def _fail() -> None:
    raise ZeroDivisionError


def _undone() -> None:
    with unit_of_work() as uow:
        audit.record(uow, "ann", "turn", "test", "undone")
        uow.last(_fail)


def test_an_empty_audit_holds() -> None:
    verdict = audit.verify()
    assert (verdict.intact, verdict.broken) == (0, None)


def test_several_processes_write_one_chain() -> None:
    python = [sys.executable, "-c", _WRITE]
    writers = [subprocess.Popen([*python, f"w{one}", str(EACH)], cwd=ROOT) for one in range(WRITERS)]
    assert [writer.wait(60) for writer in writers] == [0] * WRITERS
    verdict = audit.verify()
    assert (verdict.intact, verdict.broken) == (WRITERS * EACH, None)


def test_a_change_whose_entry_cannot_be_written_does_not_happen() -> None:
    tamper("DELETE FROM audit_head")
    with pytest.raises(Unavailable, match="nothing may be changed"):
        keys.issue("feeder", ["telemetry"], "ann")
    assert keys.listed() == ()
    assert found() == (0, Fault.HEAD)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET actor = 'bob' WHERE id = 2",
        "DELETE FROM audit_entries WHERE id = 3",
        "DELETE FROM audit_head",
        "UPDATE audit_head SET last_id = 2",
    ],
)
def test_the_database_refuses_to_rewrite_the_audit(statement: str) -> None:
    write(3)
    with pytest.raises(DBAPIError, match=r"never changed or removed|only moves on"):
        run(statement)
    assert audit.verify().broken is None


def test_an_entry_is_not_replaced_or_truncated_either() -> None:
    write(1)
    postgres = engine().dialect.name == "postgresql"
    replace = "INSERT OR REPLACE INTO audit_entries SELECT * FROM audit_entries"
    with pytest.raises(DBAPIError, match="never changed or removed"):
        run("TRUNCATE audit_entries" if postgres else replace)


CHANGES: dict[str, tuple[str, tuple[int, Fault]]] = {
    "a field": ("UPDATE audit_entries SET actor = 'bob' WHERE id = 3", (3, Fault.CHANGED)),
    "the time": ("UPDATE audit_entries SET at = '2026-01-01 00:00:00' WHERE id = 1", (1, Fault.CHANGED)),
    "the hash": ("UPDATE audit_entries SET hash = 'f' WHERE id = 3", (3, Fault.CHANGED)),
    "the hash before": ("UPDATE audit_entries SET previous_hash = 'f' WHERE id = 3", (3, Fault.CHANGED)),
    "the head's hash": ("UPDATE audit_head SET last_hash = 'f'", (5, Fault.CHANGED)),
    "an entry gone": ("DELETE FROM audit_entries WHERE id = 3", (3, Fault.REMOVED)),
    "the first gone": ("DELETE FROM audit_entries WHERE id < 3", (1, Fault.REMOVED)),
    "the tail gone": ("DELETE FROM audit_entries WHERE id > 3", (4, Fault.REMOVED)),
    "all gone": ("DELETE FROM audit_entries", (1, Fault.REMOVED)),
    "a head put back": ("UPDATE audit_head SET last_id = 4", (5, Fault.HEAD)),
}


@pytest.mark.parametrize("name", CHANGES)
def test_tampering_is_found_at_the_first_broken_entry(name: str) -> None:
    statement, wanted = CHANGES[name]
    write(5)
    tamper(statement)
    assert found() == wanted


def test_swapped_entries_are_found() -> None:
    write(5)
    tamper(*(f"UPDATE audit_entries SET id = {to} WHERE id = {at}" for at, to in ((2, 90), (4, 2), (90, 4))))
    assert found() == (2, Fault.REORDERED)


def test_a_removed_entry_is_found_when_the_rest_is_numbered_anew() -> None:
    write(5)
    close_up = [f"UPDATE audit_entries SET id = {one} WHERE id = {one + 1}" for one in (3, 4)]
    tamper("DELETE FROM audit_entries WHERE id = 3", *close_up, "UPDATE audit_head SET last_id = 4")
    assert found() == (3, Fault.REMOVED)


def test_an_entry_rewritten_with_its_hash_is_found_by_the_next_one() -> None:
    write(5)
    _forge(3)
    assert found() == (3, Fault.CHANGED)


def test_the_last_entry_rewritten_with_its_hash_is_found_by_the_head() -> None:
    write(5)
    _forge(5)
    assert found() == (5, Fault.CHANGED)


def _forge(number: int) -> None:
    with reading() as session:
        entry = next(one for one in rows.chain(session, number) if one["id"] == number)
    forged = digest({**entry, "reason": "none"})
    tamper(f"UPDATE audit_entries SET reason = 'none', hash = '{forged}' WHERE id = {number}")


def test_a_long_chain_is_read_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "_SLICE", 2)
    write(5)
    assert audit.verify().intact == 5


def test_a_chain_that_was_rewritten_whole_misses_the_hash_that_was_kept() -> None:
    write(3)
    kept = Link(2, "f" * 64)
    assert audit.verify(Link(3, audit.verify().last_hash)).broken is None
    broken = audit.verify(kept).broken
    assert broken is not None
    assert (broken.id, broken.fault) == (2, Fault.CHANGED)
    later = audit.verify(Link(5, "f" * 64)).broken
    assert later is not None
    assert (later.id, later.fault) == (4, Fault.REMOVED)


def _filled() -> None:
    with unit_of_work() as uow:
        audit.record(uow, "ann", "start", "scenario", "1 leak", "=cmd()", {"servers": ["ppdb001", "ppdb_02"]})
        audit.record(uow, "bob", "pause", "stream", "fleet-demo")
        audit.record(uow, "ann", "set_profile", "asset", "ppdb001")


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (Wanted(), [3, 2, 1]),
        (Wanted(person="ann"), [3, 1]),
        (Wanted(noun="stream"), [2]),
        (Wanted(action="start"), [1]),
        (Wanted(subject="ppdb001"), [3, 1]),
        (Wanted(subject="ppdb0_1"), []),
        (Wanted(since=datetime(2100, 1, 1, tzinfo=UTC)), []),
        (Wanted(until=datetime(2100, 1, 1, tzinfo=UTC), person="bob"), [2]),
    ],
)
def test_entries_are_found_by_person_noun_action_and_server(wanted: Wanted, numbers: list[int]) -> None:
    _filled()
    assert [entry.id for entry in audit.entries(wanted)] == numbers


def test_pages_follow_each_other_by_number() -> None:
    write(5)
    first = audit.entries(limit=2)
    assert [entry.id for entry in audit.entries(limit=2, before=first[-1].id)] == [3, 2]


def test_an_exported_line_carries_what_its_hash_covers(tmp_path: Path) -> None:
    _filled()
    assert audit.export(tmp_path / "a.jsonl", Wanted(person="ann")) == 2
    lines = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    assert [line["id"] for line in lines] == [1, 3]
    assert all(digest(line) == line["hash"] for line in lines)


def test_a_table_runs_nothing_in_a_spreadsheet(tmp_path: Path) -> None:
    _filled()
    assert audit.export(tmp_path / "a.csv") == 3
    with (tmp_path / "a.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    assert [row["reason"] for row in table] == ["'=cmd()", "", ""]


def test_an_export_says_what_it_cannot_write(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"end with \.jsonl or \.csv"):
        audit.export(tmp_path / "a.xlsx")
    with pytest.raises(Invalid, match="does not exist"):
        audit.export(tmp_path / "nowhere" / "a.csv")
    assert list(tmp_path.glob("*.partial")) == []


@pytest.mark.usefixtures("kept_environment")
def test_the_command_names_the_first_broken_entry_and_ends_with_1() -> None:
    write(3)
    whole = CliRunner().invoke(app, ["audit", "verify"])
    assert (whole.exit_code, "3 entries" in whole.stdout) == (0, True)
    tamper("DELETE FROM audit_entries WHERE id = 2")
    broken = CliRunner().invoke(app, ["audit", "verify", "--json"])
    said = json.loads(broken.stdout)
    assert (broken.exit_code, said["ok"], said["broken"]["id"], said["broken"]["fault"]) == (1, False, 2, "removed")


OLD = """INSERT INTO audit_entries (id, at, actor, action, noun, subject, reason, detail, correlation_id)
VALUES ({id}, '2026-03-04 10:00:00.123456{zone}', 'ann', 'start', 'scenario', '1 leak', 'why', '{{}}', '')"""


def test_entries_of_an_older_version_are_chained_in_their_order() -> None:
    command.downgrade(config(), "0002")
    zone = "+00" if engine().dialect.name == "postgresql" else ""
    run(*(OLD.format(id=number, zone=zone) for number in (3, 7, 8)))
    migrate()
    write(1)
    verdict = audit.verify()
    assert (verdict.intact, verdict.broken) == (4, None)
