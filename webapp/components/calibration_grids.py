"""The grids of the calibration page: what the 80 % interval held and the skill, a row a metric or profile."""

from typing import Any

import reflex as rx

from webapp.components import tables
from webapp.components.cards import card, head
from webapp.state.calibration import Calibration
from webapp.state.calibration_view import Line, columns


def by_metric() -> rx.Component:
    """All servers of the stream, metric by metric."""
    return _grid("By metric", "Metric", Calibration.metrics)


def by_profile() -> rx.Component:
    """All metrics, profile by profile."""
    return _grid("By profile", "Profile", Calibration.profiles)


def _grid(title: str, first: str, lines: Any) -> rx.Component:
    heads = [
        tables.column(first),
        *[tables.column(one, "fw-right") for one in columns()],
        tables.column("Truths", "fw-right"),
    ]
    widths = ["13%", *["12.5%"] * len(columns()), "12%"]
    return card(
        head(title, "share that the 80\u00a0% interval held, and skill; by lead time"),
        rx.el.div(
            tables.table(widths, heads, rx.foreach(lines, _line), label=title, class_name="fw-calibration"),
            class_name="fw-scroll",
        ),
    )


def _line(one: rx.Var[Line]) -> rx.Component:
    return tables.row(
        tables.cell(one.name, class_name="fw-medium"),
        rx.foreach(one.marks, mark),
        tables.cell(one.count, class_name="fw-right fw-quiet"),
    )


def mark(one: Any) -> rx.Component:
    """A cell: share and skill."""
    return tables.cell(
        rx.el.span(one.share, class_name="fw-share80"),
        rx.el.span(one.skill, class_name=rx.cond(one.worse, "fw-skill worse", "fw-skill")),
        class_name=f"fw-right fw-mark80 {one.verdict}",
        title=one.title,
    )
