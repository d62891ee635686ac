"""Who may do what: every handler and every endpoint, asked by everybody over the wire.

The tables below are the decision. What is not in them fails here, so an addition is a decision too.
"""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from tests.integration.api.conftest import PASSWORD, ROOT, Console, endpoints, serving
from tests.integration.api.raw_socket import RawSocket
from tests.integration.api.test_console_handlers import FRAMEWORKS_OWN, handlers
from webapp.core.policies import keys
from webapp.core.policies.keys import OPENINGS, Opening, Scope
from webapp.core.policies.roles import Role

PEOPLE = {"vera": Role.VIEWER, "otto": Role.OPERATOR, "petra": Role.APPROVER, "ada": Role.ADMIN}
NOBODY: dict[str, Any] = {"form": {"person": "nobody-here", "name": ""}}
FORM: dict[str, Any] = {"form": {}}
NAMED: dict[str, Any] = {"name": "nothing"}
HANDLERS: dict[Role, dict[str, dict[str, Any]]] = {
    Role.VIEWER: {
        "audit.find": FORM, "audit.open": {}, "audit.pick": {"name": "x", "value": "y"}, "calibration.open": {},
        "connect.open": {}, "drift.open": {}, "fleet.find": {"words": "x"}, "fleet.open": {},
        "ghosts.move": {"tick": "0"}, "incidents.find": FORM,
        "incidents.open": {}, "incidents.pick": {"name": "x", "value": "y"}, "inventory.download": {},
        "inventory.find": FORM, "inventory.open": {}, "jobs.open": {}, "keys.open": {},
        "maintenance.ask": {"kind": "x"}, "maintenance.edit": {"name": "x", "text": "y"}, "maintenance.open": {},
        "maintenance.toggle": {"day": "x"}, "models.ask": {"at": "x"}, "models.open": {},
        "notifications.open": {}, "notifications.pick_kind": {"kind": "x"},
        "retention.edit": {"_text": "x"},
        "palette.ask": {"words": "x"}, "people.open": {}, "retention.open": {}, "scenarios.add": {"text": "x"},
        "scenarios.edit": {"name": "x", "text": "y"}, "scenarios.leave_add": {"text": ""}, "scenarios.open": {},
        "training.edit_schedule": {"name": "x", "text": "y"}, "training.open": {},
        "scenarios.pick_kind": {"kind": "x"}, "scenarios.slide": {"value": 1}, "server.drop_ghost": {},
        "server.keep_ghost": {}, "server.open": {}, "shell.open": {},
        "thresholds.open": {}, "you.end": {"number": 0}, "you.end_others": {}, "you.open": {},
    },
    Role.OPERATOR: {
        "inventory.apply_rules": {}, "inventory.restore": FORM, "inventory.retire": FORM, "inventory.set_graph": FORM,
        "inventory.set_needs": FORM, "inventory.set_profile": FORM, "inventory.try_rules": FORM,
        "maintenance.cancel": {"window": 0}, "maintenance.put_back": {"window": 0, "instead_of": 0},
        "jobs.ask": {"act": "x", "queue": "x", "subject": "x"}, "jobs.confirm": FORM,
        "maintenance.save": FORM, "maintenance.set_zone": FORM, "server.end_maintenance": {}, "server.maintain": FORM,
        "shell.explain_stop": FORM,
        "palette.act": {"key": "nothing"}, "scenarios.push": {}, "scenarios.restore": {}, "scenarios.start": FORM,
        "scenarios.stop_everything": {}, "server.degrade": FORM, "server.restore": {}, "shell.allow_injection": FORM,
        "shell.pause": {}, "shell.resume": {}, "shell.set_speed": {"speed": "1"}, "shell.stop_injection": {},
        "training.cancel": FORM, "training.request": FORM, "training.resume": {"run": 0}, "training.run_now": FORM,
    },
    Role.APPROVER: {
        "drift.restart": FORM, "drift.save": FORM, "calibration.switch_rollback": FORM,
        "models.approve": FORM, "models.reject": FORM, "models.roll_back": FORM, "thresholds.pick": {"draft": "x"},
        "thresholds.save": FORM, "thresholds.try_limit": {"text": "x"}, "training.save_schedule": FORM,
    },
    Role.ADMIN: {
        "connect.connect": {}, "connect.pause": NAMED, "connect.remove": NAMED, "connect.resume": NAMED,
        "connect.try_out": FORM, "inventory.merge": FORM, "inventory.rename": FORM, "inventory.separate": FORM,
        "keys.ask": NAMED, "keys.make": FORM, "keys.revoke": FORM, "models.set_policy": FORM, "notifications.add": FORM,
        "notifications.remove": NAMED, "notifications.set_enabled": {**NAMED, "enabled": True},
        "notifications.set_topic": {**NAMED, "topic": "x", "on": True}, "notifications.test": NAMED,
        "retention.apply": {}, "retention.reset_limit": NAMED, "retention.sweep_now": {}, "retention.try_out": FORM,
        "people.add": NOBODY,
        "people.disable": NOBODY, "people.enable": {"name": "nobody-here"}, "people.end_sessions": {"name": "x"},
        "people.issue_link": {"name": "nobody-here"}, "people.set_password": NOBODY, "people.set_role": NOBODY,
        "people.unlock": {"name": "nobody-here"},
    },
}  # fmt: skip
"""Each handler under the weakest role that may run it, with words that are understood and change nothing here."""
REPORTS = "reflex___state____state.reflex___state____frontend_event_exception_state.handle_frontend_exception"
"""Error reports of the browser's script: for people who are signed in; a stranger hears nothing."""

