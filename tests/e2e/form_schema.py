"""What the console's handlers take, read from the built pages: run as a program, it prints JSON.

Handler -> {"arguments": {name: annotation}, "fields": {field of the form that submits to it: values on offer}}.
"""

import inspect
import json
from collections.abc import Iterator
from typing import Any

from reflex.utils.format import format_event_handler
from reflex_base.registry import RegistrationContext

import webapp.main  # noqa: F401 - registers every handler
from webapp.pages.every import PAGES
from webapp.state import guard


def below(component: Any) -> Iterator[Any]:
    """A component and everything that it may show, whatever the conditions say."""
    yield component
    inside = [*(getattr(component, "children", None) or ())]
    inside += [getattr(component, name, None) for name in ("comp1", "comp2", "default")]
    inside += [case[-1] for case in getattr(component, "match_cases", None) or ()]
    for one in inside:
        if hasattr(one, "children"):
            yield from below(one)


def plain(value: Any) -> str:
    return str(value).strip('"')


def fields_of(form: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in below(form):
        if getattr(one, "name", None) is not None:
            options = [
                plain(at.value) for at in below(one) if type(at).__name__ == "Option" and "_rx_" not in str(at.value)
            ]
            found.setdefault(plain(one.name), []).extend(options)
    return found


def main() -> None:
    forms: dict[str, dict[str, list[str]]] = {}
    for page in PAGES:
        for one in below(page.build()):
            chain = getattr(one, "event_triggers", {}).get("on_submit")
            for event in getattr(chain, "events", ()):
                name = format_event_handler(event.handler)
                for field, options in fields_of(one).items():
                    forms.setdefault(name, {}).setdefault(field, []).extend(options)
    told = {}
    for name, registered in RegistrationContext.get().event_handlers.items():
        if guard.role_of(name) is None or name in guard.FRAMEWORK:
            continue
        takes = list(inspect.signature(registered.handler.fn).parameters.values())[1:]
        told[name] = {"arguments": {one.name: str(one.annotation) for one in takes}, "fields": forms.get(name, {})}
    print(json.dumps(told))


if __name__ == "__main__":
    main()
