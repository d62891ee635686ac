"""What an event may carry, as the guard judges it before any handler runs."""

from typing import Any

import pytest

from webapp.state import payloads


async def handler(state: object, name: str, form: dict[str, Any], often: int = 1) -> None:
    """As handlers are written."""


async def texts(state: object, form: dict[str, str]) -> None:
    """A form of texts alone."""


def submitted(*entries: object) -> dict[str, object]:
    """A form as a browser sends it: names and values in order, under one key."""
    return {"__reflex_form_data__": list(entries)}


FORM: dict[str, object] = {"name": "ann", "form": {"kind": "leak", "intensity": 80, "hosts": ["a", "b"]}}


def test_what_a_handler_takes_is_let_through() -> None:
    assert payloads.problem(handler, FORM) is None
    assert payloads.problem(handler, {**FORM, "often": 2}) is None
    assert payloads.problem(texts, {"form": {"reason": "because"}}) is None


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"surprise": 1}, "This action takes no surprise."),
        ({"name": 7}, "The name of this action has to be a text."),
        ({"form": "none"}, "The form of this action has to be a form."),
        ({"often": True}, "The often of this action has to be a number."),
        ({"name": "x" * 20_001}, "name is longer than 20,000 characters."),
        ({"form": {"kind": "a\0b"}}, "kind holds a character that cannot be stored."),
        ({"form": {"kind": "\ud800"}}, "kind holds a character that cannot be stored."),
        ({"form": {"kind": {"deep": 1}}}, "kind holds more than a field can."),
        ({"form": {"hosts": [["deep"]]}}, "hosts holds more than a field can."),
    ],
)
def test_anything_else_is_refused_with_the_name_of_the_field(wrong: dict[str, object], sentence: str) -> None:
    assert payloads.problem(handler, {**FORM, **wrong}) == sentence


def test_what_a_handler_needs_has_to_be_there() -> None:
    assert payloads.problem(handler, {"name": "ann"}) == "This action needs its form."


def test_a_form_of_texts_takes_nothing_else() -> None:
    assert payloads.problem(texts, {"form": {"reason": True}}) == "Every field of the form has to be a text."


def test_a_form_that_a_browser_sends_is_judged_by_its_fields() -> None:
    assert payloads.problem(texts, {"form": submitted(["reason", "because"], ["reason", "again"])}) is None
    assert payloads.problem(texts, {"form": submitted(["reason", 7])}) == "Every field of the form has to be a text."
    told = payloads.problem(handler, {**FORM, "form": submitted(["kind", {"deep": 1}])})
    assert told == "kind holds more than a field can."


@pytest.mark.parametrize(
    "sent",
    [submitted("reason"), submitted(["reason"]), submitted([1, "a"]), {"__reflex_form_data__": 7},
     {**submitted(["reason", "a"]), "other": "b"}],
)  # fmt: skip
def test_what_only_looks_like_a_submitted_form_is_refused(sent: object) -> None:
    assert payloads.problem(texts, {"form": sent}) == "The form of this action has to be a form."
