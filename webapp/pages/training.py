"""Training: what trains, what was trained and on what, the form that asks for more, and the schedule."""

import reflex as rx

from webapp.components import training_form, training_run, training_schedule
from webapp.components.settings import page_head
from webapp.components.shell import shell
from webapp.components.states import block, failed_banner
from webapp.state.training import Training


def training() -> rx.Component:
    """The page."""
    return shell(rx.cond(Training.loaded, _content(), _loading()), page="training", label="Training")


def _content() -> rx.Component:
    return rx.fragment(
        rx.cond(Training.trouble, failed_banner(Training.trouble)),
        page_head(Training.sentence, Training.behind),
        rx.el.div(
            rx.el.div(training_run.run(), training_run.others(), training_schedule.history(), class_name="fw-col"),
            rx.el.aside(
                training_form.ask(),
                training_schedule.schedule(),
                class_name="fw-col",
                custom_attrs={"aria-label": "Train"},
            ),
            class_name="fw-beside",
        ),
        training_run.cancel_dialog(),
        training_schedule.now_dialog(),
    )


def _loading() -> rx.Component:
    """The page's shape at its final size."""
    return rx.fragment(
        rx.el.div(block("420px", "40px"), class_name="fw-page-head"),
        rx.el.div(
            rx.el.div(block("100%", "440px"), block("100%", "160px"), class_name="fw-col"),
            rx.el.div(block("100%", "396px"), block("100%", "220px"), class_name="fw-col"),
            class_name="fw-beside",
        ),
        rx.el.span("Reading the trainings", class_name="fw-hidden", role="status"),
    )
