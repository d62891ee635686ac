"""Text that no database takes: Postgres stores no NUL, so whoever sends one hears it, and no fault of ours is made."""

from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from tests.integration.api.conftest import Client, both
from webapp.core.policies.roles import Role
from webapp.core.services import keys, people

NUL = "a\x00b"
PASSWORD = "correct horse battery"
WHEN = {"days": ["mon"], "start": "02:00", "duration": "1 h"}


@pytest.fixture
def key(client: Client) -> str:
    made = keys.issue("boss", ["admin"], "test")
    client.push({"rows": [{"asset": "box", "at": datetime.now(UTC).isoformat(), "cpu_pct": 1}]}, made)
    return made


PATHS = [
    f"/api/v1/streams/{NUL}/incidents", f"/api/v1/streams/my-servers/incidents?server={NUL}",
    f"/api/v1/streams/my-servers/incidents?profile={NUL}", f"/api/v1/streams/my-servers/incidents.csv?server={NUL}",
    f"/api/v1/streams/{NUL}/maintenance", f"/api/v1/streams/{NUL}/thresholds", f"/api/v1/streams/{NUL}/inventory",
    f"/api/v1/fleet?stream={NUL}", f"/api/v1/servers/{NUL}/forecast", f"/api/v1/servers/box/forecast?stream={NUL}",
    f"/api/v1/audit?q={NUL}", f"/api/v1/audit?actor={NUL}", f"/auth/link?token={NUL}", f"/sign-in?name={NUL}",
]  # fmt: skip


@both
@pytest.mark.parametrize("path", PATHS, ids=range(len(PATHS)))
def test_in_an_address(client: Client, key: str, path: str) -> None:
    answer = client.get(quote(path, safe="/?=&"), headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code < 500, answer.text


@both
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/v1/streams/my-servers/maintenance", {"title": NUL, "profile": "all", **WHEN}),
        ("POST", "/api/v1/streams/my-servers/maintenance", {"title": "x", "profile": "all", "reason": NUL, **WHEN}),
        ("POST", "/api/v1/streams/my-servers/maintenance", {"title": "x", "servers": [NUL], **WHEN}),
        ("PUT", "/api/v1/streams/my-servers/thresholds/web/cpu_pct", {"limit": 77, "reason": NUL}),
    ],
)
def test_in_a_body(client: Client, key: str, method: str, path: str, body: dict[str, object]) -> None:
    answer = client.call(method, path, json=body, headers={"Authorization": f"Bearer {key}"})
    assert (answer.status_code, bool(answer.json()["errors"])) == (422, True), answer.text


@both
def test_in_a_form(client: Client) -> None:
    people.add("ann", Role.ADMIN, PASSWORD, "test")
    for form in ({"name": NUL, "password": "x"}, {"name": "ann", "password": NUL}):
        assert client.post("/api/login", data=form).status_code == 400
