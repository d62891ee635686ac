"""Evidence on a candidate: by lead time, then metric, then profile; each difference a dot and a bar around zero."""

from typing import Any

import reflex as rx

from webapp.components import tables
from webapp.components.cards import body, card, head
from webapp.components.controls import native_link
from webapp.components.icons import icon
from webapp.state.models import Models
from webapp.state.models_view import BarRow, LeadRow

svg = rx.el.svg


def by_lead() -> rx.Component:
    """All lead buckets together, then each, with both models' losses, skill and coverage."""
    heads = [
        tables.column("Lead time"), tables.column("Windows", "fw-right"), tables.column("Champion", "fw-right"),
        tables.column("Candidate", "fw-right"), rx.el.th(_axis(), scope="col"),
        tables.column("Difference", "fw-right"), tables.column("Skill, was and is", "fw-right"),
        tables.column(f"80{chr(160)}% interval holds", "fw-right"),
    ]  # fmt: skip
    widths = ["14%", "8%", "10%", "10%", "", "12%", "13%", "16%"]
    shown = tables.table(
        widths, heads, rx.foreach(Models.picked.leads, _lead), label="Evidence by lead time, in pinball loss",
        class_name="fw-evidence",
    )  # fmt: skip
    return card(
        head(
            "Evidence", Models.picked.paired, rx.el.span(Models.picked.evaluated, class_name="fw-meta fw-nowrap"),
            native_link(
                icon("arrow-down", 12), rx.el.span("Evidence pack"), href=Models.picked.pack,
                class_name="fw-btn small", custom_attrs={"download": ""},
                title="One page with all of this, to keep or to print",
            ),
        ),
        rx.el.div(shown, class_name="fw-scroll-x"),
    )  # fmt: skip


def _axis() -> rx.Component:
    return rx.el.div(
        rx.el.span("candidate better"), rx.el.span("worse"), class_name="fw-diff-axis",
        title="Difference in pinball loss: left of the line the candidate is better",
    )  # fmt: skip


def _lead(one: rx.Var[LeadRow]) -> rx.Component:
    return tables.row(
        tables.cell(one.bar.name, class_name="fw-nowrap"),
        tables.cell(one.windows, class_name="fw-right fw-second"),
        tables.cell(one.champion, class_name="fw-right fw-second"),
        tables.cell(one.candidate, class_name="fw-right fw-medium"),
        tables.cell(_track(one.bar)),
        tables.cell(_words(one.bar), class_name="fw-right"),
        tables.cell(rx.el.span(one.skill_was, class_name="fw-quiet"), " ", one.skill_is, class_name="fw-right"),
        tables.cell(
            rx.el.span(one.held_was, class_name="fw-quiet"), " ",
            rx.el.span(one.held_is, class_name=rx.cond(one.off != "", "fw-warning", "")), class_name="fw-right",
        ),
        title=one.bar.title,
    )  # fmt: skip


def by_metric() -> rx.Component:
    """A line a metric."""
    return _bars("By metric", "difference in pinball loss", Models.picked.metrics)


def by_profile() -> rx.Component:
    """A line a profile, and servers that neither model was trained on."""
    return _bars("By profile", "the worst first, then other servers", Models.picked.profiles)


def _bars(title: str, qualifier: str, rows: Any) -> rx.Component:
    listed = rx.el.ul(rx.foreach(rows, _bar), class_name="fw-diffs", custom_attrs={"aria-label": title})
    nothing = rx.el.p("Nothing was measured here.", class_name="fw-second")
    return card(head(title, qualifier), body(rx.cond(rows, listed, nothing)))


def _bar(one: rx.Var[BarRow]) -> rx.Component:
    return rx.el.li(
        rx.el.span(one.name, class_name="fw-diff-name"),
        _track(one),
        rx.el.span(_words(one), class_name="fw-right"),
        title=one.title,
    )


def _words(one: Any) -> rx.Component:
    tie = rx.el.span("tie ", class_name="fw-quiet")
    return rx.el.span(
        rx.cond(one.verdict == "tie", tie), rx.el.span(one.words, class_name=f"fw-diff-words {one.verdict}")
    )


def _track(one: Any) -> rx.Component:
    """Dot and bar around zero; the words beside it say the same."""
    return svg(
        svg.rect(x=one.start, y="6", width=one.width, height="6", rx="3", class_name="fw-diff-bar"),
        svg.line(x1=one.zero, x2=one.zero, y1="0", y2="18", class_name="fw-diff-zero"),
        svg.circle(cx=one.dot, cy="9", r="3.4", class_name="fw-diff-dot"),
        width="100%", height="18", class_name=f"fw-diff {one.verdict}", custom_attrs={"aria-hidden": "true"},
    )  # fmt: skip
