"""Icons from one sprite (assets/icons.svg), so that a name may come from the state."""

from typing import Any

import reflex as rx


def icon(name: str | rx.Var[str], size: int = 14, *, class_name: str = "", **props: Any) -> rx.Component:
    """A line icon in the colour of the text around it; the words beside it carry the meaning."""
    return rx.el.svg(
        rx.el.svg.use(href=f"/icons.svg#{name}"),
        width=str(size),
        height=str(size),
        view_box="0 0 24 24",
        class_name=f"fw-icon {class_name}".strip(),
        custom_attrs={"aria-hidden": "true"},
        **props,
    )


def logo(size: int = 20) -> rx.Component:
    """The mark: what was measured, now, and the fan ahead."""
    return rx.el.svg(
        rx.el.svg.path(d="M7 10 19 2.5v15z", class_name="fan", opacity=".28"),
        rx.el.svg.path(d="M7 10 19 6.2v7.6z", class_name="fan", opacity=".6"),
        rx.el.svg.path(
            d="m1 13.2 3-1.8L7 10",
            class_name="line",
            fill="none",
            stroke_width="2",
            stroke_linecap="round",
            stroke_linejoin="round",
        ),
        rx.el.svg.path(d="M7 10h12", class_name="median", stroke_width="1.6"),
        rx.el.svg.circle(cx="7", cy="10", r="2.3", class_name="dot"),
        width=str(size),
        height=str(size),
        view_box="0 0 20 20",
        class_name="fw-logo",
        custom_attrs={"aria-hidden": "true"},
    )
