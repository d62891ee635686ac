"""People: the list, the form that adds to it, and what can be done with the person that is selected."""

from typing import Any

import reflex as rx

from webapp import routes
from webapp.components import tables
from webapp.components.cards import body, card, head
from webapp.components.chips import pill
from webapp.components.controls import button, closes, dialog, field, link, link_button, pairs, select, shows
from webapp.components.server_cards import problem
from webapp.components.states import command
from webapp.components.ticking import age
from webapp.core.policies.roles import Role
from webapp.core.policies.signin import MIN_PASSWORD
from webapp.state.people import People
from webapp.state.people_view import PersonRow
from webapp.state.shell import Shell

ROLES = [(role.value, role.value) for role in Role]
_DISABLE = "fw-disable"


def listing() -> rx.Component:
    """Everybody, by name; a click selects."""
    heads = [
        tables.column("Name"), tables.column("Role"), tables.column("Signs in with"), tables.column("Last seen"),
        tables.column("Sessions", "fw-right"), tables.column("", ""),
    ]  # fmt: skip
    widths = ["", "90px", "140px", "120px", "76px", "100px"]
    shown = tables.table(widths, heads, rx.foreach(People.rows, _row), label="People", class_name="fw-people-table")
    return card(head("People", ""), rx.el.div(shown, class_name="fw-scroll-x"), class_name="fw-people-list")


def _row(one: rx.Var[PersonRow]) -> rx.Component:
    return tables.row(
        tables.cell(
            link(one.name, href=one.href, class_name="fw-mono"),
            rx.cond(one.you, rx.el.span(" you", class_name="fw-meta")),
            title=one.name,
        ),
        tables.cell(one.role),
        tables.cell(one.signs_in, class_name="fw-second"),
        tables.cell(_seen(one.seen_at), class_name="fw-second"),
        tables.cell(one.sessions, class_name="fw-right"),
        tables.cell(rx.cond(one.state != "", pill(one.state, one.tone))),
        href=one.href,
        custom_attrs={"aria-selected": rx.cond(one.current, "true", "false")},
    )


def _seen(at: Any) -> rx.Component:
    return rx.cond(at > 0, age(at, People.seen_at, form="ago"), rx.el.span("never"))


def made_link() -> rx.Component:
    """A link that was just made: it is shown once."""
    return rx.cond(
        People.link != "",
        card(
            head("One-time link"),
            body(
                rx.el.div(
                    rx.el.p(
                        "Give this to ",
                        rx.el.b(People.link_for),
                        ". It signs in once, within ",
                        People.link_minutes,
                        ", and is not shown again.",
                    ),
                    command(People.link),
                    class_name="fw-form",
                )
            ),
            role="status",
        ),
    )


def add() -> rx.Component:
    """The form for a new person."""
    return card(
        head("Add a person"),
        body(
            rx.el.form(
                field("Name", _input("name", "add.name", "ann"), name="fw-people-name"),
                _wrong("add.name"),
                field("Role", select("role", ROLES, default_value="viewer", id="fw-new-role"), name="fw-new-role"),
                field(
                    "First password",
                    _input("password", "add.password", "", type="password", auto_complete="new-password"),
                    name="fw-people-password",
                    hint=f"At least {MIN_PASSWORD} characters. Leave it empty to get a one-time link instead.",
                ),
                _wrong("add.password"),
                _wrong("add"),
                button("Add", kind="primary", sign="plus", type="submit"),
                on_submit=People.add,
                key=f"add {People.form_key}",
                class_name="fw-form",
            )
        ),
    )


def detail() -> rx.Component:
    """The selected person."""
    one = People.chosen
    return card(
        head(one.name, rx.cond(one.state != "", pill(one.state, one.tone)), _close()),
        body(
            rx.el.div(
                pairs(
                    [
                        ("Role", one.role),
                        ("Signs in with", one.signs_in),
                        ("Last seen", _seen(one.seen_at)),
                        ("Open sessions", one.sessions),
                        ("Added", one.added),
                        ("Locked out", rx.cond(one.paused != "", one.paused, "no")),
                    ]
                ),
                _role_form(),
                rx.cond(one.external, rx.fragment(), _secrets()),
                _access(),
                class_name="fw-form",
            )
        ),
        custom_attrs={"aria-label": one.name},
    )


