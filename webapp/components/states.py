"""The four states of a card or a page that are not the usual one: loading, empty, stale, failed."""

from typing import Any

import reflex as rx

from webapp.components.icons import icon


def block(width: str, height: str, **props: Any) -> rx.Component:
    """A flat block of the final size; it appears after 200 ms, so a fast answer never flashes."""
    return rx.el.div(class_name="fw-block", style={"width": width, "height": height}, **props)


def empty(title: Any, why: Any, *more: rx.Component) -> rx.Component:
    """Why there is nothing, what comes next, one action."""
    return rx.el.div(
        rx.el.h2(title, class_name="fw-say fw-strong", style={"color": "var(--fw-text)"}),
        rx.el.p(why, class_name="fw-second"),
        *more,
        class_name="fw-empty",
    )


def stale_banner(sentence: Any, *actions: rx.Component) -> rx.Component:
    """Amber edge: what is shown is older than two ticks, and since when."""
    return rx.el.div(
        icon("clock-alert", 15),
        rx.el.span(sentence),
        rx.el.span(class_name="fw-spring"),
        *actions,
        class_name="fw-banner",
        role="status",
    )


def failed_banner(sentence: Any, *actions: rx.Component) -> rx.Component:
    """Red edge: what failed and what is shown instead."""
    return rx.el.div(
        icon("circle-x", 15),
        rx.el.span(sentence),
        rx.el.span(class_name="fw-spring"),
        *actions,
        class_name="fw-banner failed",
        role="alert",
    )


def command(text: Any) -> rx.Component:
    """A command to copy: one click selects the whole line."""
    return rx.el.code(text, class_name="fw-code")
