"""Who may decide on a candidate, what makes a decision void, and what a version is to its stream."""

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from webapp.core.policies import decisions as policy
from webapp.core.policies.decisions import Case, Standing, Verdict
from webapp.core.policies.roles import Role

CASE = Case(
    candidate="fleet-tft 1.1.0", champion="fleet-tft 1.0.0", passed=True, intact=True, same_candidate=True,
    same_champion=True, newest=True, decided=None, served=False, requested_by="ann",
)  # fmt: skip


def denied(verdict: Verdict, by: str, role: Role, deciders: int = 2, requested_by: str = "ann") -> str | None:
    return policy.denied("fleet-tft 1.1.0", requested_by, verdict, by, role, deciders)


def test_what_was_compared_and_still_holds_may_be_decided_on() -> None:
    assert policy.void(CASE) is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"decided": "bob"}, "bob has decided"),
        ({"served": True}, "roll back to it"),
        ({"intact": False}, "was changed after it was made"),
        ({"same_candidate": False}, "not the one that was compared"),
        ({"newest": False}, "newer evidence"),
        ({"same_champion": False}, "another champion"),
    ],
)
def test_whatever_changed_since_makes_a_decision_void(change: dict[str, object], said: str) -> None:
    assert said in str(policy.void(replace(CASE, **change)))  # type: ignore[arg-type]


def test_only_an_approver_decides() -> None:
    for role in (Role.VIEWER, Role.OPERATOR):
        for verdict in Verdict:
            assert "role approver" in str(denied(verdict, "bob", role))
    assert denied(Verdict.APPROVE, "bob", Role.APPROVER) is None


def test_the_requester_does_not_approve_once_two_people_may() -> None:
    for name in ("ann", "Ann", "cli:ann"):
        assert "somebody else" in str(denied(Verdict.APPROVE, name, Role.ADMIN))
        assert "somebody else" in str(denied(Verdict.OVERRIDE, name, Role.ADMIN))
        assert denied(Verdict.APPROVE, name, Role.ADMIN, deciders=1) is None


def test_the_requester_may_withdraw_a_candidate() -> None:
    assert denied(Verdict.REJECT, "ann", Role.APPROVER) is None


def test_what_the_gate_refuses_only_an_administrator_approves() -> None:
    assert policy.approval(passed=False) is Verdict.OVERRIDE
    assert "administrator" in str(denied(Verdict.OVERRIDE, "bob", Role.APPROVER))
    assert denied(Verdict.OVERRIDE, "bob", Role.ADMIN) is None


def test_a_training_that_nobody_is_known_to_have_asked_for_is_approved_by_nobody() -> None:
    said = denied(Verdict.APPROVE, "bob", Role.APPROVER, requested_by="")
    assert said is not None and "It is not known who asked" in said


def test_an_automatic_training_is_approved_by_any_approver() -> None:
    for requester in ("forewarn", "schedule nightly"):
        assert denied(Verdict.APPROVE, "bob", Role.APPROVER, requested_by=requester) is None


def test_a_version_that_nobody_compared_is_a_candidate() -> None:
    assert policy.standing(serves=False, served=False, decided=None, same_champion=True) is Standing.CANDIDATE


@dataclass
class Version:
    """A version and the newest evidence on it."""

    requested_by: str
    champion: int | None = None
    passed: bool = False
    decided: Verdict | None = None
    evidence: int = 0


@dataclass
class World:
    """A stream with its champion and what wants to become it."""

    champion: int = 0
    versions: list[Version] = field(default_factory=lambda: [Version("release")])
    served: set[int] = field(default_factory=lambda: {0})


PEOPLE = st.sampled_from([("ann", Role.APPROVER), ("bob", Role.ADMIN), ("otto", Role.OPERATOR)])


class Deciding(RuleBasedStateMachine):
    """Trainings, comparisons, decisions and rollbacks in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.promoted: list[tuple[int, str, Verdict]] = []

    def case(self, version: int, newest: bool = True) -> Case:
        one = self.world.versions[version]
        return replace(
            CASE, passed=one.passed, same_champion=one.champion == self.world.champion, newest=newest,
            decided=None if one.decided is None else "somebody", served=version in self.world.served,
            requested_by=one.requested_by,
        )  # fmt: skip

    def standing(self, version: int) -> Standing:
        one = self.world.versions[version]
        return policy.standing(
            serves=self.world.champion == version, served=version in self.world.served, decided=one.decided,
            same_champion=one.champion in (None, self.world.champion),
        )  # fmt: skip

    @rule(by=st.sampled_from(["ann", "bob", "otto", "forewarn"]))
    def train(self, by: str) -> None:
        self.world.versions.append(Version(by))

    @rule(which=st.integers(0, 9), passed=st.booleans())
    def compare(self, which: int, passed: bool) -> None:
        one = self.world.versions[which % len(self.world.versions)]
        one.champion, one.passed, one.decided, one.evidence = self.world.champion, passed, None, one.evidence + 1

    @rule(which=st.integers(0, 9), person=PEOPLE, reject=st.booleans(), newest=st.booleans())
    def decide(self, which: int, person: tuple[str, Role], reject: bool, newest: bool) -> None:
        version = which % len(self.world.versions)
        one, (by, role) = self.world.versions[version], person
        if not one.evidence:
            return
        verdict = Verdict.REJECT if reject else policy.approval(one.passed)
        case = self.case(version, newest)
        if policy.void(case) or policy.denied(case.candidate, one.requested_by, verdict, by, role, 2):
            return
        one.decided = verdict
        if verdict.promotes:
            self.promoted.append((version, by, verdict))
            self.world.champion = version
            self.world.served.add(version)

    @precondition(lambda self: len(self.world.served) > 1)
    @rule(which=st.integers(0, 9))
    def roll_back(self, which: int) -> None:
        served = sorted(self.world.served)
        self.world.champion = served[which % len(served)]

    @invariant()
    def exactly_one_serves(self) -> None:
        standings = [self.standing(version) for version in range(len(self.world.versions))]
        assert standings.count(Standing.CHAMPION) == 1

    @invariant()
    def what_serves_was_approved_by_another_than_asked_for_it(self) -> None:
        for version, by, verdict in self.promoted:
            assert self.world.versions[version].requested_by != by
            assert by != "otto"
            assert verdict is Verdict.APPROVE or by == "bob"

    @invariant()
    def nobody_is_promoted_twice(self) -> None:
        versions = [version for version, _, _ in self.promoted]
        assert len(versions) == len(set(versions))

    @invariant()
    def what_is_not_a_candidate_cannot_be_decided_on(self) -> None:
        for version, one in enumerate(self.world.versions):
            if one.evidence and self.standing(version) is not Standing.CANDIDATE:
                assert policy.void(self.case(version)) is not None


TestDeciding = Deciding.TestCase
TestDeciding.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
