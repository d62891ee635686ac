"""What Forewarn itself is doing: processes and what they use, queues, dead letters, duties, cycles, failures."""

import reflex as rx

from webapp.components import job_acts, job_tables
from webapp.components.shell import shell
from webapp.components.states import block, failed_banner
from webapp.state.jobs import Jobs


def jobs() -> rx.Component:
    """The page."""
    return shell(rx.cond(Jobs.loaded, _content(), _loading()), page="jobs", label="Jobs and schedules")


def _content() -> rx.Component:
    return rx.cond(
        Jobs.trouble,
        failed_banner(Jobs.trouble),
        rx.fragment(
            rx.el.div(
                rx.el.div(
                    rx.el.h1(rx.el.b(Jobs.sentence), class_name="fw-say"),
                    rx.el.p(Jobs.behind, class_name="fw-second"),
                ),
                class_name="fw-page-head",
            ),
            job_tables.totals(),
            rx.el.div(
                job_tables.processes(),
                job_tables.queues(),
                job_acts.letters(),
                job_acts.duties(),
                job_tables.running(),
                job_tables.cycles(),
                job_tables.failures(),
                class_name="fw-jobs",
            ),
            job_acts.asking(),
        ),
    )


def _loading() -> rx.Component:
    """The page's shape at its final size."""
    return rx.fragment(
        rx.el.div(block("420px", "20px"), class_name="fw-page-head"),
        rx.el.div(*[block("100%", "104px") for _ in range(4)], class_name="fw-totals"),
        rx.el.div(*[block("100%", "100%") for _ in range(5)], class_name="fw-jobs fw-shape"),
        rx.el.span("Asking the processes", class_name="fw-hidden", role="status"),
    )
