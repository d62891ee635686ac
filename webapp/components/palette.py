"""The command palette: Ctrl K or /, arrows, Enter."""

import reflex as rx

from webapp.components.controls import closes, dialog, link
from webapp.components.icons import icon
from webapp.state.palette import Found, Palette


def palette() -> rx.Component:
    """The dialog with its field and results."""
    return dialog(
        "fw-palette",
        rx.el.div(
            icon("search", 15),
            rx.el.input(
                placeholder="Server, page or command",
                on_change=Palette.ask.debounce(60),
                on_focus=Palette.ask(Palette.words),
                auto_complete="off",
                spell_check=False,
                custom_attrs={"aria-label": "Search or run a command", "aria-controls": "fw-results", "autofocus": ""},
            ),
            class_name="fw-find",
        ),
        rx.el.div(
            rx.foreach(Palette.found, _line),
            rx.cond(Palette.found.length() == 0, rx.el.p("Nothing matches.", class_name="fw-meta fw-note")),
            id="fw-results",
            class_name="fw-results fw-menu",
        ),
        label="Search or run a command",
        class_name="fw-palette",
    )


def _line(one: rx.Var[Found]) -> rx.Component:
    parts = [
        icon(one.sign),
        rx.el.span(one.label, class_name=rx.cond(one.mono, "fw-mono", "")),
        rx.el.span(one.hint, class_name="fw-meta"),
    ]
    return rx.cond(
        one.href != "",
        link(*parts, href=one.href, class_name="fw-item", custom_attrs=closes()),
        rx.el.button(*parts, type="button", class_name="fw-item", on_click=Palette.act(one.key), custom_attrs=closes()),
    )