ACTING = {"retention.sweep_now"}
"""Does something whenever it may, so here only those who may not say it."""

ANYBODY = {
    ("GET", "/healthz"), ("HEAD", "/healthz"), ("GET", "/readyz"), ("GET", "/info"), ("GET", "/metrics"),
    ("POST", "/api/login"), ("POST", "/api/logout"), ("GET", "/auth/link"), ("GET", "/auth/oidc"),
    ("GET", "/auth/oidc/callback"),
}  # fmt: skip
CALLERS = {"a stranger", *PEOPLE, *(f"key:{scope}" for scope in Scope)}


def may(opening: Opening) -> set[str]:
    """Whom the product's own table lets in, as the callers of this file; the roles and scopes are decided there."""
    people = {name for name, role in PEOPLE.items() if opening.role is not None and role.covers(opening.role)}
    return people | {f"key:{scope}" for scope in Scope if keys.opens({scope}, opening)}


MAY: dict[tuple[str, str], set[str]] = {
    **{(one.split()[0], one.split()[1]): may(opening) for one, opening in OPENINGS.items()},
    **dict.fromkeys(ANYBODY, CALLERS),
}


def names_what_is_needed(method: str, path: str, detail: str) -> bool:
    """Whether a refusal says which role or which scope would do."""
    opening = OPENINGS[f"{method} {path}"]
    wanted = [f"scope {scope}" for scope in opening.scopes] + [f"the role {opening.role}", "Sign in first", "sign in."]
    return any(words in detail for words in wanted)


_SEED = """
from webapp.core.db import migrate
from webapp.core.policies.roles import Role
migrate()
from webapp.core.services import people
for name, role in {people}.items():
    people.add(name, Role(role), "{password}", "test")
"""
LEAVERS = {"leah": Role.ADMIN, "dora": Role.ADMIN, "dave": Role.ADMIN}
"""Administrators of whom one signs out, one is disabled and one becomes a viewer, with their sockets open."""


def full(short: str) -> str:
    module, _, name = short.partition(".")
    return f"reflex___state____state.webapp___state___{module}____{module}.{name}"


EXPECTED = {full(short): role for role, found in HANDLERS.items() for short in found} | {REPORTS: Role.VIEWER}
PAYLOADS = {full(short): payload for found in HANDLERS.values() for short, payload in found.items()}
PAYLOADS[REPORTS] = {"info": "x", "component_stack": "y"}


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """The real console, with people of every role."""
    people = {name: role.value for name, role in {**PEOPLE, **LEAVERS}.items()}
    seed = _SEED.replace("{people}", json.dumps(people).replace("{", "{{").replace("}", "}}"))
    with serving(tmp_path_factory.mktemp("real"), "webapp.main:app", seed) as console:
        yield console
        for one in console.open:
            one.close()


def test_every_handler_and_every_endpoint_has_its_place_in_the_tables() -> None:
    marked = {name: role for name, role in handlers().items() if name.rpartition(".")[2] not in FRAMEWORKS_OWN}
    assert marked == EXPECTED
    assert set(endpoints()) == set(MAY)


