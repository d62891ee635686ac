"""The grid of thresholds, profile by metric, and beside it the one that was picked."""

import reflex as rx

from ml.schema import METRICS
from webapp.components import tables
from webapp.components.cards import body, card, foot, head
from webapp.components.controls import button, field, link, segments
from webapp.components.server_cards import problem
from webapp.components.ticking import age
from webapp.state.thresholds import Thresholds
from webapp.state.thresholds_view import NOT_WATCHED, Cell, Row
from webapp.state.thresholds_words import Said


def grid() -> rx.Component:
    """A row a profile, a cell a metric; the default stands below what differs from it."""
    heads = [tables.column("Profile"), *[tables.column(_head(one.label, one.unit), "fw-right") for one in METRICS]]
    widths = ["146px", *[""] * len(METRICS)]
    return card(
        head("Thresholds", "by profile and metric; below it the default, where it differs"),
        rx.el.div(
            tables.table(
                widths, heads, rx.foreach(Thresholds.rows, _row), label="Thresholds", class_name="fw-thresholds"
            ),
            class_name="fw-scroll-x",
        ),
    )


def _head(label: str, unit: str) -> rx.Component:
    return rx.fragment(label, rx.el.span(f" {unit}", class_name="fw-unit-of"))


def _row(one: rx.Var[Row]) -> rx.Component:
    return tables.row(
        tables.cell(rx.el.b(one.profile), rx.el.span(one.servers, class_name="fw-meta")),
        rx.foreach(one.cells, _cell),
        class_name=rx.cond(one.here, "here", "nobody"),
    )


def _cell(one: rx.Var[Cell]) -> rx.Component:
    return tables.cell(
        link(
            rx.el.span(one.text),
            rx.cond(one.standard != "", rx.el.small(one.standard)),
            href=one.href,
            class_name=rx.cond(one.standard != "", "own", ""),
            custom_attrs={"aria-label": one.label, "aria-current": rx.cond(one.selected, "true", "false")},
            title=one.label,
        ),
        class_name="fw-right",
    )


def picked() -> rx.Component:
    """The threshold in the address: who changed it, and a form for those who may."""
    return rx.cond(Thresholds.picked.key != "", _picked(), _nothing())


def _nothing() -> rx.Component:
    return card(
        head("Pick a threshold"),
        body(
            rx.el.p(
                rx.cond(
                    Thresholds.may_change,
                    "It shows who changed it, and what another one would have done in the last 7\u00a0days.",
                    "It shows who changed it, when and why.",
                ),
                class_name="fw-second",
            )
        ),
    )


def _picked() -> rx.Component:
    one = Thresholds.picked
    return card(
        head(one.title, "", link("Audit", href=one.audit, class_name="fw-link")),
        body(rx.el.dl(rx.foreach(one.facts, _fact), _changed(), class_name="fw-facts fw-threshold-facts")),
        rx.cond(
            Thresholds.may_change,
            _form(),
            foot(rx.el.span("An approver or administrator may change it.", class_name="fw-meta")),
        ),
    )


def _fact(one: rx.Var[tuple[str, str]]) -> rx.Component:
    return rx.el.div(rx.el.dt(one[0]), rx.el.dd(one[1], title=one[1]))


def _changed() -> rx.Component:
    one = Thresholds.picked
    who = rx.el.dd(one.by, ", ", age(one.at, Thresholds.seen_at))
    return rx.cond(one.by != "", rx.el.div(rx.el.dt("Changed by"), who))


def _form() -> rx.Component:
    one = Thresholds.picked
    return body(
        rx.el.form(
            segments(
                "Which threshold",
                _choice("A threshold", one.standard, (Thresholds.draft != NOT_WATCHED)),
                _choice("Not watched", NOT_WATCHED, (Thresholds.draft == NOT_WATCHED)),
            ),
            rx.cond(Thresholds.draft == NOT_WATCHED, rx.fragment(), _number()),
            problem(Thresholds.problems["limit"]),
            _said(),
            field("Reason, kept in the audit", _reason(), name="fw-threshold-reason"),
            problem(Thresholds.problems["reason"]),
            button(
                rx.cond(Thresholds.use != "", Thresholds.use, "Nothing to change yet"),
                kind="primary",
                type="submit",
                disabled=(Thresholds.use == "") | Thresholds.busy,
            ),
            key=Thresholds.form.to_string(),
            on_submit=Thresholds.save,
            class_name="fw-form fw-thresholds-form",
        )
    )


def _choice(label: str, draft: rx.Var[str] | str, on: rx.Var[bool]) -> rx.Component:
    return rx.el.button(
        label,
        type="button",
        on_click=Thresholds.pick(draft),
        custom_attrs={"aria-pressed": rx.cond(on, "true", "false")},
    )


def _number() -> rx.Component:
    one = Thresholds.picked
    number = rx.el.input(
        id="fw-threshold", name="limit", key=Thresholds.filled.to_string(), default_value=Thresholds.draft,
        input_mode="decimal", auto_complete="off", class_name="fw-input", on_change=Thresholds.try_limit.debounce(250),
        custom_attrs={"aria-invalid": rx.cond(Thresholds.problems["limit"], "true", "false")},
    )  # fmt: skip
    back = button(
        "Default", small=True, on_click=Thresholds.pick(one.standard), disabled=Thresholds.draft == one.standard
    )
    return rx.el.div(
        field("Over", rx.el.div(number, rx.el.span(one.unit), class_name="fw-unit"), name="fw-threshold"),
        back,
        class_name="fw-threshold-number",
    )


def _reason() -> rx.Component:
    return rx.el.textarea(
        id="fw-threshold-reason", name="reason", rows="2", max_length=500, class_name="fw-input", required=True
    )


def _said() -> rx.Component:
    """What the draft would do, in room that is there from the start."""
    return rx.el.div(
        rx.cond(
            Thresholds.busy,
            rx.el.p("Looking at the last 7\u00a0days", class_name="fw-meta"),
            rx.cond(
                Thresholds.said,
                rx.foreach(Thresholds.said, _line),
                rx.el.p("What it would do stands here before you set it.", class_name="fw-meta"),
            ),
        ),
        class_name="fw-threshold-said",
        custom_attrs={"aria-live": "polite"},
    )


def _line(one: rx.Var[Said]) -> rx.Component:
    return rx.el.p(one.text, class_name=one.tone)
