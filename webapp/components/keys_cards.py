"""API keys: the list, the form that makes one, the dialog that shows a secret once and the one that ends a key."""

import reflex as rx

from webapp.components import tables
from webapp.components.cards import body, card, head
from webapp.components.controls import button, closes, dialog, field
from webapp.components.server_cards import problem
from webapp.components.ticking import age
from webapp.state.keys import Keys
from webapp.state.keys_view import SCOPES, KeyRow

_COLUMNS = (
    ("Name", ""),
    ("Begins with", "96px"),
    ("May", ""),
    ("Made", "176px"),
    ("Last used", "104px"),
    ("Expires", "132px"),
)


def listing() -> rx.Component:
    """Every key. Only administrators see a button."""
    heads = [
        *(tables.column(name) for name, _ in _COLUMNS),
        tables.column(rx.el.span("Revoke", class_name="fw-hidden")),
    ]
    shown = tables.table(
        [*(width for _, width in _COLUMNS), "88px"], heads, rx.foreach(Keys.rows, _row), label="API keys",
        class_name="roomy",
    )  # fmt: skip
    return card(
        head("Keys", "those that open something first"),
        rx.cond(Keys.rows, rx.el.div(shown, class_name="fw-keys-list"), _none()),
    )


def _none() -> rx.Component:
    return body(
        rx.el.p("There is no key yet. A key lets a program push telemetry or read forecasts.", class_name="fw-second")
    )


def _row(one: rx.Var[KeyRow]) -> rx.Component:
    used = rx.cond(one.used_at > 0, age(one.used_at, Keys.seen_at, "ago"), "not yet")
    return tables.row(
        tables.cell(one.name, class_name="fw-mono", title=one.name),
        tables.cell(one.prefix, class_name="fw-mono fw-second"),
        tables.cell(one.scopes, title=one.scopes),
        tables.cell(one.made, class_name="fw-second", title=one.made),
        tables.cell(used, class_name="fw-second"),
        tables.cell(one.expires, class_name=one.tone, title=one.expires),
        tables.cell(
            rx.cond(
                Keys.changes & (one.state == "valid"),
                button("Revoke", small=True, kind="danger", on_click=Keys.ask(one.name)),
            )
        ),
        class_name=rx.cond(one.state == "valid", "", "fw-ended"),
    )


def form() -> rx.Component:
    """What a new key is called, what it may do and how long it lasts."""
    return card(
        head("Make a key"),
        body(
            rx.el.form(
                field(
                    "Name, as it stands in the audit",
                    _input("name", "agent-1", required=True, max_length=64),
                    name="fw-keys-name",
                ),
                _wrong("name"),
                rx.el.fieldset(
                    rx.el.legend("It may", class_name="fw-label"),
                    *[_scope(name, meaning) for name, meaning in SCOPES],
                    class_name="fw-checks",
                    custom_attrs={"aria-invalid": _invalid("scopes")},
                ),
                _wrong("scopes"),
                field(
                    "Expires after, in days",
                    _input("days", "never", input_mode="numeric"),
                    name="fw-keys-days",
                ),
                _wrong("days"),
                button("Make the key", kind="primary", sign="plus", type="submit"),
                on_submit=Keys.make,
                class_name="fw-form",
                id="fw-keys-form",
            )
        ),
    )


def _input(name: str, hint: str, **props: object) -> rx.Component:
    return rx.el.input(
        id=f"fw-keys-{name}", name=name, placeholder=hint, class_name="fw-input", auto_complete="off",
        spell_check=False, custom_attrs={"aria-invalid": _invalid(name)}, **props,
    )  # fmt: skip


def _invalid(name: str) -> rx.Var[str]:
    return rx.cond(Keys.wrong == name, "true", "false")


def _wrong(name: str) -> rx.Component:
    return rx.cond(Keys.wrong == name, problem(Keys.problem))


def _scope(name: str, meaning: str) -> rx.Component:
    return rx.el.label(
        rx.el.input(type="checkbox", name=f"scope_{name}", default_checked=name == "telemetry"),
        rx.el.span(rx.el.span(name, class_name="fw-mono"), rx.el.span(meaning, class_name="fw-meta")),
        class_name="fw-check",
    )


def made() -> rx.Component:
    """Where assets/once.js writes a new secret. It goes when the dialog closes; a click outside does not close it."""
    return rx.el.dialog(
        rx.el.div(
            rx.el.h2("The key ", rx.el.span(id="fw-once-name", class_name="fw-mono"), " is made"),
            rx.el.p("Copy it now. It is shown this once and kept nowhere, so it cannot be shown again."),
            _line("fw-once-secret", "Copy the key"),
            rx.el.p("To see that it works:", class_name="fw-second"),
            _line("fw-once-curl", "Copy the command"),
            rx.el.div(button("Done, I have it", kind="primary", custom_attrs=closes()), class_name="fw-actions"),
            class_name="fw-pad",
        ),
        id="fw-once",
        class_name="fw-dialog fw-once",
        custom_attrs={"aria-label": "The new key", "data-stays": ""},
    )


def _line(name: str, label: str) -> rx.Component:
    return rx.el.div(
        rx.el.code(id=name, class_name="fw-code"),
        button(label, sign="copy", small=True, custom_attrs={"data-copies": name}),
        class_name="fw-once-line",
    )


def revoking() -> rx.Component:
    """Asks for a reason, and says what follows."""
    reason = rx.el.textarea(
        id="fw-revoke-reason", name="reason", rows="3", required=True, max_length=500, class_name="fw-input",
        auto_focus=True,
    )  # fmt: skip
    return dialog(
        "fw-revoke",
        rx.el.form(
            rx.el.h2("Revoke the key ", rx.el.span(Keys.asked, class_name="fw-mono"), "?"),
            rx.el.p(Keys.asked_note, class_name="fw-second"),
            field("Reason, kept in the audit", reason, name="fw-revoke-reason"),
            rx.el.div(
                button("Keep the key", custom_attrs=closes()),
                button("Revoke the key", kind="danger", type="submit"),
                class_name="fw-actions",
            ),
            on_submit=Keys.revoke,
            reset_on_submit=True,
        ),
        label="Revoke a key",
    )