def answers(socket: RawSocket, names: Iterator[str] | list[str]) -> dict[str, str]:
    """What each handler is answered, in the order in which they are asked."""
    said = {}
    for name in names:
        socket.seen.clear()
        socket.send(name, PAYLOADS.get(name, {}))
        socket._fence()
        said[name] = "\n".join(socket.seen)
    return said


@pytest.mark.parametrize("name", ["", *PEOPLE])
def test_a_handler_runs_for_its_role_and_names_it_to_everybody_else(real: Console, name: str) -> None:
    role = PEOPLE.get(name)
    socket = real.socket(real.session(name) if name else "")
    before, wrong = changes(real), []
    acting = {full(one) for one in ACTING if role is Role.ADMIN}
    for handler, said in answers(socket, [one for one in EXPECTED if one not in acting]).items():
        needed = EXPECTED[handler]
        if role is not None and role.covers(needed):
            fine = "This needs the role" not in said and "Sign in first" not in said
        elif role is not None:
            fine = f"This needs the role {needed}; you are signed in as {role}." in said
        elif handler == REPORTS:
            fine = "_redirect" not in said
        else:
            fine = "/sign-in?next=" in said and (needed is Role.VIEWER or f"this needs the role {needed}" in said)
        if not fine:
            wrong.append((handler, said[:300]))
    assert wrong == []
    assert changes(real) == before


@pytest.mark.parametrize("name", ["", "ada"])
def test_what_the_framework_makes_for_every_state_is_open_to_nobody(real: Console, name: str) -> None:
    own = [one for one in handlers() if one.rpartition(".")[2] in FRAMEWORKS_OWN]
    said = answers(real.socket(real.session(name) if name else ""), own)
    assert [one for one, text in said.items() if "This action is not open to anyone." not in text] == []


def sockets_for_all(console: Console, name: str) -> tuple[str, dict[str, RawSocket]]:
    """An open socket for each handler, all of one session."""
    cookie = console.sign_in(name)
    return cookie, {handler: console.socket(cookie) for handler in EXPECTED}


def last_words(socket: RawSocket, handler: str) -> str:
    """What is said to a call, until the server closes the connection."""
    words = []
    try:
        socket.send(handler, PAYLOADS.get(handler, {}))
        while (text := socket.read(10)) is not None and not text.startswith("41"):
            words.append(text)
    except ConnectionClosed:
        pass
    return "\n".join(words)


def printed(console: Console, program: str) -> str:
    """What a program prints that works on the console's data."""
    environment = {"FOREWARN_DATA_DIR": str(console.folder), "PATH": "/usr/bin"}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return done.stdout


def changes(console: Console) -> list[tuple[str, str]]:
    """Actor and action of every entry of the audit."""
    with closing(sqlite3.connect(f"file:{console.folder / 'forewarn.db'}?mode=ro", uri=True)) as connection:
        return connection.execute("SELECT actor, action FROM audit_entries ORDER BY id").fetchall()


def test_after_signing_out_an_open_socket_runs_nothing(real: Console) -> None:
    cookie, opened = sockets_for_all(real, "leah")
    real.sign_out(cookie)
    before = changes(real)
    said = {handler: last_words(socket, handler) for handler, socket in opened.items()}
    assert [handler for handler, words in said.items() if "/sign-in?error=ended" not in words] == []
    assert changes(real) == before


def test_after_being_disabled_an_open_socket_runs_nothing(real: Console) -> None:
    _, opened = sockets_for_all(real, "dora")
    with closing(real.socket(real.session("ada"))) as admin:
        admin.ask(full("people.disable"), {"form": {"person": "dora", "reason": "left"}})
    before = changes(real)
    assert before[-1] == ("ada", "disable")
    said = {handler: last_words(socket, handler) for handler, socket in opened.items()}
    assert [handler for handler, words in said.items() if "/sign-in?error=ended" not in words] == []
    assert changes(real) == before


def test_after_losing_a_role_an_open_socket_runs_and_shows_nothing(real: Console) -> None:
    cookie = real.sign_in("dave")
    socket = real.socket(cookie)
    assert "petra" in socket.ask(full("people.open"))
    with closing(real.socket(real.session("ada"))) as admin:
        admin.ask(full("people.set_role"), {"form": {"person": "dave", "role": "viewer", "reason": "rotation"}})
    assert "location.reload()" in last_words(socket, full("people.open"))
    again = real.socket(cookie, socket.token)
    assert "petra" not in again.hydrate("/settings/people") + again.ask(full("people.open"))


