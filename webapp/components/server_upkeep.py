"""Maintenance on a server's page: what runs and what comes, and a form that begins it now."""

import reflex as rx

from webapp.components.allowed import may_operate
from webapp.components.cards import body, fold
from webapp.components.controls import button, link_button, select
from webapp.components.icons import icon
from webapp.components.server_cards import problem
from webapp.state.server import Server

_SPELLS = (("30", "30\u00a0min"), ("60", "1\u00a0h"), ("120", "2\u00a0h"), ("240", "4\u00a0h"))


def upkeep() -> rx.Component:
    """What runs or comes in one line; behind it how to begin one now. Its row at the top is as high in every state."""
    one = Server.upkeep
    return fold(
        "Maintenance",
        rx.cond(one.now != "", one.now, one.then),
        body(
            rx.el.div(
                rx.cond(
                    one.now != "",
                    rx.fragment(
                        icon("wrench", 13),
                        rx.el.span(one.now, class_name="fw-upkeep-words", title=one.now),
                        rx.cond(
                            (one.ends > 0) & may_operate(),
                            button("End now", kind="danger", small=True, on_click=Server.end_maintenance),
                        ),
                    ),
                    rx.fragment(
                        rx.el.span(one.then, class_name="fw-upkeep-words", title=one.then),
                        link_button("Calendar", one.plan, small=True, kind="ghost", sign="calendar-clock"),
                    ),
                ),
                class_name="fw-running idle",
            ),
            rx.cond(
                may_operate(),
                _begin(),
                rx.el.p("An operator may put it into maintenance.", class_name="fw-meta"),
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
