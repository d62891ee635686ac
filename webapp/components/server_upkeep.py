"""Maintenance on a server's page: what runs and what comes, and a form that begins it now."""

import reflex as rx

from webapp.components.cards import body, card, head
from webapp.components.controls import button, link_button, select
from webapp.components.icons import icon
from webapp.components.server_cards import problem
from webapp.state.server import Server
from webapp.state.shell import Shell

_SPELLS = (("30", "30\u00a0min"), ("60", "1\u00a0h"), ("120", "2\u00a0h"), ("240", "4\u00a0h"))


def upkeep() -> rx.Component:
    """The card; its row at the top is as high in every state."""
    one = Server.upkeep
    return card(
        head("Maintenance", "", link_button("Plan", one.plan, small=True, kind="ghost", sign="calendar-clock")),
        body(
            rx.el.div(
                rx.cond(
                    one.now != "",
                    rx.fragment(
                        icon("wrench", 13),
                        rx.el.span(one.now, class_name="fw-upkeep-words", title=one.now),
                        rx.cond(
                            (one.ends > 0) & (Shell.role != "viewer"),
                            button("End now", kind="danger", small=True, on_click=Server.end_maintenance),
                        ),
                    ),
                    rx.el.span(one.then, class_name="fw-upkeep-words", title=one.then),
                ),
                class_name="fw-running idle",
            ),
            rx.cond(
                Shell.role == "viewer",
                rx.el.p("An operator may put it into maintenance.", class_name="fw-meta"),
                _begin(),
            ),
        ),
    )


def _begin() -> rx.Component:
    return rx.el.form(
        select("minutes", _SPELLS, default_value="60", aria_label="For how long"),
        rx.el.input(
            name="reason", placeholder="Why", class_name="fw-input", auto_complete="off",
            max_length=80, aria_label="Why",
            custom_attrs={"aria-invalid": rx.cond(Server.upkeep_problem, "true", "false")},
        ),
        button("Begin now", sign="wrench", type="submit"),
        rx.el.div(problem(Server.upkeep_problem), class_name="wide"),
        on_submit=Server.maintain,
        reset_on_submit=True,
        class_name="fw-upkeep-begin",
    )  # fmt: skip