@pytest.fixture(scope="module")
def callers(real: Console) -> dict[str, dict[str, str]]:
    """Headers of everybody who could call an endpoint."""
    issue = "print(*(keys.issue(one.value, [one.value], 'test') for one in Scope))"
    found = printed(
        real, f"from webapp.core.policies.keys import Scope; from webapp.core.services import keys; {issue}"
    )
    made = {f"key:{scope}": secret for scope, secret in zip(Scope, found.split(), strict=True)}
    return {
        "a stranger": {},
        **{name: {"Cookie": f"fw_session={real.session(name)}"} for name in PEOPLE},
        **{name: {"Authorization": f"Bearer {key}"} for name, key in made.items()},
    }


@pytest.mark.parametrize("caller", sorted(CALLERS))
def test_an_endpoint_answers_its_callers_and_says_what_others_lack(
    real: Console, callers: dict[str, dict[str, str]], caller: str
) -> None:
    wrong = []
    for (method, path), allowed in MAY.items():
        if path == "/api/logout":
            continue  # it would end the session that the next call needs; test_sign_in goes through it
        url = real.url + path.format(
            name="ppweb001", slug="nothing", window_id=1, evidence_id=1, profile="web", metric="cpu_pct"
        )
        answer = httpx.request(method, url, headers={"Accept": "application/json", **callers[caller]})
        refused = answer.status_code in (401, 403) and path != "/api/login"
        named = refused and names_what_is_needed(method, path, answer.json()["detail"])
        if refused == (caller in allowed) or refused != named:
            wrong.append((method, path, answer.status_code, answer.text[:200]))
    assert wrong == []


WALT: dict[str, Any] = {"person": "walt", "reason": "a walk"}
WALK: list[tuple[str, dict[str, Any], str]] = [
    ("people.add", {"form": {"name": "walt", "role": "viewer", "password": "another good one"}}, "add"),
    ("people.set_role", {"form": {**WALT, "role": "operator"}}, "set_role"),
    ("people.set_password", {"form": {**WALT, "password": "a better one still"}}, "set_password"),
    ("people.issue_link", {"name": "walt"}, "issue"),
    ("people.end_sessions", {"name": "walt"}, "end"),
    ("people.disable", {"form": WALT}, "disable"),
    ("people.enable", {"name": "walt"}, "enable"),
    ("people.unlock", {"name": "walt"}, "unlock"),
    ("you.end_others", {}, "end"),
]
"""Every handler of the pages People and You that changes something, in an order in which each can."""


def test_every_change_of_people_leaves_one_entry_and_a_refused_one_none(real: Console) -> None:
    operator, admin = real.socket(real.session("otto")), real.socket(real.session("ada"))
    for short, payload, action in WALK:
        if action == "unlock":
            for _ in range(5):
                httpx.post(f"{real.url}/api/login", data={"name": "walt", "password": "wrong"})
        elif short == "you.end_others":
            real.sign_in("ada")
        before = changes(real)
        if not short.startswith("you."):
            assert "This needs the role admin" in operator.ask(full(short), payload)
            assert changes(real) == before, short
        admin.ask(full(short), payload)
        assert changes(real)[len(before) :] == [("ada", action)], short


REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("people.add", {"form": {"name": "two words", "role": "viewer", "password": "short"}}),
    ("people.add", {"form": {"name": ["walt"], "role": None}}),
    ("people.add", {"form": {"name": "wanda", "role": "owner", "password": "another good one"}}),
    ("people.set_role", {"form": {"person": "ada", "role": "viewer"}}),
    ("people.disable", {"form": {"person": "ada"}}),
    ("people.set_password", {"form": {"person": "walt", "password": 5}}),
    ("people.issue_link", {"name": {"a": 1}}),
    ("you.end", {"number": 999_999}),
    ("you.end", {"number": "1 OR 1"}),
    ("you.end", {"number": 2**80}),
]


@pytest.mark.parametrize(("short", "payload"), REFUSED)
def test_what_cannot_be_done_changes_nothing(real: Console, short: str, payload: dict[str, Any]) -> None:
    before = changes(real)
    real.socket(real.session("ada")).ask(full(short), payload)
    assert changes(real) == before


def test_nothing_that_was_asked_was_a_bug_and_no_password_is_in_the_log(real: Console) -> None:
    log = (real.folder / "log").read_text()
    assert PASSWORD not in log
    assert [line[-110:] for line in log.splitlines() if "Traceback" in line] == []
