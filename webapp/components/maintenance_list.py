"""What is planned as a list: for whom, when in its own zone, when next here, by whom; and the simulator's timetable."""

import reflex as rx

from webapp.components import tables
from webapp.components.allowed import may_operate
from webapp.components.cards import body, card, head
from webapp.components.chips import pill
from webapp.components.controls import button, link_button
from webapp.components.states import empty
from webapp.state.maintenance import Maintenance
from webapp.state.maintenance_view import SimulatedRow, WindowRow

MAY = may_operate()


def windows() -> rx.Component:
    """Windows that people planned, the one that runs or comes next first."""
    heads = [tables.column(one) for one in ("What", "For", "When", "Next, here", "By", "")]
    shown = tables.table(
        ["", "15%", "26%", "104px", "156px", "134px"],
        heads,
        rx.foreach(Maintenance.rows, _window),
        label="Planned maintenance",
        class_name="fw-upkeep-list",
    )
    return card(
        head("Planned by people", "what runs or comes next stands first"),
        rx.cond(Maintenance.rows.length() > 0, rx.el.div(shown, class_name="fw-scroll-x"), _nothing()),
    )


def _window(one: rx.Var[WindowRow]) -> rx.Component:
    return tables.row(
        tables.cell(rx.el.b(one.title), class_name="fw-medium", title=one.title),
        tables.cell(one.whom, class_name="fw-second", title=one.whom),
        tables.cell(
            one.when,
            rx.cond(one.note != "", rx.el.span(one.note, class_name="fw-upkeep-note")),
            title=one.when,
        ),
        tables.cell(rx.cond(one.running, pill(one.next, "", "wrench"), one.next)),
        tables.cell(one.by, class_name="fw-second", title=one.by),
        tables.cell(
            rx.cond(
                MAY,
                rx.el.div(
                    link_button("Edit", one.href, small=True, kind="ghost"),
                    button(
                        rx.cond(one.running, "End now", "Cancel"),
                        small=True,
                        kind="danger",
                        on_click=Maintenance.cancel(one.id),
                        custom_attrs={"aria-label": f"Cancel {one.title}"},
                    ),
                    class_name="fw-row",
                ),
            ),
            class_name="fw-right",
        ),
        custom_attrs={"data-open": one.editing},
    )


def _nothing() -> rx.Component:
    return body(
        empty(
            "Nothing is planned.",
            rx.cond(
                MAY,
                "Plan a window in the form: the forecast, the severities and the simulator follow it.",
                "An operator may plan maintenance; it is listed here then.",
            ),
        )
    )


def simulated() -> rx.Component:
    """The simulator's own timetable, which nobody can change."""
    heads = [tables.column(one) for one in ("Server", "When", "Next, here")]
    shown = tables.table(
        ["30%", "", "150px"], heads, rx.foreach(Maintenance.simulated, _simulated), label="Set by the simulator"
    )
    return rx.cond(
        Maintenance.simulated.length() > 0,
        card(
            rx.el.details(
                rx.el.summary(
                    rx.el.b("Set by the simulator"), " ", rx.el.span(Maintenance.simulated_note, class_name="fw-quiet")
                ),
                shown,
                class_name="fw-upkeep-simulated",
            )
        ),
    )


def _simulated(one: rx.Var[SimulatedRow]) -> rx.Component:
    return tables.row(
        tables.cell(one.server, class_name="fw-mono"),
        tables.cell(one.when, class_name="fw-second"),
        tables.cell(one.next),
    )