def _close() -> rx.Component:
    back = rx.cond(Shell.slug != "", f"{routes.PEOPLE}?stream={Shell.slug}", routes.PEOPLE)
    return link_button("Close", back, small=True, kind="ghost", sign="x")


def _role_form() -> rx.Component:
    one = People.chosen
    form = rx.el.form(
        rx.el.input(type="hidden", name="person", value=one.name),
        field("Role", select("role", ROLES, default_value=one.role, key=one.role, id="fw-role"), name="fw-role"),
        field("Reason, kept in the audit", _input("reason", "role", "", max_length=500), name="fw-people-reason"),
        _wrong("role"),
        button("Change the role", type="submit"),
        on_submit=People.set_role,
        key=f"role {one.name} {one.role}",
        class_name="fw-form",
    )
    return rx.cond(one.role_note != "", rx.el.p(one.role_note, class_name="fw-meta"), form)


def _secrets() -> rx.Component:
    one = People.chosen
    return rx.el.form(
        rx.el.input(type="hidden", name="person", value=one.name),
        field(
            "New password",
            rx.el.input(
                id="fw-people-new", name="password", type="password", auto_complete="new-password",
                class_name="fw-input", max_length=200, custom_attrs=_invalid("set.password"),
            ),
            name="fw-people-new",
            hint="It ends all sessions of this person.",
        ),
        _wrong("set.password"),
        _wrong("set"),
        rx.el.div(
            button("Set the password", type="submit"),
            button("One-time link", on_click=People.issue_link(one.name), disabled=one.disabled),
            class_name="fw-people-actions",
        ),
        on_submit=People.set_password,
        key=f"set {one.name} {People.form_key}",
        class_name="fw-form",
    )  # fmt: skip


def _access() -> rx.Component:
    one = People.chosen
    return rx.fragment(
        rx.el.div(
            button("End all sessions", on_click=People.end_sessions(one.name), disabled=one.sessions == 0),
            rx.cond(one.paused != "", button("Unlock", on_click=People.unlock(one.name))),
            rx.cond(
                one.disabled,
                button("Enable", kind="primary", on_click=People.enable(one.name)),
                button("Disable", kind="danger", sign="ban", custom_attrs=shows(_DISABLE),
                       disabled=one.disable_note != ""),
            ),
            class_name="fw-people-actions",
        ),
        rx.cond(
            (one.disable_note != "") & (one.disable_note != one.role_note),
            rx.el.p(one.disable_note, class_name="fw-meta"),
        ),
        _wrong("access"),
    )  # fmt: skip


def disable_dialog() -> rx.Component:
    """Who is locked out, and what that means."""
    one = People.chosen
    return dialog(
        _DISABLE,
        rx.el.form(
            rx.el.h2("Disable ", one.name, "?"),
            rx.el.p(
                "All sessions end within seconds, and nobody can sign in under this name until it is enabled again.",
                class_name="fw-second",
            ),
            rx.el.input(type="hidden", name="person", value=one.name),
            field(
                "Reason, kept in the audit",
                rx.el.textarea(id="fw-disable-reason", name="reason", rows="2", max_length=500, class_name="fw-input"),
                name="fw-disable-reason",
            ),
            rx.el.div(
                button("Keep", custom_attrs=closes()),
                button("Disable", kind="danger", type="submit"),
                class_name="fw-actions",
            ),
            on_submit=People.disable,
            reset_on_submit=True,
        ),
        label="Disable a person",
    )


def _input(name: str, place: str, hint: str, **props: Any) -> rx.Component:
    props.setdefault("auto_complete", "off")
    props.setdefault("max_length", 200)
    return rx.el.input(
        id=f"fw-people-{name}", name=name, placeholder=hint, class_name="fw-input", spell_check=False,
        custom_attrs=_invalid(place), **props,
    )  # fmt: skip


def _invalid(place: str) -> dict[str, Any]:
    return {"aria-invalid": rx.cond(People.problems[place], "true", "false")}


def _wrong(place: str) -> rx.Component:
    return problem(People.problems[place])
