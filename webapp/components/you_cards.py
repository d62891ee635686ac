"""One's own sessions and password."""

from typing import Any

import reflex as rx

from webapp import routes
from webapp.components import tables
from webapp.components.cards import body, card, foot, head
from webapp.components.chips import pill
from webapp.components.controls import button, field, native_form
from webapp.components.icons import icon
from webapp.components.server_cards import problem
from webapp.components.ticking import age
from webapp.core.policies.signin import MAX_PASSWORD, MIN_PASSWORD
from webapp.state.you import You
from webapp.state.you_view import SessionRow


def sessions() -> rx.Component:
    """Where one is signed in; each can be ended."""
    heads = [tables.column(name) for name in ("From", "By", "Since", "Last used", "Ends at the latest", "")]
    widths = ["", "130px", "110px", "110px", "130px", "110px"]
    shown = tables.table(widths, heads, rx.foreach(You.rows, _row), label="Your sessions", class_name="fw-you-table")
    others = button("End all others", on_click=You.end_others, disabled=~You.others)
    return card(
        head("Your sessions", "browsers in which you are signed in"),
        rx.el.div(shown, class_name="fw-scroll-x"),
        foot(
            rx.el.span("Something you do not know? End it and change your password.", class_name="fw-meta"),
            rx.el.span(class_name="fw-spring"),
            others,
            class_name="fw-foot fw-you-foot",
        ),
    )


def _row(one: rx.Var[SessionRow]) -> rx.Component:
    return tables.row(
        tables.cell(one.place, class_name="fw-mono", title=one.place),
        tables.cell(one.way, class_name="fw-second"),
        tables.cell(one.began, class_name="fw-second"),
        tables.cell(age(one.seen_at, You.seen_at, form="ago"), class_name="fw-second"),
        tables.cell(one.ends, class_name="fw-second"),
        tables.cell(
            rx.cond(one.here, pill("this one", "accent"), button("End", small=True, on_click=You.end(one.number)))
        ),
    )


def password() -> rx.Component:
    """The form that changes one's password; posted by the browser itself, since it brings a new cookie."""
    return card(
        head("Your password"),
        body(
            rx.cond(
                You.external,
                rx.el.p("The identity provider keeps your password: change it there.", class_name="fw-second"),
                _form(),
            )
        ),
    )


def _form() -> rx.Component:
    return native_form(
        rx.cond(
            You.changed,
            rx.el.p(
                icon("circle-check", 14), "Your password is changed. All your other sessions have ended.",
                class_name="fw-you-done fw-pass", role="status",
            ),
        ),
        rx.cond(You.asks_old, _field("Old password", "old", "current-password")),
        problem(You.wrong["old"]),
        _field("New password", "new", "new-password", hint=f"At least {MIN_PASSWORD} characters."),
        problem(You.wrong["new"]),
        _field("New password again", "again", "new-password"),
        problem(You.wrong["again"]),
        rx.el.button(
            rx.cond(You.has_password, "Change the password", "Set a password"),
            type="submit",
            class_name="fw-btn primary",
        ),
        action=routes.OWN_PASSWORD,
        method="post",
        class_name="fw-form",
    )  # fmt: skip


def _field(label: str, name: str, complete: str, hint: Any = None) -> rx.Component:
    control = rx.el.input(
        id=f"fw-you-{name}", name=name, type="password", required=True, class_name="fw-input",
        custom_attrs={
            "autoComplete": complete, "maxLength": MAX_PASSWORD,
            "aria-invalid": rx.cond(You.wrong[name], "true", "false"),
        },
    )  # fmt: skip
    return field(label, control, name=f"fw-you-{name}", hint=hint)
