"""The grid of drift, profile by metric, and the timeline of the cell that is picked."""

import reflex as rx

from ml.schema import METRICS
from webapp.charts.drift import HEIGHT, WIDTH
from webapp.components import tables
from webapp.components.cards import body, card, foot, head
from webapp.components.controls import link
from webapp.components.icons import icon
from webapp.state.drift import Drift
from webapp.state.drift_view import Line, Mark, Strip


def grid() -> rx.Component:
    """A row a profile, a cell a metric: how near its strongest test is to its threshold."""
    heads = [
        tables.column("Profile"), tables.column("Servers", "fw-right"),
        *[tables.column(one.label, "fw-right") for one in METRICS],
    ]  # fmt: skip
    return card(
        head("Cells", "the strongest test, as a share of its threshold"),
        rx.cond(
            Drift.waiting != "",
            body(rx.el.p(Drift.waiting, class_name="fw-second")),
            rx.el.div(
                tables.table(
                    ["112px", "64px", *[""] * len(METRICS)], heads, rx.foreach(Drift.lines, _line), label="Cells",
                    class_name="fw-drift",
                ),
                class_name="fw-scroll-x",
            ),
        ),
        foot(rx.el.span(Drift.reference, class_name="fw-meta")),
        class_name=rx.cond(Drift.stale != "", "stale", ""),
    )  # fmt: skip


def _line(one: rx.Var[Line]) -> rx.Component:
    return tables.row(
        tables.cell(one.name, class_name="fw-medium"),
        tables.cell(one.servers, class_name="fw-right fw-quiet"),
        rx.foreach(one.marks, _mark),
    )


def _mark(one: rx.Var[Mark]) -> rx.Component:
    sign = rx.match(one.level, ("over", icon("triangle-alert", 12)), ("near", icon("circle-dot", 12)), rx.fragment())
    return tables.cell(
        link(
            sign,
            rx.el.span(one.text),
            href=one.href,
            class_name=one.level,
            custom_attrs={"aria-label": one.label, "aria-current": rx.cond(one.selected, "true", "false")},
            title=one.label,
        ),
        class_name="fw-right",
    )


def timeline() -> rx.Component:
    """Four tests of one cell, a strip each."""
    one = Drift.picked
    return card(
        head(one.title, one.qualifier),
        rx.cond(
            one.nothing != "",
            body(rx.el.p(one.nothing, class_name="fw-second")),
            body(
                rx.el.div(rx.foreach(one.strips, _strip), class_name="fw-drift-strips"),
                rx.el.div(rx.el.span(one.start), rx.el.span(one.end), class_name="fw-drift-axis"),
            ),
        ),
    )


def _strip(one: rx.Var[Strip]) -> rx.Component:
    return rx.el.div(
        rx.el.div(rx.el.b(one.name), rx.el.span(one.window, class_name="fw-meta")),
        rx.el.svg(
            rx.el.path(d=f"M0 {HEIGHT // 2}h{WIDTH}", class_name="zero"),
            rx.el.path(d=f"M0 {one.upper}h{WIDTH}M0 {one.lower}h{WIDTH}", class_name="limit"),
            rx.el.path(d=one.line, class_name="line"),
            rx.el.path(d=one.over, class_name="over"),
            view_box=f"0 0 {WIDTH} {HEIGHT}",
            custom_attrs={"preserveAspectRatio": "none", "role": "img", "aria-label": one.label},
        ),
        rx.el.span(one.said, class_name="fw-drift-said", title=one.said),
        class_name=f"fw-drift-strip {one.level}",
    )
