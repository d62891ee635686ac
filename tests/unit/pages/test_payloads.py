"""What an event may carry, as the guard judges it before any handler runs."""

from typing import Any

import pytest

from webapp.state import payloads


async def handler(state: object, name: str, form: dict[str, Any], often: int = 1) -> None:
    """As handlers are written."""


async def texts(state: object, form: dict[str, str]) -> None:
    """A form of texts alone."""


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
        ({"form": {str(one): "x" for one in range(1001)}}, "The form of this action holds more than 1,000 values."),
        ({"form": {"kind": "a\0b"}}, "kind holds a character that cannot be stored."),
        ({"form": {"kind": "\ud800"}}, "kind holds a character that cannot be stored."),
        ({"form": {"kind": {"deep": 1}}}, "kind holds more than a field can."),
        ({"form": {"hosts": [["deep"]]}}, "hosts holds more than a field can."),
    ],
)
def test_anything_else_is_refused_with_the_name_of_the_field(wrong: dict[str, object], sentence: str) -> None:
    assert payloads.problem(handler, {**FORM, **wrong}) == sentence


WRAPPED = "__reflex_form_data__"


def test_a_form_as_a_browser_sends_it_is_looked_into() -> None:
    fine = {"name": "ann", "form": {WRAPPED: [["kind", "leak"], ["kind", "disk"]]}}
    assert payloads.problem(handler, fine) is None
    assert payloads.problem(texts, {"form": {WRAPPED: [["reason", "because"]]}}) is None
    nul = {"name": "ann", "form": {WRAPPED: [["kind", "a\0b"]]}}
    assert payloads.problem(handler, nul) == "kind holds a character that cannot be stored."


@pytest.mark.parametrize("entries", ["x", [1], [["kind"]], [[1, "x"]], {"kind": "x"}, [["a", "b"]] * 2000])
def test_pairs_that_are_none_are_refused(entries: object) -> None:
    said = payloads.problem(handler, {"name": "ann", "form": {WRAPPED: entries}})
    assert said == "The form of this action holds what no form sends."


def test_what_a_handler_needs_has_to_be_there() -> None:
    assert payloads.problem(handler, {"name": "ann"}) == "This action needs its form."


def test_a_form_of_texts_takes_nothing_else() -> None:
    assert payloads.problem(texts, {"form": {"reason": True}}) == "Every field of the form has to be a text."


async def anything(state: object, form: object) -> None:
    """A handler that looks into its form itself."""


def test_a_malformed_form_is_refused_whatever_the_handler_says_it_takes() -> None:
    told = payloads.problem(anything, {"form": {"__reflex_form_data__": 7}})
    assert told == "The form of this action holds what no form sends."
