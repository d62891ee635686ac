"""Models over HTTP and on the command line: who serves, who wants to, and the evidence as one page."""

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.integration.api.conftest import Client, both
from tests.integration.core.candidates import FAILS, candidate
from webapp.cli.app import app
from webapp.core.policies.roles import Role
from webapp.core.services import decisions, keys, streams

DEMO = streams.DEMO
PATH = f"/api/v1/streams/{DEMO}/models"
pytestmark = pytest.mark.usefixtures("kept_environment")


@pytest.fixture
def judged(client: Client, tmp_path: Path) -> Client:
    """A demo fleet with a candidate that the gate refuses and one that it passes."""
    streams.ensure_demo(datetime(2026, 3, 4, 10, tzinfo=UTC))
    candidate(tmp_path, "1.1.0", relative=FAILS)
    candidate(tmp_path, "1.2.0")
    client.sign_in()
    return client


def pack(client: Client, evidence_id: int) -> str:
    return client.get(f"/api/v1/streams/{DEMO}/evidence/{evidence_id}/pack").text


@both
def test_the_models_of_a_stream_are_read_with_their_standing(judged: Client) -> None:
    found = judged.get(PATH).json()
    assert (found["champion"]["version"], found["champion"]["until_at"]) == ("1.0.0", None)
    assert [(one["version"], one["standing"], one["passed"]) for one in found["candidates"]] == [
        ("1.2.0", "candidate", True), ("1.1.0", "candidate", False),
    ]  # fmt: skip
    assert found["policy"]["promotion"] == "person"
    assert [check["name"] for check in found["candidates"][1]["checks"] if not check["passed"]] == ["better"]
    decisions.approve(2, "bob", Role.APPROVER, "better")
    found = judged.get(PATH).json()
    assert [(one["version"], one["standing"]) for one in found["candidates"]] == [
        ("1.2.0", "champion"), ("1.1.0", "superseded"),
    ]  # fmt: skip
    assert found["candidates"][0]["decision"]["by"] == "bob"
    assert [one["kind"] for one in found["history"]] == ["promotion", "first"]


def test_a_key_that_reads_may_and_a_stranger_may_not(judged: Client) -> None:
    judged.cookies.clear()
    assert judged.get(PATH).status_code == 401
    secret = keys.issue("reader", ["read"], "test")
    assert judged.get(PATH, headers={"Authorization": f"Bearer {secret}"}).status_code == 200


def test_what_is_not_there_is_said(judged: Client) -> None:
    for path in ("/api/v1/streams/nowhere/models", f"/api/v1/streams/{DEMO}/evidence/99/pack",
                 "/api/v1/streams/nowhere/evidence/1/pack"):  # fmt: skip
        assert judged.get(path).status_code == 404, path
    assert judged.get(f"/api/v1/streams/{DEMO}/evidence/0/pack").status_code == 422


class Loaded(HTMLParser):
    """What a page would load or run."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        if tag in ("script", "link", "img", "iframe", "object", "embed", "base", "form"):
            self.found.append((tag, ""))
        self.found += [(name, value) for name, value in names.items() if name in ("src", "href") or name[:2] == "on"]


def test_a_pack_needs_nothing_else_and_runs_nothing(judged: Client) -> None:
    answer = judged.get(f"/api/v1/streams/{DEMO}/evidence/2/pack")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="evidence-2-1.2.0.html"'
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    page = Loaded()
    page.feed(answer.text)
    assert page.found == []
    assert "url(" not in answer.text and "@import" not in answer.text
    assert "default-src 'none'" in answer.text


def test_a_pack_says_what_a_decision_stands_on(judged: Client) -> None:
    decisions.reject(1, "bob", Role.APPROVER, "storage <b>worse</b>")
    refused, passed = pack(judged, 1), pack(judged, 2)
    assert "The gate refuses the candidate: 11 of 12 checks pass." in refused
    assert "bob rejected it at" in refused
    assert "storage &lt;b&gt;worse&lt;/b&gt;" in refused and "<b>worse" not in refused
    assert "The gate passes: 12 of 12 checks pass." in passed
    said_of_it = (
        "fleet-tft 1.2.0 is better than fleet-tft 1.0.0 on the same 320", "0 to 1\u00a0h", "Disk I/O",
        "The same time yesterday", "run 2, asked for by ann", "a processor, 2 cores", "Nobody has decided",
    )  # fmt: skip
    for said in said_of_it:
        assert said in passed, said
    assert len(re.findall(r"<code>[0-9a-f]{64}</code>", passed)) == 4


def test_commands_list_decide_and_write(judged: Client, tmp_path: Path) -> None:
    def run(*words: str) -> str:
        result = CliRunner().invoke(app, list(words))
        assert result.exit_code == 0, result.output
        return result.output

    listed = run("model", "candidates")
    assert re.search(r"1\.2\.0 .* candidate +passes +-3\.4 % +ann", listed)
    assert re.search(r"1\.1\.0 .* candidate +refuses", listed)
    out = tmp_path / "pack.html"
    assert "is written" in run("evidence", "pack", "1.2.0", "--out", str(out))
    assert out.read_text(encoding="utf-8") == pack(judged, 2)
    assert CliRunner().invoke(app, ["evidence", "pack", "1.2.0", "--out", str(out)]).exit_code == 1
    assert "is rejected" in run("reject", "1.1.0", "--reason", "no")
    assert "Passed: a person may approve it." in run("evidence", "show", "1.2.0")
    assert "serves fleet-demo" in run("approve", "1.2.0", "--reason", "better")
    assert "Passed, and nothing is left to decide: cli:" in run("evidence", "show", "1.2.0")
    assert "promoted by itself" in run("model", "policy", "--promotion", "automatic", "--reason", "quiet")
