"""Every way in from outside: what changes something leaves entries that name who did it, a refusal leaves none.

The handlers of the pages are walked through in tests/e2e/test_audit.py, against a console that runs.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from tests.integration.api.conftest import Client, both
from webapp.cli.app import app
from webapp.cli.people import whoami
from webapp.core import clock
from webapp.core.policies.roles import Role
from webapp.core.services import audit, keys, people, telemetry, users

pytestmark = pytest.mark.usefixtures("kept_environment")
PASSWORD = "correct horse battery"
SLUG = "others"
OURS, MINE, WHY = ["--stream", SLUG], ["--stream", "mine"], ["--reason", "a test"]
RIGHT, WRONG = ({"name": "ann", "password": one} for one in (PASSWORD, "wrong"))
FOLLOWED = {("GET", "/auth/link"), ("GET", "/auth/oidc/callback")}
"""Links that are followed change something all the same; test_oidc.py reads what the second leaves."""
THRESHOLD = {(method, "/api/v1/streams/{slug}/thresholds/{profile}/{metric}") for method in ("PUT", "DELETE")}
CHANGING = {
    ("POST", "/api/login"),
    ("POST", "/api/logout"),
    ("POST", "/api/password"),
    ("POST", "/api/v1/telemetry"),
    *FOLLOWED,
    *THRESHOLD,
    ("POST", "/api/v1/streams/{slug}/maintenance"),
    ("DELETE", "/api/v1/streams/{slug}/maintenance/{window_id}"),
}
ASKING = {("POST", "/api/v1/predict")}
"""What is a POST for the size of its question alone: test_unwatched.py sees that it leaves nothing."""

Left = Callable[[], list[tuple[str, str]]]


@pytest.fixture
def left(client: Client) -> Iterator[Left]:
    """Actor and action of the entries since the last call, oldest first; at the end the chain has to hold."""
    people.add("ann", Role.OPERATOR, PASSWORD, "test")
    people.add("ada", Role.APPROVER, PASSWORD, "test")
    for name in ("web-1", "web-2", "pg-1"):
        telemetry.receive(SLUG, {"rows": [row(10) | {"asset": name}]}, "key:test")
    seen = [audit.entries(limit=1)[0].id]

    def since() -> list[tuple[str, str]]:
        new = [one for one in audit.entries() if one.id > seen[0]]
        seen[0] = max([one.id for one in new], default=seen[0])
        return [(one.actor, one.action) for one in reversed(new)]

    yield since
    assert audit.verify().broken is None


def row(minutes: float) -> dict[str, object]:
    return {"asset": "ppweb001", "at": (clock.now() - timedelta(minutes=minutes)).isoformat(), "cpu_pct": 1.0}


def test_the_endpoints_that_change_something_are_the_ones_tested_here(client: Client) -> None:
    reads = {"GET", "HEAD", "OPTIONS"}
    paths: dict[str, dict[str, object]] = client.api.openapi()["paths"]
    found = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert {one for one in found if one[0] not in reads} | FOLLOWED == CHANGING | ASKING


@both
def test_signing_in_and_out_leave_one_entry_each(client: Client, left: Left) -> None:
    client.post("/api/login", data=WRONG)
    assert left() == []
    client.post("/api/login", data=RIGHT)
    assert left() == [("ann", "sign_in")]
    client.post("/api/logout")
    assert left() == [("ann", "sign_out")]
    client.post("/api/logout")
    assert left() == []


@both
def test_a_new_password_of_ones_own_leaves_one_entry(client: Client, left: Left) -> None:
    client.post("/api/login", data=RIGHT)
    assert left() == [("ann", "sign_in")]
    new = {"old": PASSWORD, "new": "another good one", "again": "another good one"}
    for wrong in ({"old": "wrong"}, {"again": "differs"}, {"new": "short", "again": "short"}):
        client.post("/api/password", data={**new, **wrong})
        assert left() == []
    client.post("/api/password", data=new)
    assert left() == [("ann", "set_password")]


@both
def test_a_link_signs_in_once_and_is_on_record_once(client: Client, left: Left) -> None:
    token = users.issue_link()
    assert left() == [("forewarn", "add"), ("forewarn", "issue")]
    client.get("/auth/link", params={"token": token})
    assert left() == [("admin", "sign_in")]
    client.get("/auth/link", params={"token": token})
    assert left() == []


@both
def test_a_batch_leaves_entries_only_for_what_it_makes(client: Client, left: Left) -> None:
    secret = keys.issue("feeder", ["telemetry"], "ann")
    assert left() == [("ann", "issue")]
    assert client.push({"rows": [row(10)]}, "fw_wrong").status_code == 401
    assert left() == []
    answer = client.push({"rows": [row(10)]}, secret)
    assert (answer.status_code, left()) == (201, [("key:feeder", "create"), ("key:feeder", "add")])
    more = client.push({"rows": [row(5)]}, secret)
    assert (more.status_code, more.json()["rows"], left()) == (201, 1, [])


NIGHTS = ["--profile", "all", "--days", "sun", "--start", "02:00", "--duration", "2 h"]
COMMANDS = [
    (["user", "add", "bob", "--role", "viewer", "--password-stdin"], "another good one\n", "add"),
    (["user", "role", "bob", "operator"], "", "set_role"),
    (["user", "password", "bob"], "a better one still\n", "set_password"),
    (["user", "disable", "bob"], "", "disable"),
    (["user", "enable", "bob"], "", "enable"),
    (["user", "link", "bob"], "", "issue"),
    (["key", "add", "agent", "--days", "30"], "", "issue"),
    (["key", "revoke", "agent"], "", "revoke"),
    (["thresholds", "set", "web", "cpu_pct", "80", "--reason", "hot", "--stream", "mine"], "", "set"),
    (["thresholds", "reset", "web", "cpu_pct", "--reason", "cool", "--stream", "mine"], "", "reset"),
    (["server", "profile", "web-1", "cache", *OURS], "", "set_profile"),
    (["server", "depends", "web-1", "--on", "pg-1", *OURS], "", "set_dependencies"),
    (["server", "rename", "web-1", "shop-1", *OURS, *WHY], "", "rename"),
    (["server", "retire", "web-1", *OURS, *WHY], "", "retire"),
    (["server", "restore", "shop-1", *OURS, *WHY], "", "restore"),
    (["server", "merge", "web-2", "shop-1", *OURS, *WHY], "", "merge"),
    (["server", "separate", "web-2", *OURS, *WHY], "", "separate"),
    (["stream", "zone", "mine", "Europe/Berlin"], "", "set zone"),
    (["maintenance", "add", "patch", *NIGHTS, "--stream", "mine"], "", "add"),
    (["maintenance", "cancel", "1", "--stream", "mine", "--reason", "moved"], "", "cancel"),
    (["notify", "add", "ops", "slack"], "http://127.0.0.1:1/hook\n", "add"),
    (["notify", "remove", "ops"], "", "remove"),
    (["train", "--stream", "mine", "--days", "3", "--reason", "drift"], "", "train"),
    (["model", "automatic-rollback", "off", "--stream", "mine", *WHY], "", "set automatic rollback"),
    (["training", "cancel", "1", "--reason", "later"], "", "cancel"),
    (["model", "policy", "--promotion", "automatic", "--stream", "mine", *WHY], "", "set_promotion"),
    (["training", "resume", "1", "--reason", "now"], "", "resume"),
    (["schedule", "set", "30 3 * * 1-5", "--days", "14", *MINE, *WHY], "", "set"),
    (["schedule", "off", *MINE, *WHY], "", "set"),
    (["schedule", "on", *MINE, *WHY], "", "set"),
]


@pytest.fixture
def mine(client: Client) -> None:
    """A stream of pushed telemetry."""
    client.push({"rows": [row(10)]}, keys.issue("feeder", ["telemetry"], "ann"), params={"stream": "mine"})


@both
@pytest.mark.usefixtures("mine")
def test_a_threshold_that_changes_leaves_one_entry_and_a_refused_one_none(client: Client, left: Left) -> None:
    path = "/api/v1/streams/mine/thresholds/web/cpu_pct"
    left()
    for name, status in (("ann", 403), ("ada", 200)):
        client.post("/api/login", data={"name": name, "password": PASSWORD})
        left()
        assert client.call("PUT", path, json={"limit": 80.0, "reason": "hot"}).status_code == status
        assert left() == ([("ada", "set")] if status == 200 else [])
    assert client.call("DELETE", path, params={"reason": ""}).status_code == 422
    assert left() == []
    assert client.call("DELETE", path, params={"reason": "cool"}).status_code == 200
    assert left() == [("ada", "reset")]


@both
@pytest.mark.usefixtures("mine")
def test_each_command_that_changes_something_leaves_one_entry(left: Left) -> None:
    telemetry.receive("mine", {"rows": [row(5)]}, "test")
    left()
    for words, said, action in COMMANDS:
        assert CliRunner().invoke(app, words, input=said).exit_code == 0, words
        assert left() == [(whoami(), action)], words


UNCHANGED = [
    ["stream", "zone", "mine", "default"],
    ["model", "automatic-rollback", "on", "--stream", "mine", "--reason", "x"],
    ["schedule", "on", *MINE, *WHY],
]
"""Commands that find everything as they want it."""
REFUSED = [
    (["user", "add", "ann"], "another good one\n"),
    (["user", "add", "bob"], "short\n"),
    (["user", "role", "nobody", "viewer"], ""),
    (["user", "role", "ann", "owner"], ""),
    (["user", "password", "nobody"], "another good one\n"),
    (["user", "disable", "nobody"], ""),
    (["user", "disable", "root"], ""),
    (["user", "role", "root", "viewer"], ""),
    (["user", "enable", "nobody"], ""),
    (["user", "unlock", "nobody"], ""),
    (["user", "link", "nobody"], ""),
    (["key", "add", "agent", "--scope", "everything"], ""),
    (["key", "add", "agent", "--days", "0"], ""),
    (["key", "revoke", "agent"], ""),
    (["thresholds", "set", "web", "cpu_pct", "0", "--reason", "hot", "--stream", "mine"], ""),
    (["thresholds", "set", "web", "cpu_pct", "80", "--reason", "hot", "--stream", "nowhere"], ""),
    (["thresholds", "reset", "web", "cpu_pct", "--reason", " ", "--stream", "mine"], ""),
    (["server", "profile", "web-1", "toaster", *OURS], ""),
    (["server", "depends", "web-1", "--on", "web-1", *OURS], ""),
    (["server", "rename", "web-1", "web-2", *OURS, *WHY], ""),
    (["server", "retire", "web-1", *OURS], ""),
    (["server", "restore", "web-1", *OURS, *WHY], ""),
    (["server", "merge", "web-1", "nobody", *OURS, *WHY], ""),
    (["server", "separate", "web-1", *OURS, *WHY], ""),
    (["server", "rules", "--from", "nowhere", "--apply", *OURS], ""),
    (["stream", "zone", "mine", "Mars/Base"], ""),
    *((words, "") for words in UNCHANGED),
    (["stream", "zone", "nowhere", "UTC"], ""),
    (["maintenance", "add", "patch", *NIGHTS], ""),
    (["maintenance", "add", " ", *NIGHTS, "--stream", "mine"], ""),
    (["maintenance", "add", "patch", *NIGHTS, "--servers", "ppweb001", "--stream", "mine"], ""),
    (["maintenance", "cancel", "9", "--stream", "mine"], ""),
    (["notify", "add", "ops", "fax"], "x\n"),
    (["notify", "add", "ops", "slack"], ""),
    (["notify", "add", "ops", "slack"], "http://169.254.169.254/\n"),
    (["notify", "test", "ops"], ""),
    (["rollback", "--stream", "mine", "--reason", "worse"], ""),
    (["approve", "1.1.0", "--stream", "mine", *WHY], ""),
    (["reject", "1.1.0", "--stream", "mine", *WHY], ""),
    (["model", "policy", "--promotion", "maybe", "--stream", "mine", *WHY], ""),
    (["model", "policy", "--promotion", "automatic", "--stream", "mine", "--reason", " "], ""),
    (["train", "--stream", "mine", "--days", "1"], ""),
    (["model", "automatic-rollback", "perhaps", "--stream", "mine", *WHY], ""),
    (["model", "automatic-rollback", "off", "--stream", "mine", "--reason", " "], ""),
    (["model", "automatic-rollback", "off", "--stream", "nowhere", *WHY], ""),
    (["training", "cancel", "9"], ""),
    (["training", "resume", "9"], ""),
    (["notify", "remove", "ops"], ""),
    (["schedule", "set", "0 25 * * *", *MINE, *WHY], ""),
    (["schedule", "set", "0 3 * * *", "--zone", "Mars/Base", *MINE, *WHY], ""),
    (["schedule", "set", "0 3 * * *", "--stream", "nowhere", *WHY], ""),
    (["schedule", "off", *MINE, "--reason", " "], ""),
    (["schedule", "run", *MINE, *WHY], ""),
    (["jobs", "requeue", "x", "--reason", "why"], ""),
    (["jobs", "requeue", "x", "--all", "default", "--reason", "why"], ""),
    (["jobs", "requeue", "--all", "nowhere", "--reason", "why"], ""),
    (["jobs", "discard", "x"], ""),
    (["jobs", "run-duty", "retention", "--reason", "why"], ""),
]
"""The broker is away here: what `forewarn jobs` changes, test_dead_letters.py reads."""


@both
def test_unlocking_leaves_an_entry_where_there_is_something_to_unlock(client: Client, left: Left) -> None:
    unlock = ["user", "unlock", "ann"]
    assert (CliRunner().invoke(app, unlock).exit_code, left()) == (0, [])
    for _ in range(5):
        client.post("/api/login", data=WRONG)
    assert left() == [("ann", "paused")]
    assert (CliRunner().invoke(app, unlock).exit_code, left()) == (0, [(whoami(), "unlock")])
    client.post("/api/login", data=RIGHT)
    assert left() == [("ann", "sign_in")]


@both
def test_what_changes_nothing_leaves_none(left: Left) -> None:
    for words in (["user", "role", "ann", "operator"], ["user", "enable", "ann"]):
        assert CliRunner().invoke(app, words).exit_code == 0, words
        assert left() == [], words


@both
@pytest.mark.usefixtures("mine")
def test_a_refused_command_leaves_none(left: Left) -> None:
    people.add("root", Role.ADMIN, PASSWORD, "test")
    telemetry.receive("mine", {"rows": [row(5)]}, "test")
    left()
    for words, said in REFUSED:
        result = CliRunner().invoke(app, words, input=said)
        assert result.exit_code != 0 or words in UNCHANGED, words
        assert left() == [], words
