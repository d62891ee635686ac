"""Planned maintenance over HTTP: an operator's session plans, a key may only read."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.integration.api.conftest import PASSWORD, Client, both
from webapp.core import clock
from webapp.core.policies.roles import Role
from webapp.core.services import audit, keys, people, telemetry
from webapp.core.views.audit import Wanted

PATH = "/api/v1/streams/mine/maintenance"
SUNDAYS = {"title": "Patch", "profile": "all", "days": ["sun"], "start": "02:00", "duration": "2 h"}
BERLIN = {**SUNDAYS, "zone": "Europe/Berlin"}


@pytest.fixture
def signed_in(client: Client) -> Callable[[Role], Client]:
    telemetry.receive("mine", {"rows": [{"asset": "db-1", "at": clock.now().isoformat(), "cpu_pct": 1.0}]}, "test")

    def as_(role: Role) -> Client:
        people.add(role.value, role, PASSWORD, "test")
        assert client.post("/api/login", data={"name": role.value, "password": PASSWORD}).status_code == 303
        return client

    return as_


def once(minutes: int) -> dict[str, object]:
    start = (clock.now() + timedelta(hours=2)).replace(minute=0, second=0, microsecond=0)
    ends = {"start_at": start.isoformat(), "end_at": (start + timedelta(minutes=minutes)).isoformat()}
    return {"title": "Swap", "servers": ["db-1"], **ends}


@both
def test_an_operator_plans_reads_and_cancels(signed_in: Callable[[Role], Client]) -> None:
    client = signed_in(Role.OPERATOR)
    made = client.post(PATH, json=BERLIN)
    assert made.status_code == 201 and made.json()["when"] == "Sundays 02:00 to 04:00 Berlin"
    assert client.post(PATH, json=once(60)).json()["next_start_at"].endswith(":00:00Z")
    listed = client.get(PATH).json()
    assert [one["title"] for one in listed["windows"]] == ["Patch", "Swap"] and listed["zone"] == "UTC"
    ended = client.call("DELETE", f"{PATH}/{made.json()['id']}")
    assert ended.status_code == 200 and [one["title"] for one in client.get(PATH).json()["windows"]] == ["Swap"]
    assert client.call("DELETE", f"{PATH}/{made.json()['id']}").status_code == 409
    actions = [(one.actor, one.action) for one in audit.entries(Wanted(noun="maintenance"))]
    assert actions == [("operator", "cancel"), ("operator", "add"), ("operator", "add")]


def test_a_viewer_reads_only(signed_in: Callable[[Role], Client]) -> None:
    client = signed_in(Role.VIEWER)
    assert client.get(PATH).status_code == 200
    refused = client.post(PATH, json=SUNDAYS)
    assert refused.status_code == 403 and "needs the role operator" in refused.json()["detail"]
    assert client.call("DELETE", f"{PATH}/1").status_code == 403


def test_a_key_reads_only(signed_in: Callable[[Role], Client]) -> None:
    client = signed_in(Role.OPERATOR)
    headers = {"Authorization": f"Bearer {keys.issue('reader', ['read'], 'test')}"}
    assert client.get(PATH, headers=headers).status_code == 200
    assert client.post(PATH, json=SUNDAYS, headers=headers).status_code == 403


def test_nobody_is_asked_to_sign_in(client: Client) -> None:
    assert client.get(PATH).status_code == client.post(PATH, json=SUNDAYS).status_code == 401


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": ""}, "title"), ({"days": ["someday"]}, "days"), ({"start": "26:00"}, "start"),
        ({"duration": "170 h"}, "duration"), ({"duration": 7}, "duration"), ({"zone": "Mars"}, "zone"),
        ({"profile": "mainframe"}, "profile"), ({"servers": ["x"], "profile": None}, "servers"),
        ({"first": "2001-01-01"}, "first"), ({"colour": "red"}, "colour"), ({"last": "soon"}, "last"),
        ({"start_at": "2036-01-01T00:00Z"}, "days"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named(signed_in: Callable[[Role], Client], change: dict[str, object], field: str) -> None:
    client = signed_in(Role.OPERATOR)
    refused = client.post(PATH, json=SUNDAYS | change)
    assert refused.status_code == 422 and field in [one["field"] for one in refused.json()["errors"]]
    assert client.get(PATH).json()["windows"] == []


def test_an_unknown_stream_is_not_found(signed_in: Callable[[Role], Client]) -> None:
    client = signed_in(Role.OPERATOR)
    elsewhere = PATH.replace("mine", "nowhere")
    assert client.get(elsewhere).status_code == client.post(elsewhere, json=SUNDAYS).status_code == 404
    assert client.call("DELETE", f"{PATH}/{10**12}").status_code == 422


def test_a_window_that_is_once_is_refused_by_its_own_fields(signed_in: Callable[[Role], Client]) -> None:
    refused = signed_in(Role.OPERATOR).post(PATH, json=once(-30))
    assert [one["field"] for one in refused.json()["errors"]] == ["end_at"]
