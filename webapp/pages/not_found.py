"""An address that leads nowhere: says so and leads back; it knows no stream and needs no socket."""

import reflex as rx

from webapp import routes
from webapp.components.controls import link_button
from webapp.components.icons import logo
from webapp.components.states import empty


def not_found() -> rx.Component:
    """The page."""
    return rx.el.main(
        rx.el.div(logo(26), "Forewarn", class_name="fw-sign-brand"),
        empty(
            "There is no such page.",
            "The address may be misspelt, or a page of a later version.",
            rx.el.div(link_button("Show the fleet", routes.FLEET, kind="primary"), class_name="fw-row"),
        ),
        class_name="fw-not-found",
    )
