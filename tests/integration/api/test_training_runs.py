"""Trainings over HTTP: a reader sees what was asked for and what it came to."""

from tests.integration.api.conftest import Client, both
from webapp.core import clock
from webapp.core.policies.training_runs import Recipe
from webapp.core.services import keys, telemetry, training_runs

PATH = "/api/v1/streams/mine/training-runs"


@both
def test_a_reader_sees_the_trainings_of_a_stream(client: Client) -> None:
    telemetry.receive("mine", {"rows": [{"asset": "db-1", "at": clock.now().isoformat(), "cpu_pct": 1.0}]}, "test")
    training_runs.request("mine", Recipe(days=3, minutes=2), "ann", "it drifts")
    secret = {"Authorization": f"Bearer {keys.issue('grafana', ['read'], 'ann')}"}
    (one,) = client.get(PATH, headers=secret).json()["runs"]
    assert (one["status"], one["by"], one["reason"], one["recipe"]["days"]) == ("queued", "ann", "it drifts", 3)
    assert (one["start"], one["candidate"], one["curve"]) == ("fleet-tft 1.0.0", None, [])
    assert client.get(PATH.replace("mine", "nowhere"), headers=secret).status_code == 404
    assert client.get(PATH).status_code == 401
