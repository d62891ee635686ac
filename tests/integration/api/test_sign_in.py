"""Signing in over HTTP: the cookie's flags, where it leads, and what it never does."""

import pytest

from tests.integration.api.conftest import Client
from webapp.core.policies.roles import Role
from webapp.core.services import people, users

PASSWORD = "correct horse battery"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(autouse=True)
def ann(client: Client) -> None:
    people.add("ann", Role.OPERATOR, PASSWORD, "test")


def login(client: Client, password: str = PASSWORD, **other: str) -> dict[str, str]:
    answer = client.post("/api/login", data={"name": "ann", "password": password, **other})
    assert answer.status_code == 303
    return {"to": answer.headers["location"], "cookie": answer.headers.get("set-cookie", "")}


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(client: Client) -> None:
    cookie = login(client)["cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=strict", "Path=/", "Max-Age=43"))
    assert "Secure" not in cookie


def test_behind_tls_the_cookie_is_secure(client: Client) -> None:
    form = {"name": "ann", "password": PASSWORD}
    answer = client.post("/api/login", data=form, headers={"X-Forwarded-Proto": "https"})
    assert "Secure" in answer.headers["set-cookie"]


def test_a_wrong_password_leads_back_with_the_reason(client: Client) -> None:
    answer = login(client, "wrong", next="/jobs")
    assert answer == {"to": "/sign-in?error=wrong&left=4&minutes=5&next=%2Fjobs&name=ann", "cookie": ""}


@pytest.mark.parametrize("then", ["//evil.example", "https://evil.example", "/\\evil.example", "/api/logout"])
def test_signing_in_never_leads_away(client: Client, then: str) -> None:
    assert login(client, next=then)["to"] == "/"


def test_signing_in_leads_to_the_page_that_was_wanted(client: Client) -> None:
    assert login(client, next="/servers/ppdb002?stream=fleet")["to"] == "/servers/ppdb002?stream=fleet"


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Origin": "null"},
                                     {"Sec-Fetch-Site": "cross-site"}])  # fmt: skip
def test_a_form_of_another_site_is_refused(client: Client, headers: dict[str, str]) -> None:
    answer = client.post("/api/login", data={"name": "ann", "password": PASSWORD}, headers=headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_programs_get_json_and_problems(client: Client) -> None:
    headers = {"Accept": "application/json"}
    right = client.post("/api/login", data={"name": "ann", "password": PASSWORD}, headers=headers)
    wrong = client.post("/api/login", data={"name": "ann", "password": "wrong"}, headers=headers)
    assert right.json()["role"] == "operator"
    assert (wrong.status_code, wrong.headers["content-type"]) == (401, "application/problem+json")


def test_a_link_signs_in_once_and_its_page_leads_on(client: Client) -> None:
    token = users.issue_link()
    first = client.get("/auth/link", params={"token": token})
    assert (first.status_code, first.headers["referrer-policy"]) == (200, "no-referrer")
    assert client.get("/api/v1/me").json()["name"] == "admin"
    again = client.get("/auth/link", params={"token": token})
    assert again.headers["location"].startswith("/sign-in?error=link")


def test_signing_out_ends_the_session_and_the_cookie(client: Client) -> None:
    login(client)
    answer = client.post("/api/logout")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert 'fw_session=""' in answer.headers["set-cookie"]
    assert client.get("/api/v1/me").status_code == 401


def test_a_stolen_copy_of_the_cookie_dies_with_the_session(client: Client) -> None:
    login(client)
    copy = client.cookies["fw_session"]
    client.post("/api/logout")
    assert client.get("/api/v1/me", headers={"Cookie": f"fw_session={copy}"}).status_code == 401


@pytest.mark.parametrize(
    ("content", "media", "status"),
    [(b"", FORM, 303), (b"{}", "application/json", 415), (b"x", "", 415), (b"a=" + b"x" * 20_000, FORM, 413),
     (b"&a=" * 30, FORM, 400), (b"name=%ff&password=x", FORM, 303), (b"name=a&password=%00", FORM, 400)],
)  # fmt: skip
def test_a_strange_form_is_refused_or_wrong(client: Client, content: bytes, media: str, status: int) -> None:
    answer = client.post("/api/login", content=content, headers={"Content-Type": media} if media else {})
    assert answer.status_code == status
    assert "set-cookie" not in answer.headers


def test_programs_hear_how_long_a_pause_lasts(client: Client) -> None:
    form, headers = {"name": "ann", "password": "wrong"}, {"Accept": "application/json"}
    answers = [client.post("/api/login", data=form, headers=headers) for _ in range(6)]
    assert [one.status_code for one in answers] == [401] * 4 + [429] * 2
    assert 290 <= int(answers[-1].headers["retry-after"]) <= 300
    assert login(client)["to"].startswith("/sign-in?error=paused")


NEW = {"old": PASSWORD, "new": "another good one", "again": "another good one"}


def test_a_new_password_brings_a_new_cookie_and_ends_the_others(client: Client) -> None:
    login(client)
    elsewhere = users.sign_in("ann", PASSWORD, "198.51.100.7").token
    before = client.cookies["fw_session"]
    answer = client.post("/api/password", data=NEW)
    assert (answer.status_code, answer.headers["location"]) == (303, "/you?done=password")
    assert client.get("/api/v1/me").json()["name"] == "ann"
    for token in (before, elsewhere):
        assert client.get("/api/v1/me", headers={"Cookie": f"fw_session={token}"}).status_code == 401
    assert login(client)["to"].startswith("/sign-in?error=wrong")
    assert login(client, "another good one")["to"] == "/"


@pytest.mark.parametrize(
    ("wrong", "to"),
    [({"old": "x"}, "error=old&left=4&minutes=5"), ({"again": "x"}, "error=differ"),
     ({"new": "", "again": ""}, "error=short"),
     ({"new": "x" * 201, "again": "x" * 201}, "error=long"), ({"new": PASSWORD, "again": PASSWORD}, "error=same")],
)  # fmt: skip
def test_a_wrong_new_password_leads_back_with_the_reason(client: Client, wrong: dict[str, str], to: str) -> None:
    login(client)
    assert client.post("/api/password", data={**NEW, **wrong}).headers["location"] == f"/you?{to}"
    assert client.get("/api/v1/me").status_code == 200


def test_old_passwords_that_are_tried_are_counted_and_named(client: Client) -> None:
    login(client)
    headers = {"Accept": "application/json"}
    tried = [client.post("/api/password", data={**NEW, "old": "x"}, headers=headers).status_code for _ in range(5)]
    assert tried == [401] * 4 + [429]
    short = client.post("/api/password", data={**NEW, "new": "x", "again": "x"}, headers=headers).json()
    assert short["errors"][0]["field"] == "new"


def test_who_came_by_link_sets_a_password_without_an_old_one(client: Client) -> None:
    client.get("/auth/link", params={"token": users.issue_link("ann", "admin")})
    assert client.post("/api/password", data={**NEW, "old": ""}).headers["location"] == "/you?done=password"
    assert login(client, "another good one")["to"] == "/"


def test_a_strangers_new_password_is_refused(client: Client) -> None:
    assert client.post("/api/password", data=NEW).status_code == 401
