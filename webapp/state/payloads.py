"""What an event may carry: what its handler takes, of the kinds that it takes, in texts that can be stored.

A socket client can send anything under any name. Guards that no handler ever sees an argument that it does not know,
another kind of value than it says, or a text that no database takes.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from inspect import Parameter, signature
from typing import Any, Final, get_args, get_origin, get_type_hints

from reflex_base.utils.form import FORM_DATA_ENTRIES_KEY

_LONGEST: Final = 20_000
_MOST: Final = 1_000
_PLAIN: Final = (str, bool, int, float, type(None))


def problem(handler: Callable[..., Any], payload: Mapping[str, object]) -> str | None:
    """Why a payload is refused, as a sentence that names the field; None when the handler may have it."""
    takes = _takes(handler)
    if unknown := next((name for name in payload if name not in takes), None):
        return f"This action takes no {_said(unknown)}."
    if missing := next((name for name, (_, needed) in takes.items() if needed and name not in payload), None):
        return f"This action needs its {missing}."
    for name, given in payload.items():
        if (found := _problem_of(name, takes[name][0], given)) is not None:
            return found
    return None


@lru_cache(maxsize=512)
def _takes(handler: Callable[..., Any]) -> dict[str, tuple[object, bool]]:
    """Each argument with its kind and whether it has to be there."""
    hints = get_type_hints(handler)
    found = list(signature(handler).parameters.values())[1:]
    return {one.name: (hints.get(one.name, Any), one.default is Parameter.empty) for one in found}


def _problem_of(name: str, kind: object, given: object) -> str | None:
    wanted = get_origin(kind) or kind
    sent, given = given, _as_form(given)
    if given is None and sent is not None:
        return f"The {name} of this action holds what no form sends."
    if isinstance(given, dict | list) and len(given) > _MOST:
        return f"The {name} of this action holds more than {_MOST:,} values."
    if isinstance(wanted, type) and not _is(given, wanted):
        return f"The {name} of this action has to be a {_WORDS.get(wanted, wanted.__name__)}."
    texts = get_args(kind) == (str, str)
    if texts and isinstance(given, dict) and not all(isinstance(one, str) for one in given.values()):
        return f"Every field of the {name} has to be a text."
    return next((told for leaf in _leaves(name, given) if (told := _leaf_problem(*leaf)) is not None), None)


def _leaf_problem(field: str, value: object) -> str | None:
    if not isinstance(value, _PLAIN):
        return f"{_said(field)} holds more than a field can."
    told = _text_problem(value) if isinstance(value, str) else None
    return told and f"{_said(field)} {told}."


def _as_form(given: object) -> object:
    """A form as its handler gets it: a browser sends names and values in pairs. None for pairs that are none."""
    entries = given.get(FORM_DATA_ENTRIES_KEY) if isinstance(given, dict) else None
    if entries is None:
        return given
    pairs = isinstance(entries, list) and len(entries) <= _MOST
    if not pairs or not all(isinstance(one, list) and len(one) == 2 and isinstance(one[0], str) for one in entries):
        return None
    return dict(entries)


_WORDS: Final[Mapping[type, str]] = {str: "text", int: "number", float: "number", dict: "form", bool: "yes or no"}


def _is(given: object, wanted: type) -> bool:
    if wanted in (int, float):
        return isinstance(given, int if wanted is int else (int, float)) and not isinstance(given, bool)
    return isinstance(given, wanted)


def _leaves(name: str, given: object) -> Iterator[tuple[str, object]]:
    """The values of an argument by field: of a form its own, of a list its items; deeper ones as they are."""
    if isinstance(given, dict):
        for field, value in given.items():
            yield "A field's name", field
            yield from _items(str(field), value)
    else:
        yield from _items(name, given)


def _items(name: str, value: object) -> Iterator[tuple[str, object]]:
    yield from ((name, one) for one in value) if isinstance(value, list) and len(value) <= _MOST else ((name, value),)


def _text_problem(text: str) -> str | None:
    if len(text) > _LONGEST:
        return f"is longer than {_LONGEST:,} characters"
    if "\0" in text or any("\ud800" <= one <= "\udfff" for one in text):
        return "holds a character that cannot be stored"
    return None


def _said(field: object) -> str:
    """A field's name as it may be repeated to whoever sent it."""
    return "".join(one for one in str(field)[:40] if one.isprintable()) or "field"
