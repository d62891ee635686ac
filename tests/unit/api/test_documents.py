"""The generated documents say what the code does, and the files say what the generators say."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ml.schema import METRICS, schema_hash
from webapp.api import reference
from webapp.api.csp import inline_hashes
from webapp.core.services import about, contract

DOCS = Path(__file__).resolve().parents[3] / "docs"


@pytest.mark.parametrize(
    ("file", "document"), [("data-contract.md", contract.document), ("api.md", reference.document)]
)
def test_the_file_is_what_the_code_says(file: str, document: Callable[[], str]) -> None:
    assert (DOCS / file).read_text() == document(), f"docs/{file} is out of date: make docs"


def test_the_contract_names_every_metric_and_its_hash() -> None:
    text = contract.document()
    assert all(f"`{metric.name}`" in text for metric in METRICS)
    assert schema_hash() in text


def test_the_reference_names_every_caller() -> None:
    text = reference.document()
    assert "POST /api/v1/telemetry" in text
    assert "Caller: an API key with the scope `telemetry` or `backfill`." in text
    assert "`forewarn_servers_forecast`" in text


def test_an_inline_script_is_allowed_by_its_hash_alone(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text('<script src="/a.js"></script><script type="module">run()</script>')
    assert inline_hashes(tmp_path) == ("sha256-AvyuiL0SD1mVY3NNxR+V2uo+lhk6RMFrytWmRt6CrJQ=",)
    assert inline_hashes(tmp_path / "missing") == ()


def test_the_build_knows_its_version_and_commit() -> None:
    assert about.version().count(".") == 2
    commit = about.commit()
    assert commit is None or len(commit) == 40
