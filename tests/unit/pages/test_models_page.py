"""The page Models: what it says of a stream's versions, and to whom."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.documents import CANDIDATE, CHAMPION, judged
from webapp.core.models.evidence import Evidence
from webapp.core.policies import gate
from webapp.core.policies.decisions import Standing
from webapp.core.policies.roles import Role
from webapp.core.services import evidence
from webapp.core.views.candidates import CandidateView, DecisionView, ModelsView, PolicyView
from webapp.core.views.evidence import EvidenceView
from webapp.core.views.promotions import Served
from webapp.state import models_history
from webapp.state.models_build import build
from webapp.state.models_view import ModelsKey, ModelsPage

AT = datetime(2026, 3, 5, 12, tzinfo=UTC)
FIRST = Served(0, "fleet-tft", "1.0.0", CHAMPION, "first", AT - timedelta(days=10), None, "system", "began")


def found(relative: float = -0.034) -> EvidenceView:
    document = gate.complete(judged(relative))
    row = Evidence(
        id=7, stream_id=1, candidate_id=2, champion_id=1, candidate_sha256=CANDIDATE, champion_sha256=CHAMPION,
        windows_sha256="b" * 64, sha256="e" * 64, passed=gate.verdict(document).passed, document=document, made_at=AT,
    )  # fmt: skip
    return evidence.shown(row, "fleet-demo")


def candidate(evidence: EvidenceView | None = None, **other: object) -> CandidateView:
    made = CandidateView(
        2, "fleet-tft", "1.1.0", CANDIDATE, Standing.CANDIDATE.value, AT, 3, "ann", evidence, None, None
    )
    return replace(made, **other)  # type: ignore[arg-type]


def page(
    *candidates: CandidateView, person: str = "bob", role: Role = Role.APPROVER, version: int = 0, **other: object
) -> ModelsPage:
    policy = PolicyView("person", "", None, "")
    models = ModelsView("fleet-demo", FIRST, 0.57, candidates, (FIRST,), (), policy, 2, "", AT)
    return build(ModelsKey("fleet-demo", "UTC", person, role, version), replace(models, **other))  # type: ignore[arg-type]


def test_without_a_candidate_the_page_says_who_serves_and_what_to_do() -> None:
    made = page()
    assert made.title == "fleet-tft 1.0.0 serves alone: there is no candidate."
    assert (made.picked.name, made.versions) == ("", [])


def test_a_candidate_that_is_not_compared_yet_cannot_be_decided_on() -> None:
    made = page(candidate())
    assert "not compared with the champion yet" in made.title
    assert not made.picked.may and "Training run 3" in made.picked.waiting


def test_an_approver_may_decide_and_sees_why() -> None:
    made = page(candidate(found()))
    assert made.title == "Candidate 1.1.0 is better than 1.0.0 on the same 320 windows."
    assert (made.picked.may, made.picked.override, made.picked.why_not) == (True, False, "")
    assert made.picked.gate_word == "12 of 12 pass"
    assert made.picked.binds == "cccc cccc cccc"
    assert [one.bar.name for one in made.picked.leads][:2] == ["All, 0 to 8\u00a0h", "0 to 1\u00a0h"]
    assert made.picked.leads[0].held_is == "80\u00a0%"


def test_the_requester_sees_why_not_and_may_withdraw() -> None:
    made = page(candidate(found()), person="ann")
    assert not made.picked.may and made.picked.may_reject
    assert "ann asked for the training of fleet-tft 1.1.0" in made.picked.why_not


def test_a_viewer_is_told_which_role_decides() -> None:
    made = page(candidate(found()), role=Role.VIEWER)
    assert not made.picked.may and not made.picked.may_reject
    assert "role approver" in made.picked.why_not


def test_what_the_gate_refuses_shows_its_reason_first_and_only_an_administrator_may_override() -> None:
    made = page(candidate(found(0.03)))
    assert not made.picked.gate[0].passed and made.picked.gate[-1].passed
    assert "administrator" in made.picked.why_not and not made.picked.may
    assert page(candidate(found(0.03)), role=Role.ADMIN).picked.may


def test_a_decision_or_a_void_evidence_closes_the_panel() -> None:
    made = DecisionView(7, "fleet-tft", "1.1.0", "a", "b", "c", "reject", True, "ann", "bob", "a tie", AT)
    closed = page(candidate(found(), decision=made, void="bob has decided", standing="rejected"), version=2)
    assert closed.picked.why_not == "bob rejected it at 12:00: a tie"
    assert not closed.picked.open and not closed.picked.may
    assert "another champion" in page(candidate(found(), void="another champion serves")).picked.why_not


def test_what_was_decided_is_looked_at_only_when_it_is_picked_unless_it_serves() -> None:
    assert page(candidate(found(), standing="rejected")).picked.name == ""
    serving = page(candidate(found(), standing="champion"))
    assert serving.title == "Champion 1.1.0 was better than 1.0.0 on the same 320 windows."
    assert serving.versions == []


def test_the_band_covers_the_whole_time_and_marks_what_came_back() -> None:
    back = replace(FIRST, move=2, kind="rollback", since_at=AT - timedelta(days=2))
    middle = replace(FIRST, move=1, version="1.1.0", kind="promotion", since_at=AT - timedelta(days=4),
                     until_at=back.since_at, sha256=CANDIDATE)  # fmt: skip
    first = replace(FIRST, until_at=middle.since_at)
    made = page(history=(back, middle, first), champion=back)
    assert [one.left for one in made.band] == ["0.000%", "60.000%", "80.000%"]
    assert [(one.on, one.back) for one in made.band] == [(False, False), (False, False), (True, True)]
    assert made.back_to == [(CANDIDATE, "fleet-tft 1.1.0")]
    assert [one.what for one in made.happened] == [
        "Rolled back to 1.0.0", "1.1.0 became champion", "1.0.0 began as champion",
    ]  # fmt: skip


def test_the_band_of_a_young_stream_names_each_minute_once() -> None:
    begun = replace(FIRST, since_at=AT - timedelta(seconds=70))
    made = page(history=(begun,), champion=begun)
    assert [one.label for one in made.marks] == ["Thu 11:58", "Thu 11:59", "now"]


def test_a_time_is_read_in_the_viewers_zone_or_not_at_all() -> None:
    read = models_history.parsed("2026-03-05T02:00", "Europe/Berlin")
    assert read == datetime(2026, 3, 5, 1, tzinfo=UTC)
    for wrong in ("", "noon", "2026-03-05T02:00+00:00", "0001-01-01T00:00"):
        assert models_history.parsed(wrong, "UTC") is None
