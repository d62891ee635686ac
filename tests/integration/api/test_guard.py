"""A hostile client on a bare socket: what it may not do does not run, what it may not see is not sent."""

import json
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from tests.integration.api.conftest import Console, serving

APP = "tests___integration___api___guarded_app____"
BOARD = f"reflex___state____state.{APP}board"
WALL = f"reflex___state____state.reflex___istate___shared____shared_state_base_internal.{APP}wall"


@pytest.mark.parametrize("handler", ["degrade", "degrade_later"])
def test_an_anonymous_caller_runs_no_operator_handler_and_reads_which_role_it_needs(
    console: Console, handler: str
) -> None:
    payload = {"server": "ppdb002"} if handler == "degrade" else {}
    said = console.socket().ask(f"{BOARD}.{handler}", payload)
    assert console.ran() == []
    assert "Sign in first: this needs the role operator." in said
    assert "/sign-in?next=" in said


def test_an_anonymous_caller_is_led_to_the_sign_in_page_by_a_page_load(console: Console) -> None:
    said = console.socket().hydrate()
    assert "/sign-in?next=%2F" in said
    assert console.ran() == []


def test_a_viewer_runs_what_is_a_viewers_and_nothing_of_an_operator(console: Console) -> None:
    socket = console.socket(console.session("vera"))
    assert "for vera" in socket.ask(f"{BOARD}.look")
    refused = socket.ask(f"{BOARD}.degrade", {"server": "ppdb002"})
    assert "This needs the role operator; you are signed in as viewer." in refused
    assert console.ran() == ["look"]


def test_an_operator_runs_both_kinds_of_handler(console: Console) -> None:
    socket = console.socket(console.session("otto"))
    socket.ask(f"{BOARD}.degrade", {"server": "ppdb002"})
    socket.ask(f"{BOARD}.degrade_later")
    assert sorted(console.ran()) == ["degrade ppdb002", "degrade_later"]


def test_a_handler_that_a_permitted_one_chains_is_checked_by_itself(console: Console) -> None:
    said = console.socket(console.session("vera")).ask(f"{BOARD}.escalate")
    assert console.ran() == ["escalate"]
    assert "This needs the role operator" in said


@pytest.mark.parametrize("handler", ["unmarked", "setvar"])
def test_a_handler_without_a_mark_runs_for_nobody(console: Console, handler: str) -> None:
    payload = {"var_name": "secret", "value": "mine"} if handler == "setvar" else {}
    said = console.socket(console.session("otto")).ask(f"{BOARD}.{handler}", payload)
    assert "not open to anyone" in said
    assert console.ran() == []


@pytest.mark.parametrize(
    "name",
    [f"{BOARD}.set_secret", f"{BOARD}.no_such", "reflex___state____state.forged.degrade", f"{BOARD}.look.degrade", ""],
)
def test_a_forged_name_reaches_nothing(console: Console, name: str) -> None:
    said = console.socket(console.session("otto")).ask(name, {"value": "mine"})
    assert console.ran() == []
    assert "mine" not in said


def test_client_storage_cannot_set_other_vars(console: Console) -> None:
    name = "reflex___state____state.reflex___state____update_vars_internal_state.update_vars_internal"
    socket = console.socket()
    said = socket.ask(name, {"vars": {f"{BOARD}.secret": "injected", f"{BOARD}.stored": "allowed"}})
    assert "allowed" in said
    assert "injected" not in said + socket.hydrate()


def test_hydrate_tells_an_anonymous_caller_defaults_only(console: Console) -> None:
    console.socket(console.session("vera")).ask(f"{WALL}.join")
    said = console.socket().hydrate()
    assert "private" not in said
    assert "for vera" not in said


def test_the_session_never_becomes_state(console: Console) -> None:
    cookie = console.session("vera")
    said = console.socket(cookie).hydrate()
    assert "for vera" in said
    assert cookie not in said
    assert "fw_session" not in said


@pytest.mark.parametrize("token", ["wall", "fleet|UTC|", "", "../x"])
def test_the_name_of_shared_state_is_no_tab(console: Console, token: str) -> None:
    console.socket(console.session("vera")).ask(f"{WALL}.join")
    said = console.socket(token=token or None).hydrate()
    assert "private" not in said


@pytest.mark.parametrize("closed", [True, False])
def test_a_tab_cannot_be_taken_over_with_its_token(console: Console, closed: bool) -> None:
    mine = console.socket(console.session("vera"))
    assert "for vera" in mine.hydrate()
    if closed:
        mine.close()
    for thief in (console.socket(token=mine.token), console.socket(console.session("otto"), mine.token)):
        said = thief.hydrate()
        assert "for vera" not in said


def test_a_tab_that_comes_back_finds_its_state(console: Console) -> None:
    cookie = console.session("vera")
    first = console.socket(cookie)
    first.hydrate()
    first.close()
    again = console.socket(cookie, first.token)
    said = again.ask("reflex___state____state.hydrate")
    assert "for vera" in said or "new_token" in "\n".join(again.seen)


def test_after_signing_out_an_open_socket_runs_nothing_and_is_led_away(console: Console) -> None:
    cookie = console.sign_in("otto")
    socket = console.socket(cookie)
    socket.hydrate()
    console.forget()
    console.sign_out(cookie)
    socket.send(f"{BOARD}.degrade", {"server": "ppdb002"})
    said = [socket.read() or "" for _ in range(2)]
    assert "/sign-in?error=ended" in said[0]
    assert said[1].startswith("41")
    assert console.ran() == []


def test_an_open_socket_outlives_the_token_it_came_with(tmp_path: Path) -> None:
    with serving(
        tmp_path, "tests.integration.api.guarded_app:app", FOREWARN_SESSION_RENEW_MINUTES="0.00001"
    ) as console:
        before = console.sign_in("vera")
        with closing(console.socket(before)) as socket:
            assert "fetch('/api/v1/me'" in socket.ask(f"{BOARD}.look")
            answer = httpx.get(f"{console.url}/api/v1/me", cookies={"fw_session": before})
            after = answer.cookies["fw_session"]
            assert after != before
            assert "for vera" in socket.hydrate()
        with closing(console.socket(after, socket.token)) as again:
            assert again.token == socket.token
            assert "for vera" in again.ask("reflex___state____state.hydrate") + "\n".join(again.seen)
            console.sign_out(after)
            assert "/sign-in?error=ended" in str(again.read())


@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1:1", "http://localhost", "null"])
def test_a_page_of_another_site_opens_no_socket(console: Console, origin: str) -> None:
    with pytest.raises(InvalidStatus, match="403"):
        console.socket(console.session("otto"), origin=origin)


def test_the_consoles_own_page_opens_a_socket(console: Console) -> None:
    socket = console.socket(console.session("vera"), origin=console.url)
    assert "for vera" in socket.hydrate()


@pytest.mark.parametrize(
    "data", ["5", '["event"]', '["event",5]', '["event",{"name":["x"]}]', '["event",{"name":"%s","payload":[]}]', "{"]
)
def test_malformed_messages_hurt_nobody(console: Console, data: str) -> None:
    hostile, other = console.socket(), console.socket(console.session("vera"))
    hostile.wire.send("42/_event," + data.replace("%s", f"{BOARD}.look"))
    assert "for vera" in other.hydrate()


def test_no_secret_is_in_the_log(console: Console) -> None:
    cookie = console.session("vera")
    console.socket(cookie).ask("forged.name", {"a": 1})
    log = Path(console.folder / "log").read_text()
    assert cookie not in log
    assert json.dumps({"a": 1}) not in log
