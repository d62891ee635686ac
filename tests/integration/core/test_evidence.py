"""Evidence: stored whole and once, bound to what was judged, and told when it was changed."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.documents import changed, judged
from tests.integration.core.test_promotions import other
from webapp.cli.app import app
from webapp.core.db import reading
from webapp.core.errors import Invalid, NotFound
from webapp.core.models.evidence import Evidence
from webapp.core.policies import gate
from webapp.core.repositories import evidence as rows
from webapp.core.repositories import model_versions
from webapp.core.services import champions, evidence, streams
from webapp.core.uow import unit_of_work
from webapp.core.views.evidence import EvidenceView

pytestmark = pytest.mark.usefixtures("demo")
DEMO = streams.DEMO


def stored(folder: Path, relative: float = -0.034, windows: object = None) -> EvidenceView:
    """Evidence on another version of the shipped artefact, as a run leaves it."""
    with unit_of_work() as uow:
        stream = streams.find(uow.session, DEMO)
        assert stream.id is not None
        candidate = champions.register(uow.session, other(folder))
        champion = model_versions.champion(uow.session, stream.id)
        assert champion is not None
        document = judged(relative, candidate.sha256, champion.sha256)
        document = document if windows is None else changed(document, "windows", to=windows)
        made = evidence.store(uow, stream.id, None, candidate, champion, document)
        return evidence.view(uow.session, made)


def test_evidence_is_kept_with_the_verdict_and_found_again(tmp_path: Path) -> None:
    made = stored(tmp_path)
    assert made.passed and made.intact and len(made.checks) == len(gate.RULES)
    assert evidence.find(made.id) == made
    assert evidence.newest(DEMO, made.candidate_id) == made
    assert (made.candidate.name, made.differences.overall.relative) == ("fleet-tft 1.1.0", -0.034)


def test_a_candidate_that_is_no_better_is_kept_as_not_passed(tmp_path: Path) -> None:
    made = stored(tmp_path, relative=0.01)
    assert not made.passed and [one.name for one in made.checks if not one.passed] == ["better"]


def test_a_judgement_without_a_window_left_is_kept_and_says_no(tmp_path: Path) -> None:
    made = stored(tmp_path, windows={"sha256": None, "count": 0, "servers": 0, "days": 0.0, "left_out": 320})
    assert made.intact and not made.passed
    assert "enough" in [one.name for one in made.checks if not one.passed]


def test_a_document_that_was_changed_in_the_database_is_told(tmp_path: Path) -> None:
    made = stored(tmp_path)
    with unit_of_work() as uow:
        row = uow.session.get(Evidence, made.id)
        assert row is not None
        row.document = changed(row.document, "difference", "relative", to=-0.5)
        uow.session.add(row)
    assert not evidence.find(made.id).intact


def test_a_judgement_of_other_artefacts_is_refused(tmp_path: Path) -> None:
    with unit_of_work() as uow:
        candidate = champions.register(uow.session, other(tmp_path))
        with pytest.raises(Invalid, match="another candidate"):
            evidence.store(uow, 1, None, candidate, candidate, judged())
    with reading() as session:
        assert rows.of_stream(session, 1, 10) == []


def test_no_evidence_is_said_so() -> None:
    assert evidence.newest(DEMO, 1) is None
    with pytest.raises(NotFound, match="no evidence 7"):
        evidence.find(7)


def test_a_candidate_is_meant_by_version_or_hash_and_a_run_by_its_number(tmp_path: Path) -> None:
    made = stored(tmp_path)
    for wanted in ("1.1.0", "fleet-tft 1.1.0", made.candidate.sha256[:12]):
        assert evidence.meant(DEMO, wanted) == made
    with pytest.raises(NotFound, match="Nothing called 4 was judged"):
        evidence.meant(DEMO, "4")


@pytest.mark.usefixtures("kept_environment")
def test_the_command_shows_the_checks_and_its_exit_code_is_the_verdict(tmp_path: Path) -> None:
    bad = stored(tmp_path, relative=0.01)
    shown = CliRunner().invoke(app, ["evidence", "show", "1.1.0"])
    assert shown.exit_code == 1 and "Not passed." in shown.stdout
    told = json.loads(CliRunner().invoke(app, ["evidence", "show", "1.1.0", "--json"]).stdout)
    assert (told["sha256"], told["gate"]["passed"]) == (bad.sha256, False)
