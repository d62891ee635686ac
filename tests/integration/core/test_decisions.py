"""Deciding on candidates: what is bound to what, who may, and that two at once are one decision."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.integration.core.candidates import FAILS, candidate
from webapp.core.clock import now
from webapp.core.db import engine, reading
from webapp.core.errors import Conflict, ForewarnError, Invalid, NotAllowed, NotFound, Unavailable
from webapp.core.models.schedules import Schedule, ScheduleRun
from webapp.core.policies.decisions import POLICY, Promotion, Standing
from webapp.core.policies.roles import Role
from webapp.core.repositories import decisions as rows
from webapp.core.repositories import deliveries as delivery_rows
from webapp.core.services import (
    audit,
    candidates,
    champions,
    decisions,
    notifications,
    people,
    promotion_policies,
    promotions,
    streams,
    users,
)
from webapp.core.uow import unit_of_work

pytestmark = pytest.mark.usefixtures("demo")
DEMO = streams.DEMO


@pytest.fixture(autouse=True)
def team(demo: None) -> None:
    """Two people who may approve, and one who may override."""
    with unit_of_work() as uow:
        for name, role in (("ann", Role.APPROVER), ("bob", Role.APPROVER), ("ada", Role.ADMIN)):
            users.create(uow, name, role, None, "test")


def approve(evidence_id: int, by: str = "bob", role: Role = Role.APPROVER, reason: str = "better") -> None:
    decisions.approve(evidence_id, by, role, reason)


def serving() -> str:
    return promotions.history(DEMO)[0].version


def standings() -> dict[str, str]:
    return {one.version: one.standing for one in candidates.overview(DEMO).candidates}


def decided() -> int:
    with reading() as session:
        return len(rows.of_stream(session, streams.find(session, DEMO).id or 0))


def test_an_approval_binds_to_its_hashes_and_moves_the_slot_with_one_entry_each(tmp_path: Path) -> None:
    made = candidate(tmp_path)
    assert (standings(), candidates.waiting(DEMO)) == ({"1.1.0": Standing.CANDIDATE}, 1)
    before = promotions.history(DEMO)[0]
    approve(made)
    (served, _), (one,) = promotions.history(DEMO), candidates.overview(DEMO).decisions
    assert (served.version, served.kind, served.by, served.reason) == ("1.1.0", "promotion", "bob", "better")
    assert (one.artefact_sha256, one.champion_sha256) == (served.sha256, before.sha256)
    assert (one.verdict, one.requested_by, one.by, one.passed) == ("approve", "ann", "bob", True)
    assert [entry.action for entry in audit.entries(limit=2)] == ["promotion", "approve"]
    assert (standings(), candidates.waiting(DEMO)) == ({"1.1.0": Standing.CHAMPION}, 0)


def test_who_asked_for_the_training_does_not_approve_it(tmp_path: Path) -> None:
    made = candidate(tmp_path)
    for name in ("ann", "cli:ann"):
        with pytest.raises(NotAllowed, match="somebody else has to approve"):
            approve(made, name, Role.ADMIN)
    assert (serving(), decided()) == ("1.0.0", 0)


def test_who_planned_a_training_asked_for_it(tmp_path: Path) -> None:
    made = candidate(tmp_path, by="forewarn")
    with unit_of_work() as uow:
        plan = Schedule(
            stream_id=1, what="training", cron="0 2 * * *", enabled=True, changed_by="ann", changed_at=now()
        )  # she changed it afterwards
        uow.session.add(plan)
        uow.session.flush()
        due = ScheduleRun(schedule_id=plan.id or 0, due_at=now(), at=now(), outcome="started", run_id=1, by="bob")
        uow.session.add(due)
    with pytest.raises(NotAllowed, match="bob asked for the training"):
        approve(made, "bob")
    approve(made, "ann")


def test_alone_one_may_approve_ones_own(tmp_path: Path) -> None:
    for name in ("ann", "bob"):
        people.disable(name, "ada")
    approve(candidate(tmp_path, by="ada"), "ada", Role.ADMIN)
    assert serving() == "1.1.0"


def test_a_role_that_is_too_weak_decides_nothing(tmp_path: Path) -> None:
    made = candidate(tmp_path)
    with pytest.raises(NotAllowed, match="role approver"):
        approve(made, "otto", Role.OPERATOR)
    with pytest.raises(NotAllowed, match="role approver"):
        decisions.reject(made, "otto", Role.OPERATOR, "x")


def test_a_decision_without_a_reason_or_about_nothing_is_none(tmp_path: Path) -> None:
    made = candidate(tmp_path)
    for decide in (decisions.approve, decisions.reject):
        with pytest.raises(Invalid, match="Say why"):
            decide(made, "bob", Role.ADMIN, " ")
        with pytest.raises(NotFound, match="no evidence 99"):
            decide(99, "bob", Role.ADMIN, "x")
    assert decided() == 0


def test_what_the_gate_refuses_an_administrator_may_override(tmp_path: Path) -> None:
    made = candidate(tmp_path, relative=FAILS)
    with pytest.raises(NotAllowed, match="administrator"):
        approve(made)
    approve(made, "ada", Role.ADMIN, "the storage servers are gone anyway")
    assert candidates.overview(DEMO).decisions[0].verdict == "override"
    assert serving() == "1.1.0"
    assert audit.entries(limit=2)[1].action == "override"


def test_a_rejected_candidate_serves_nobody_and_stays_rejected(tmp_path: Path) -> None:
    made = candidate(tmp_path)
    decisions.reject(made, "ann", Role.APPROVER, "a tie is not worth it")
    with pytest.raises(Conflict, match="ann has decided"):
        approve(made)
    assert (serving(), standings()) == ("1.0.0", {"1.1.0": Standing.REJECTED})
    assert audit.entries(limit=1)[0].action == "reject"


def test_a_champion_that_changed_since_makes_the_evidence_void(tmp_path: Path) -> None:
    first, second = candidate(tmp_path), candidate(tmp_path, "1.2.0")
    approve(first)
    with pytest.raises(Conflict, match=r"another champion than fleet-tft 1\.1\.0"):
        approve(second)
    assert standings() == {"1.2.0": Standing.SUPERSEDED, "1.1.0": Standing.CHAMPION}
    assert candidates.waiting(DEMO) == 0
    assert serving() == "1.1.0"


def test_newer_evidence_makes_the_older_void(tmp_path: Path) -> None:
    first, second = candidate(tmp_path), candidate(tmp_path)
    with pytest.raises(Conflict, match="newer evidence"):
        approve(first)
    approve(second)


def test_what_served_before_comes_back_by_a_rollback_only(tmp_path: Path) -> None:
    approve(candidate(tmp_path))
    promotions.rollback(DEMO, None, "bob", "worse")
    assert standings() == {"1.1.0": Standing.ARCHIVED}
    with pytest.raises(Conflict, match="roll back to it"):
        approve(candidate(tmp_path))


def test_an_artefact_that_was_touched_never_serves(tmp_path: Path) -> None:
    made = candidate(tmp_path)
    folder = tmp_path / "fleet-tft-1.1.0"
    champions.forecaster(str(folder), candidates.overview(DEMO).candidates[0].sha256)  # a process may hold it loaded
    (folder / "model.safetensors").write_bytes(b"other")
    with pytest.raises(Unavailable, match="hash"):
        approve(made)
    assert (serving(), decided()) == ("1.0.0", 0)


@pytest.mark.parametrize("touched", ["passed = TRUE, document = '{}'", "passed = TRUE"])
def test_evidence_that_was_touched_is_void(tmp_path: Path, touched: str) -> None:
    made = candidate(tmp_path, relative=FAILS)
    with engine().begin() as connection:
        connection.execute(text(f"UPDATE evidence SET {touched} WHERE id = :id"), {"id": made})
    with pytest.raises(Conflict, match="changed after it was made"):
        approve(made)


def test_of_two_who_approve_at_once_exactly_one_does(tmp_path: Path) -> None:
    made, start = candidate(tmp_path), threading.Barrier(4)
    said: list[str] = []

    def decide(who: str, act: Callable[..., object]) -> None:
        start.wait()
        try:
            act(made, who, Role.ADMIN, "mine")
            said.append("done")
        except ForewarnError as error:
            said.append(error.message)

    acts = [
        ("bob", decisions.approve),
        ("ada", decisions.approve),
        ("bob", decisions.reject),
        ("eve", decisions.approve),
    ]
    threads = [threading.Thread(target=decide, args=one) for one in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said.count("done") == 1
    assert all(one == "done" or "has decided" in one or "served this stream before" in one for one in said), said
    assert decided() == 1
    assert len(promotions.history(DEMO)) <= 2


def _insert(made: int, **other: object) -> None:
    with reading() as session:
        stream_id = streams.find(session, DEMO).id
    values = {
        "stream_id": stream_id, "evidence_id": made, "version_id": 2, "artefact_sha256": "a", "champion_sha256": "b",
        "evidence_sha256": "c", "verdict": "approve", "passed": True, "requested_by": "ann", "by": "bob",
        "four_eyes": True, "reason": "x", "at": "2026-03-04 10:00:00+00:00",
    } | other  # fmt: skip
    names = ", ".join(f'"{name}"' for name in values)
    places = ", ".join(f":{name}" for name in values)
    with engine().begin() as connection:
        connection.execute(text(f"INSERT INTO decisions ({names}) VALUES ({places})"), values)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"by": "ann"}, "does not approve it|two_people"),
        ({"by": "ann", "four_eyes": False}, "does not approve it"),
        ({"by": "cli:ann", "four_eyes": False, "verdict": "override", "passed": False}, "does not approve it"),
        ({"verdict": "maybe"}, "verdict"),
        ({"passed": False}, "override"),
        ({"reason": " "}, "reason"),
    ],
)
def test_the_database_itself_refuses(tmp_path: Path, wrong: dict[str, object], said: str) -> None:
    made = candidate(tmp_path)
    with pytest.raises(DBAPIError, match=said):
        _insert(made, **wrong)
    assert decided() == 0


def test_the_database_keeps_a_decision_as_it_is(tmp_path: Path) -> None:
    made = candidate(tmp_path)
    approve(made)
    with pytest.raises(DBAPIError, match=r"decided on|uq_decisions"):
        _insert(made, by="ada")
    for change in ("UPDATE decisions SET verdict = 'reject'", "DELETE FROM decisions"):
        with pytest.raises(DBAPIError, match="never changed"), engine().begin() as connection:
            connection.execute(text(change))
    assert decided() == 1


def test_a_version_is_named_by_number_or_hash(tmp_path: Path) -> None:
    made = candidate(tmp_path)
    sha256 = candidates.overview(DEMO).candidates[0].sha256
    assert decisions.named(DEMO, "1.1.0") == decisions.named(DEMO, sha256[:12]) == made
    with pytest.raises(NotFound, match=r"There is on fleet-tft 1\.1\.0"):
        decisions.named(DEMO, "9")


def automatic(by: str = "ada", promotion: Promotion = Promotion.AUTOMATIC) -> None:
    promotion_policies.change(DEMO, promotion.value, by, Role.ADMIN, "nights are quiet")


def test_a_person_decides_until_an_administrator_says_otherwise(tmp_path: Path) -> None:
    assert not decisions.consider(candidate(tmp_path))
    with pytest.raises(NotAllowed, match="admin"):
        promotion_policies.change(DEMO, "automatic", "bob", Role.APPROVER, "x")
    for wrong in (("maybe", "x"), ("automatic", " ")):
        with pytest.raises(Invalid):
            promotion_policies.change(DEMO, wrong[0], "ada", Role.ADMIN, wrong[1])
    automatic()
    automatic()
    assert [one.action for one in audit.entries(limit=9)].count("set_promotion") == 1
    assert candidates.overview(DEMO).policy.reason == "nights are quiet"


def test_the_policy_promotes_what_the_gate_passes_once(tmp_path: Path) -> None:
    waited = candidate(tmp_path, "1.1.0")
    automatic()
    made = candidate(tmp_path, "1.2.0")
    assert not decisions.consider(waited), "what waited before stays for a person"
    assert decisions.consider(made)
    assert not decisions.consider(made)
    assert decisions.reconcile() == 0
    assert (serving(), promotions.history(DEMO)[0].by) == ("1.2.0", POLICY)


def test_a_lost_call_is_made_up(tmp_path: Path) -> None:
    automatic()
    candidate(tmp_path)
    assert (decisions.reconcile(), serving()) == (1, "1.1.0")
    assert decisions.reconcile() == 0


def test_the_policy_never_promotes_what_the_gate_or_a_person_refused_or_what_is_broken(tmp_path: Path) -> None:
    automatic()
    assert not decisions.consider(candidate(tmp_path, relative=FAILS))
    decisions.reject(candidate(tmp_path, "1.2.0"), "bob", Role.APPROVER, "no")
    assert not decisions.consider(candidate(tmp_path, "1.2.0"))
    broken = candidate(tmp_path, "1.3.0")
    (tmp_path / "fleet-tft-1.3.0" / "model.safetensors").write_bytes(b"other")
    assert not decisions.consider(broken)
    assert (decisions.reconcile(), serving()) == (0, "1.0.0")


def test_back_to_a_person_the_policy_promotes_no_more(tmp_path: Path) -> None:
    automatic()
    made = candidate(tmp_path)
    automatic(promotion=Promotion.PERSON)
    assert not decisions.consider(made)
    assert serving() == "1.0.0"


def test_targets_hear_of_it_once(tmp_path: Path) -> None:
    topics = ["candidates", "promotions", "rollbacks"]
    notifications.add({"name": "ops", "kind": "slack", "url": "http://127.0.0.1:1/hook", "topics": topics}, "ada")
    approve(candidate(tmp_path))
    promotions.rollback(DEMO, None, "bob", "worse")
    with reading() as session:
        told = [one.notice["title"] for one in reversed(delivery_rows.latest(session, 9))]
    assert told == [
        "A candidate for fleet-demo is ready: fleet-tft 1.1.0.",
        "fleet-demo is served by a new champion, fleet-tft 1.1.0.",
        "fleet-demo is rolled back to fleet-tft 1.0.0.",
    ]  # fmt: skip
