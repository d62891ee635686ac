"""The audit: who changed what, when and why, newest first, and whether the chain of entries still holds."""

import reflex as rx

from webapp.components import audit_table
from webapp.components.shell import shell
from webapp.components.states import block, failed_banner
from webapp.state.audit import Audit


def audit() -> rx.Component:
    """The page."""
    return shell(rx.cond(Audit.loaded, _content(), _loading()), page="audit", label="Audit")


def _content() -> rx.Component:
    return rx.cond(
        Audit.trouble,
        failed_banner(Audit.trouble),
        rx.fragment(
            rx.el.div(
                rx.el.div(
                    rx.el.h1(rx.el.b(Audit.sentence), class_name="fw-say"),
                    rx.el.p(Audit.behind, class_name="fw-second"),
                ),
                audit_table.chain(),
                class_name="fw-page-head",
            ),
            audit_table.filters(),
            audit_table.entries(),
        ),
    )


def _loading() -> rx.Component:
    """The page's shape at its final size."""
    return rx.fragment(
        rx.el.div(block("320px", "20px"), class_name="fw-page-head"),
        block("100%", "48px"),
        block("100%", "480px"),
        rx.el.span("Reading the audit", class_name="fw-hidden", role="status"),
    )
