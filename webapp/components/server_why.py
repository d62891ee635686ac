"""The card "Why" of a server: shares of what the model looked at, and what followed when it was like this before.

Its body has one height in every state, so that no number of it moves what lies below.
"""

import reflex as rx

from webapp.components.cards import body, card, head
from webapp.state.server import Server
from webapp.state.server_view import Reason


def why() -> rx.Component:
    """What the model looked at for the metric that is shown."""
    shown = Server.why
    return card(
        head("Why", "what the model looked at, not causes"),
        body(
            rx.cond(
                shown.nothing,
                rx.el.p(shown.nothing, class_name="fw-second"),
                rx.fragment(
                    rx.el.dl(rx.foreach(shown.rows, _reason)),
                    rx.el.p(shown.sentence, title=shown.detail, class_name="fw-why-past"),
                    rx.el.p(shown.attended, class_name="fw-meta fw-nowrap"),
                ),
            ),
        ),
        class_name="fw-why",
    )


def _reason(one: rx.Var[Reason]) -> rx.Component:
    return rx.el.div(
        rx.el.dt(one.name, title=one.name),
        rx.el.dd(
            rx.el.span(
                rx.el.i(style={"width": one.width}),
                class_name=rx.cond(one.rest, "fw-track rest", "fw-track accent"),
                custom_attrs={"aria-hidden": "true"},
            ),
            rx.el.b(one.text),
        ),
    )
