"""The drill of a model's life, in its short form: it has to run on a fresh folder, and leave nothing behind."""

import json
import subprocess

import pytest

from tests.integration.infra.console import COMMAND, ROOT, environment

pytest.importorskip("torch", reason="the training packages are not installed")


@pytest.mark.timeout(400)
def test_a_short_life_of_a_model_holds_from_training_to_rollback() -> None:
    words = [*COMMAND, "drill", "lifecycle", "--smoke", "--json"]
    done = subprocess.run(words, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=380, check=False)
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["ok"], [one for one in told["steps"] if not one["ok"]] or told
    assert {one["name"] for one in told["steps"]} >= {"a candidate is trained and judged", "it is rolled back"}
    assert (told["missed_ticks"], told["duplicate_forecasts"]) == (0, 0)
