"""Times that move in the browser, between two pushes and without a layout shift.

Each is an empty `time` element that assets/forewarn.js fills and keeps counting. It gets
instants as milliseconds and `seen`, the server's wall time at which they held, and counts on
from its own arrival, so a wrong clock in the browser changes nothing.
"""

from typing import Any

import reflex as rx


def age(at: Any, seen: Any, form: str = "", **props: Any) -> rx.Component:
    """ "12 s ago", "23 min ago", then the time, or with form "ago" the hours and days; `at` 0 shows nothing."""
    return _ticking("age", props, at=at, seen=seen, form=form)


def stream_clock(at: Any, seen: Any, speed: Any, until: Any, form: str = "day", **props: Any) -> rx.Component:
    """A stream's clock in the viewer's zone, running at `speed` (0 stands still) and never beyond `until` (0: free).

    `form` is "day" or "time"; the title gives UTC.
    """
    return _ticking("clock", props, at=at, seen=seen, speed=speed, until=until, form=form)


def countdown(to: Any, at: Any, seen: Any, speed: Any, until: Any, **props: Any) -> rx.Component:
    """Hours, minutes and seconds of stream time until `to`; `to` 0 shows nothing."""
    return _ticking("countdown", props, to=to, at=at, seen=seen, speed=speed, until=until)


def _ticking(kind: str, props: dict[str, Any], **values: Any) -> rx.Component:
    attributes = {f"data-{name}": value for name, value in values.items()}
    return rx.el.time(custom_attrs={"data-tick": kind, **attributes}, **props)
