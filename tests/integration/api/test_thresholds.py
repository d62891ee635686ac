"""Thresholds over HTTP: who may, what is refused with which field, and what two callers do to each other."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.integration.api.conftest import Client, both
from webapp.core.policies.roles import Role
from webapp.core.services import audit, health, keys, people
from webapp.core.views.audit import Wanted

PASSWORD = "correct horse battery"
LIST = "/api/v1/streams/my-servers/thresholds"
WEB_CPU = f"{LIST}/web/cpu_pct"


@pytest.fixture
def stream(client: Client) -> str:
    """A stream with a web server; returns a key that may read."""
    key = keys.issue("reader", ["read", "telemetry"], "test")
    row = {"asset": "ppweb001", "at": datetime.now(UTC).isoformat(), "cpu_pct": 20}
    assert client.push({"rows": [row]}, key).status_code == 201
    return key


def sign_in(client: Client, role: Role) -> None:
    people.add(role.value, role, PASSWORD, "test")
    client.post("/api/login", data={"name": role.value, "password": PASSWORD})


def put(client: Client, body: Any, path: str = WEB_CPU) -> httpx.Response:
    return client.call("PUT", path, json=body)


@both
@pytest.mark.usefixtures("stream")
def test_an_approver_changes_a_threshold_and_takes_it_back(client: Client) -> None:
    sign_in(client, Role.APPROVER)
    made = put(client, {"limit": 80.5, "reason": "hot", "shown": 90.0}).json()
    assert (made["limit"], made["default"], made["unit"], made["by"]) == (80.5, 90.0, "%", "approver")
    assert put(client, {"limit": None, "reason": "moved"}).json()["limit"] is None
    back = client.call("DELETE", WEB_CPU, params={"reason": "as it was", "shown": "none"}).json()
    assert (back["limit"], back["by"]) == (90.0, None)
    assert [one.action for one in audit.entries(Wanted(noun="threshold"))] == ["reset", "set", "set"]


def test_a_reader_lists_them_profiles_of_the_stream_first(client: Client, stream: str) -> None:
    found = client.get(LIST, headers={"Authorization": f"Bearer {stream}"}).json()
    assert len(found) == 56 and {one["profile"] for one in found[:7]} == {"web"}


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_others_are_told_which_role_may(client: Client, stream: str, role: Role) -> None:
    assert stream
    sign_in(client, role)
    refused = put(client, {"limit": 80.0, "reason": "hot"})
    assert refused.status_code == 403
    assert f"needs the role approver; you are signed in as {role}" in refused.json()["detail"]


def test_a_key_changes_nothing(client: Client, stream: str) -> None:
    answer = client.call(
        "PUT", WEB_CPU, json={"limit": 80, "reason": "x"}, headers={"Authorization": f"Bearer {stream}"}
    )
    assert answer.status_code == 403


@pytest.mark.usefixtures("stream")
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"limit": 0, "reason": "x"}, "limit"), ({"limit": "80", "reason": "x"}, "limit"), ({"reason": "x"}, "limit"),
        ({"limit": 80}, "reason"), ({"limit": 80, "reason": ""}, "reason"), ({"limit": 80, "reason": 7}, "reason"),
        ({"limit": True, "reason": "x"}, "limit"), ({"limit": 80, "reason": "x", "more": 1}, "more"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(client: Client, body: dict[str, Any], field: str) -> None:
    sign_in(client, Role.APPROVER)
    answer = put(client, body)
    assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (422, [field])


@pytest.mark.usefixtures("stream")
@pytest.mark.parametrize("body", [b"[]", b"7", b'{"limit": NaN, "reason": "x"}', b"", b"{"])
def test_nonsense_is_a_problem(client: Client, body: bytes) -> None:
    sign_in(client, Role.APPROVER)
    answer = client.call("PUT", WEB_CPU, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422) and "Traceback" not in answer.text


@pytest.mark.usefixtures("stream")
@pytest.mark.parametrize(
    ("path", "status"), [("web/x", 422), ("mainframe/cpu_pct", 422), ("../../nowhere/thresholds/web/cpu_pct", 404)]
)
def test_what_does_not_exist_is_said(client: Client, path: str, status: int) -> None:
    sign_in(client, Role.APPROVER)
    assert put(client, {"limit": 80.0, "reason": "x"}, f"{LIST}/{path}").status_code == status


@pytest.mark.usefixtures("stream")
def test_the_second_of_two_is_told_who_was_first(client: Client) -> None:
    sign_in(client, Role.APPROVER)
    assert put(client, {"limit": 80.0, "reason": "hot", "shown": 90.0}).status_code == 200
    late = put(client, {"limit": 70.0, "reason": "hot", "shown": 90.0})
    assert (late.status_code, "changed meanwhile by approver to 80 %" in late.json()["detail"]) == (409, True)


@pytest.mark.usefixtures("stream")
def test_the_doctor_counts_what_is_a_streams_own(client: Client) -> None:
    def said() -> str:
        return next(one.detail for one in health.doctor() if one.name == "thresholds")

    assert said() == "the defaults on every stream"
    sign_in(client, Role.APPROVER)
    put(client, {"limit": None, "reason": "moved"})
    assert said() == "my-servers: 1 differ from the default, 1 of them not watched"
