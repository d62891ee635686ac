"""The form of a window with its next occurrences, and the zone of the stream."""

from typing import Any

import reflex as rx

from webapp.components.cards import body, card, head
from webapp.components.controls import button, field, link_button, segments, select
from webapp.components.maintenance_list import MAY
from webapp.components.server_cards import problem
from webapp.core.policies.zones import names
from webapp.state.maintenance import Maintenance
from webapp.state.maintenance_form import NAMED, ONCE, WEEKLY

_DAYS = (
    ("mon", "Mon"), ("tue", "Tue"), ("wed", "Wed"), ("thu", "Thu"), ("fri", "Fri"), ("sat", "Sat"), ("sun", "Sun"),
)  # fmt: skip


def plan() -> rx.Component:
    """Plan a window, or change the one that is in the form; for those who may."""
    return rx.cond(
        MAY,
        card(
            rx.cond(
                Maintenance.editing > 0,
                head("Change a window", "", link_button("New instead", Maintenance.plain, small=True, kind="ghost")),
                head("Plan maintenance"),
            ),
            body(rx.el.form(*_fields(), key=Maintenance.turn, on_submit=Maintenance.save, class_name="fw-form")),
        ),
        card(
            head("Plan maintenance"), body(rx.el.p("An operator may plan, change and cancel.", class_name="fw-second"))
        ),
    )


def _fields() -> list[rx.Component]:
    return [
        field("What is done", _text("title", "Kernel update", max_length=80), name="fw-upkeep-title"),
        problem(Maintenance.problems["title"]),
        field("For", _who(), name="who"),
        rx.cond(
            Maintenance.who == NAMED,
            field("Servers, with commas", _text("servers", "ppdb001, ppdb002"), name="fw-upkeep-servers"),
        ),
        problem(Maintenance.problems["servers"]),
        problem(Maintenance.problems["profile"]),
        segments("How often", _kind(WEEKLY, "Each week"), _kind(ONCE, "Once")),
        rx.cond(Maintenance.kind == WEEKLY, _weekly(), _once()),
        _preview(),
        problem(Maintenance.problems["zone"]),
        problem(Maintenance.problems["all"]),
        button(
            rx.cond(Maintenance.editing > 0, "Save the change", "Plan it"),
            kind="primary",
            sign=rx.cond(Maintenance.editing > 0, "check", "plus"),
            type="submit",
        ),
    ]


def _text(name: str, hint: str = "", **props: Any) -> rx.Component:
    wrong = rx.cond(Maintenance.problems[name], "true", "false")
    return rx.el.input(
        id=f"fw-upkeep-{name}", name=name, placeholder=hint, default_value=Maintenance.form[name],
        class_name="fw-input", auto_complete="off", spell_check=False, custom_attrs={"aria-invalid": wrong},
        on_change=lambda text: Maintenance.edit(name, text), **props,
    )  # fmt: skip


def _who() -> rx.Component:
    return select(
        "who",
        Maintenance.groups,
        default_value=Maintenance.form["who"],
        on_change=lambda one: Maintenance.edit("who", one),
    )


def _kind(kind: str, label: str) -> rx.Component:
    return rx.el.button(
        label,
        type="button",
        on_click=Maintenance.ask(kind),
        custom_attrs={"aria-pressed": rx.cond(Maintenance.kind == kind, "true", "false")},
    )


def _weekly() -> rx.Component:
    return rx.fragment(
        rx.el.div(*[_day(*one) for one in _DAYS], class_name="fw-upkeep-days", role="group", aria_label="Days"),
        problem(Maintenance.problems["days"]),
        rx.el.div(
            field("Start", _text("start", "02:00", input_mode="numeric"), name="fw-upkeep-start"),
            field("Lasts", _text("duration", "2 h"), name="fw-upkeep-duration"),
            class_name="fw-two",
        ),
        problem(Maintenance.problems["start"]),
        problem(Maintenance.problems["duration"]),
        rx.el.div(
            field("From", _text("first", type="date"), name="fw-upkeep-first"),
            field("Until, if it ends", _text("last", type="date"), name="fw-upkeep-last"),
            class_name="fw-two",
        ),
        problem(Maintenance.problems["first"]),
        problem(Maintenance.problems["last"]),
    )


def _day(day: str, label: str) -> rx.Component:
    return rx.el.button(
        label,
        type="button",
        class_name="fw-btn small",
        on_click=Maintenance.toggle(day),
        custom_attrs={"aria-pressed": rx.cond(Maintenance.days.contains(day), "true", "false")},
    )


def _once() -> rx.Component:
    rows = [
        rx.fragment(
            rx.el.div(
                field(label, _text(f"{name}_day", type="date"), name=f"fw-upkeep-{name}_day"),
                field("at", _text(f"{name}_time", "02:00", input_mode="numeric"), name=f"fw-upkeep-{name}_time"),
                class_name="fw-two",
            ),
            problem(Maintenance.problems[name]),
        )
        for name, label in (("start", "Starts"), ("end", "Ends"))
    ]
    return rx.fragment(*rows)


def _preview() -> rx.Component:
    """The next occurrences, at one height, so that the button stays where it is."""
    return rx.el.div(
        rx.cond(
            Maintenance.hint != "",
            rx.el.p(Maintenance.hint, class_name="fw-quiet"),
            rx.el.ul(rx.foreach(Maintenance.preview, rx.el.li)),
        ),
        class_name="fw-upkeep-preview",
        custom_attrs={"aria-label": "Next occurrences", "aria-live": "polite"},
    )


def zone() -> rx.Component:
    """In whose time windows are planned."""
    control = rx.el.input(
        id="fw-upkeep-zone", name="zone", default_value=Maintenance.zone_own, placeholder=Maintenance.zone,
        key=Maintenance.zone_own, class_name="fw-input", auto_complete="off", spell_check=False,
        custom_attrs={"list": "fw-zones", "aria-invalid": rx.cond(Maintenance.zone_problem, "true", "false")},
    )  # fmt: skip
    return card(
        head("Time zone of this stream"),
        body(
            rx.el.p(rx.el.b(Maintenance.zone), ". ", Maintenance.zone_note, class_name="fw-second fw-upkeep-zone"),
            rx.cond(
                MAY,
                rx.el.form(
                    field("Plan in", control, name="fw-upkeep-zone", hint="Empty: the installation's."),
                    rx.el.datalist(*[rx.el.option(value=one) for one in names()], id="fw-zones"),
                    problem(Maintenance.zone_problem),
                    button("Use this zone", type="submit"),
                    on_submit=Maintenance.set_zone,
                    class_name="fw-form",
                ),
            ),
        ),
    )
