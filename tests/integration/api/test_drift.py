"""Drift over REST and on the command line: what is not there is said, nothing is made up."""

import json

import pytest
from typer.testing import CliRunner

from tests.integration.api.conftest import Client, both
from webapp.cli.app import app
from webapp.core.services import keys, streams

pytestmark = pytest.mark.usefixtures("kept_environment")


@both
def test_a_stream_nobody_looked_at_says_so(client: Client) -> None:
    streams.ensure_demo()
    secret = keys.issue("reader", ["read"], "ann")
    answer = client.call("GET", "/api/v1/streams/fleet-demo/drift", headers={"Authorization": f"Bearer {secret}"})
    found = answer.json()
    assert answer.status_code == 200
    assert (found["looked_at"], found["cells"], found["episodes"], found["decisions"]) == (None, [], [], [])
    nowhere = client.call("GET", "/api/v1/streams/nowhere/drift", headers={"Authorization": f"Bearer {secret}"})
    assert nowhere.status_code == 404


@both
def test_the_command_says_the_same(client: Client) -> None:
    streams.ensure_demo()
    said = CliRunner().invoke(app, ["drift"])
    assert said.exit_code == 0 and "Nobody has looked for drift yet." in said.stdout
    told = json.loads(CliRunner().invoke(app, ["drift", "--json"]).stdout)
    assert told["stream"] == "fleet-demo" and told["looked_at"] is None
