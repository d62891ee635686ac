"""Cards: a 34 px head (title, quiet qualifier, controls at the right), a body, sometimes a foot. Never nested."""

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
