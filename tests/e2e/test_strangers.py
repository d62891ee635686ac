"""Somebody who is not signed in names the console's operator handlers on its event socket."""

from collections.abc import Callable

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from tests.e2e.conftest import SPEED, STREAM, command
from tests.integration.api.raw_socket import RawSocket
from tests.integration.infra.console import Console

_STATE = "reflex___state____state.webapp___state___"
HANDLERS = {
    f"{_STATE}server____server.degrade": {"form": {"kind": "critical", "duration": "60"}},
    f"{_STATE}server____server.restore": {},
    f"{_STATE}scenarios____scenarios.start": {"form": {"kind": "critical"}},
    f"{_STATE}scenarios____scenarios.push": {},
    f"{_STATE}scenarios____scenarios.stop_everything": {},
    f"{_STATE}shell____shell.stop_injection": {},
    f"{_STATE}shell____shell.allow_injection": {"form": {"reason": "because"}},
    f"{_STATE}shell____shell.set_speed": {"speed": "1"},
    f"{_STATE}shell____shell.pause": {},
}


@pytest.mark.parametrize("handler", HANDLERS)
def test_an_anonymous_call_is_refused(handler: str, console: Console) -> None:
    stranger = RawSocket(console.port)
    try:
        answer = stranger.ask(handler, HANDLERS[handler])
    finally:
        stranger.close()
    # The sentence shows that the handler exists and was found: an unknown one is answered with nothing.
    assert "Sign in first: this needs the role operator" in answer
    assert STREAM not in answer


def test_an_operator_with_the_same_words_is_heard(console: Console, cookies: Callable[[str], dict[str, str]]) -> None:
    """The proof that the refusals above refuse something that works."""
    person = RawSocket(console.port, cookies("otto")["value"])
    try:
        person.hydrate()
        assert "The clock of fleet-demo is paused." in person.ask(f"{_STATE}shell____shell.pause")
        assert "The clock of fleet-demo runs on." in person.ask(f"{_STATE}shell____shell.resume")
    finally:
        person.close()


def test_what_strangers_tried_changed_nothing(console: Console) -> None:
    headers = {"Authorization": f"Bearer {command(console, 'key', 'add', 'reader', '--scope', 'read')}"}
    found = httpx.get(f"{console.url}/api/v1/streams", headers=headers).raise_for_status().json()
    demo = next(one for one in found if one["slug"] == STREAM)
    assert (demo["speed"], demo["paused"]) == (SPEED, False)


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://127.0.0.1", "http://127.0.0.1.evil.example:{port}", "http://localhost:1"],
)
def test_a_page_of_another_site_opens_no_socket(
    console: Console, cookies: Callable[[str], dict[str, str]], origin: str
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        RawSocket(console.port, cookies("otto")["value"], origin=origin.format(port=console.port))
    assert refused.value.response.status_code == 403
    polled = httpx.get(
        f"{console.url}/_event/?EIO=4&transport=polling",
        headers={"Origin": origin.format(port=console.port), "Cookie": f"fw_session={cookies('otto')['value']}"},
    )
    assert polled.status_code == 403


def test_a_page_of_this_console_opens_one(console: Console, cookies: Callable[[str], dict[str, str]]) -> None:
    person = RawSocket(console.port, cookies("otto")["value"], origin=console.url)
    person.close()
