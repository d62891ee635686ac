"""The library of degradations: what each does, and how often its breach was forewarned."""

import reflex as rx

from webapp.components.allowed import may_operate
from webapp.components.cards import card, foot, head
from webapp.components.controls import link
from webapp.components.icons import icon
from webapp.state.scenarios import Scenarios
from webapp.state.scenarios_view import Kind

_EXPLAINED = "Forewarned: a warning came before the threshold was crossed. On simulated incidents."


def library() -> rx.Component:
    """One row a kind; a click puts it into the form of who may start one."""
    return card(
        head("Library", "", rx.el.span("breaches forewarned", class_name="fw-meta")),
        rx.el.nav(rx.foreach(Scenarios.kinds, _kind), custom_attrs={"aria-label": "Kinds of degradation"}),
        foot(
            rx.el.p(_EXPLAINED, class_name="fw-meta")
        ),
        class_name="fw-library",
    )  # fmt: skip


def _kind(one: rx.Var[Kind]) -> rx.Component:
    parts = (
        icon(one.sign, 15),
        rx.el.span(
            rx.el.span(one.label, class_name="fw-medium"),
            rx.el.span(one.short, class_name="fw-meta"),
            class_name="fw-kind-name",
        ),
        rx.el.span(rx.el.span(one.count), rx.el.span(one.verdict, class_name="fw-meta"), class_name="fw-kind-count"),
    )
    chosen = {"aria-current": rx.cond(one.selected, "true", "false")}
    return rx.cond(
        may_operate(),
        link(*parts, href=one.href, title=one.title, class_name="fw-kind", custom_attrs=chosen),
        rx.el.div(*parts, title=one.title, class_name="fw-kind"),
    )
