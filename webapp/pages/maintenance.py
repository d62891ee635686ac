"""Planned maintenance: the coming fortnight, what is planned, and the form that plans more."""

import reflex as rx

from webapp.components import maintenance_calendar, maintenance_form, maintenance_list
from webapp.components.settings import page_head, settings_page
from webapp.components.states import block, failed_banner
from webapp.state.maintenance import Maintenance


def maintenance() -> rx.Component:
    """The page."""
    return settings_page(rx.cond(Maintenance.loaded, _content(), _loading()), tab="maintenance")


def _content() -> rx.Component:
    return rx.cond(
        Maintenance.trouble,
        failed_banner(Maintenance.trouble),
        rx.fragment(
            page_head(Maintenance.sentence, Maintenance.behind),
            rx.el.div(
                rx.el.div(
                    maintenance_calendar.calendar(),
                    maintenance_list.windows(),
                    maintenance_list.simulated(),
                    class_name="fw-col",
                ),
                rx.el.aside(
                    maintenance_form.plan(),
                    maintenance_form.zone(),
                    class_name="fw-col",
                    custom_attrs={"aria-label": "Plan"},
                ),
                class_name="fw-beside",
            ),
        ),
    )


def _loading() -> rx.Component:
    """The page's shape at its final size."""
    return rx.fragment(
        rx.el.div(block("420px", "40px"), class_name="fw-page-head"),
        rx.el.div(
            rx.el.div(block("100%", "262px"), block("100%", "130px"), class_name="fw-col"),
            block("100%", "480px"),
            class_name="fw-beside",
        ),
        rx.el.span("Reading what is planned", class_name="fw-hidden", role="status"),
    )
