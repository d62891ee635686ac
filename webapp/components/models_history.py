"""Who was champion when: a band of time, a question with its answer, and every line of what became of versions."""

import reflex as rx

from webapp.components import tables
from webapp.components.cards import card, head
from webapp.components.icons import icon
from webapp.state.models import Models
from webapp.state.models_view import Happened, Mark, Stretch

_SIGNS = ("circle-play", "box", "check", "undo-2", "x")


def champions() -> rx.Component:
    """The card."""
    heads = [tables.column(one) for one in ("When", "What", "By", "Why")]
    listed = tables.table(
        ["112px", "196px", "140px", ""], heads, rx.foreach(Models.happened, _line), label="What became of versions"
    )
    return card(
        head("Champions", "", _question()),
        rx.el.div(_band(), class_name="fw-body fw-band-body"),
        rx.el.div(listed, class_name="fw-scroll-x fw-champions"),
    )


def _question() -> rx.Component:
    return rx.el.div(
        rx.el.label("Who was champion at", html_for="fw-champion-at", class_name="fw-meta fw-nowrap"),
        rx.el.input(id="fw-champion-at", name="at", type="datetime-local", class_name="fw-input", on_change=Models.ask),
        rx.el.output(Models.answer, html_for="fw-champion-at", class_name="fw-medium", role="status"),
        class_name="fw-champion-at",
    )


def _band() -> rx.Component:
    return rx.el.div(
        rx.el.div(rx.foreach(Models.band, _stretch), class_name="fw-band"),
        rx.el.div(rx.foreach(Models.marks, _mark), class_name="fw-band-marks", custom_attrs={"aria-hidden": "true"}),
        role="img",
        custom_attrs={"aria-label": "Versions that served, over time; the table below says the same."},
    )


def _stretch(one: rx.Var[Stretch]) -> rx.Component:
    back = rx.cond(one.back, " back", "")
    return rx.el.div(
        rx.cond(one.back & (one.label != ""), icon("undo-2", 11)),
        one.label,
        class_name=f"fw-stretch{rx.cond(one.on, ' on', '')}{back}",
        style={"left": f"min({one.left}, calc(100% - 14px))", "width": one.width},
        title=one.title,
    )


def _mark(one: rx.Var[Mark]) -> rx.Component:
    return rx.el.span(one.label, style={"left": one.left})


def _line(one: rx.Var[Happened]) -> rx.Component:
    sign = rx.match(one.sign, *[(name, icon(name, 14)) for name in _SIGNS], icon("check", 14))
    return tables.row(
        tables.cell(one.at, class_name="fw-second fw-nowrap"),
        tables.cell(rx.el.span(rx.el.span(sign, class_name=one.tone), one.what, class_name="fw-state")),
        tables.cell(one.by, title=one.by),
        tables.cell(one.why, class_name="fw-second", title=one.why),
    )
