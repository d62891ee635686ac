"""The audit's chain on both engines: several writers, what the database refuses, and every kind of tampering."""

import subprocess
import sys

import pytest
from alembic import command
from sqlalchemy.exc import DBAPIError
from sqlmodel import text

from tests.integration.core.test_schema import config
from webapp.core.db import ROOT, engine, migrate, reading
from webapp.core.errors import Unavailable
from webapp.core.policies.audit import digest
from webapp.core.repositories import audit as rows
from webapp.core.services import audit, keys
from webapp.core.uow import unit_of_work
from webapp.core.views.audit import Fault

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
