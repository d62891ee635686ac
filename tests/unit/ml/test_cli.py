"""The command line: one JSON line on stdout, progress on stderr, one clear line and exit 2 when it cannot."""

import json

import pytest

from ml.cli import main
from ml.dataset.telemetry import read_telemetry


@pytest.fixture
def run(capsys):
    def call(*arguments: str) -> dict:
        assert main(arguments) == 0
        return json.loads(capsys.readouterr().out.splitlines()[-1])

    return call


def test_generate_writes_a_file_that_evaluate_scores(run, tmp_path):
    file = str(tmp_path / "fleet.parquet")
    assert run("generate", "--servers", "4", "--days", "3", "--out", file)["rows"] == 4 * 864
    assert read_telemetry(tmp_path / "fleet.parquet").values.shape == (864, 4, 7)
    found = run("evaluate", "--data", file, "--model", "champion,persistence", "--json")
    champion = found["models"]["champion"]
    assert found["assets"] == 4
    assert found["windows"] == 4 * 11
    assert set(champion["by_lead"]) == {"0-1h", "1-2h", "2-4h", "4-6h", "6-8h"}
    assert champion["pinball"] < found["models"]["persistence"]["pinball"]
    assert {"machine", "commit", "seed", "artefact_sha256"} <= set(found)


def test_bench_times_the_shipped_artefact(run, champion):
    found = run("bench", "--servers", "3", "--no-rivals", "--json")
    assert found["artefact_sha256"] == champion.sha256
    assert found["rows"][0]["series"] == 21
    assert found["rows"][0]["p50_ms"] > 0


@pytest.mark.parametrize(("arguments", "word"), [
    (["evaluate", "--data", "nothing.parquet"], "no such file"),
    (["evaluate", "--simulated", "--model", "crystal-ball"], "unknown model crystal-ball"),
    (["evaluate", "--data", "x.parquet", "--train", "nothing.parquet"], "no such file"),
    (["evaluate", "--simulated", "--fine-tune-days", "1"], "at least two days"),
    (["train", "--simulated-servers", "3", "--out", "x"], "at least 40"),
    (["bench", "--servers", "many"], "numbers separated by commas"),
    (["bench", "--artefact", "nowhere"], "no model artefact"),
    (["import-bitbrains", "nowhere", "--out", "x.parquet"], "no such file"),
    (["import-alibaba", "nowhere", "--out", "x.parquet"], "no such file"),
    (["generate", "--servers", "0", "--out", "x.parquet"], "at least one server"),
])  # fmt: skip
def test_mistakes_end_in_one_line_and_exit_code_two(arguments, word, capsys):
    assert main(arguments) == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[-1].startswith("error: ")
    assert word in lines[-1]
