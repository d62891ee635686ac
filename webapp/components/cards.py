"""Cards: a 34 px head (title, quiet qualifier, controls at the right), a body, sometimes a foot. Never nested.

What is looked at now and then is folded: one line that says the essence, and the rest on a click.
"""

from typing import Any

import reflex as rx


def card(*children: rx.Component, class_name: Any = "", **props: Any) -> rx.Component:
    """The frame of a card; add "stale" or "failed" to its class for the coloured edge."""
    return rx.el.section(*children, class_name=rx.cond(class_name, f"fw-card {class_name}", "fw-card"), **props)


def head(title: Any, qualifier: Any = "", *controls: rx.Component, level: int = 2) -> rx.Component:
    """Title, what qualifies it, and controls."""
    heading = rx.el.h2 if level == 2 else rx.el.h3
    return rx.el.header(
        heading(title),
        rx.el.span(qualifier, class_name="fw-quiet"),
        rx.el.span(class_name="fw-spring"),
        *controls,
        class_name="fw-head",
    )


def body(*children: rx.Component, **props: Any) -> rx.Component:
    """What a card holds."""
    return rx.el.div(*children, class_name="fw-body", **props)


def foot(*children: rx.Component, **props: Any) -> rx.Component:
    """The last line of a card, below a hairline."""
    props.setdefault("class_name", "fw-foot")
    return rx.el.footer(*children, **props)


def folds(*children: Any, **props: Any) -> rx.Component:
    """A card of parts that are folded away, a line each."""
    return rx.el.section(*children, class_name="fw-card fw-folds", **props)


def fold(title: str, essence: Any, *children: rx.Component) -> rx.Component:
    """One part: its title and what matters most of it; a click shows the rest."""
    return rx.el.details(
        rx.el.summary(rx.el.h2(title), rx.el.span(essence, class_name="fw-fold-essence")),
        *children,
        class_name="fw-fold",
    )
