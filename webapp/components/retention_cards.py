"""The store: a bar of what it takes, what is kept how long, the form that changes it, the last sweeps."""

import reflex as rx

from webapp.components import tables
from webapp.components.cards import body, card, foot, head
from webapp.components.controls import button, field
from webapp.components.server_cards import problem
from webapp.components.ticking import age
from webapp.state.retention import Retention
from webapp.state.retention_view import Kept, Part, Swept


def stored() -> rx.Component:
    """What takes how much."""
    heads = [
        tables.column("What"), tables.column("Size", "fw-right"), tables.column("Rows", "fw-right"),
        tables.column("Oldest", "fw-right"),
    ]  # fmt: skip
    return card(
        head("What is stored", _counted(), rx.el.span(Retention.free, class_name="fw-meta")),
        body(
            rx.el.div(
                rx.foreach(Retention.parts, _segment),
                class_name="fw-store-bar",
                role="img",
                custom_attrs={"aria-label": Retention.sentence},
            )
        ),
        tables.table(
            ["", "110px", "110px", "120px"], heads, rx.foreach(Retention.parts, _part), label="What is stored"
        ),
    )


def _counted() -> rx.Component:
    return rx.fragment("sizes by row, counted ", age(Retention.counted_at, Retention.seen_at))


def _segment(one: rx.Var[Part]) -> rx.Component:
    return rx.el.i(class_name=f"fw-part {one.name}", style={"width": one.width}, title=f"{one.label}, {one.mb}")


def _part(one: rx.Var[Part]) -> rx.Component:
    return tables.row(
        tables.cell(rx.el.i(class_name=f"fw-part fw-key {one.name}"), one.label),
        tables.cell(one.mb, class_name="fw-right"),
        tables.cell(one.rows, class_name="fw-right fw-second"),
        tables.cell(one.oldest, class_name="fw-right fw-second"),
    )


def limits() -> rx.Component:
    """What is kept how long, in words, and whose word that is."""
    heads = [tables.column(one) for one in ("What", "Kept", "Decided by", "")]
    return card(
        head("What is kept how long", "in stream time"),
        tables.table(
            ["132px", "", "200px", "150px"], heads, rx.foreach(Retention.kept, _kept), label="What is kept how long",
            class_name="fw-kept",
        ),
    )  # fmt: skip


def _kept(one: rx.Var[Kept]) -> rx.Component:
    back = button(
        "Installation's", small=True, sign="undo-2", on_click=Retention.reset_limit(one.name), title=one.title
    )
    return tables.row(
        tables.cell(one.label, class_name="fw-medium"),
        tables.cell(one.words),
        tables.cell(one.by, class_name="fw-second", title=one.by),
        tables.cell(rx.cond(Retention.may_change & ~one.own, back)),
    )


def change() -> rx.Component:
    """The form of administrators: first it shows what would go."""
    return card(
        head("Change what is kept"),
        body(
            rx.el.form(
                _number("cap_mb", "Cap", "MB"),
                _number("fan_hours", "Every forecast for", "h"),
                _number("telemetry_days", "Telemetry for", "days", "empty: as the cap allows"),
                _number("risk_days", "Risks for", "days", "empty: as the cap allows"),
                _number("run_days", "Forecast cycles for", "days", "empty: as the cap allows"),
                _reason(),
                button("Show what would go", sign="eye", type="submit"),
                on_submit=Retention.try_out,
                key=Retention.form_key,
                class_name="fw-form",
            ),
        ),
        rx.cond(Retention.asked, _preview()),
    )


def _number(name: str, label: str, unit: str, hint: str = "") -> rx.Component:
    control = rx.el.input(
        id=f"fw-{name}", name=name, default_value=Retention.form[name], placeholder=hint, input_mode="numeric",
        class_name="fw-input", auto_complete="off", on_change=Retention.edit,
        custom_attrs={"aria-invalid": rx.cond(Retention.problems[name], "true", "false")},
    )  # fmt: skip
    inner = rx.el.div(control, rx.el.span(unit), class_name="fw-unit")
    return rx.fragment(field(label, inner, name=f"fw-{name}"), problem(Retention.problems[name]))


def _reason() -> rx.Component:
    control = rx.el.input(
        id="fw-retention-reason", name="reason", placeholder="kept in the audit", class_name="fw-input",
        auto_complete="off", max_length=300, on_change=Retention.edit,
        custom_attrs={"aria-invalid": rx.cond(Retention.problems["reason"], "true", "false")},
    )  # fmt: skip
    return rx.fragment(
        field("Why", control, name="fw-retention-reason"), problem(Retention.problems["reason"])
    )  # fmt: skip


def _preview() -> rx.Component:
    return rx.fragment(
        body(rx.el.div(rx.foreach(Retention.preview, rx.el.p), class_name="fw-would", role="status")),
        foot(
            rx.el.span(class_name="fw-spring"),
            button("Apply from the next sweep on", kind="primary", on_click=Retention.apply),
        ),
    )


def sweeps() -> rx.Component:
    """The last sweeps."""
    names = ("When", "By", "Took", "Deleted", "Freed", "Note")
    heads = [tables.column(one, "fw-right" if one in ("Took", "Freed") else "") for one in names]
    widths = ["92px", "100px", "80px", "", "90px", "270px"]
    shown = tables.table(widths, heads, rx.foreach(Retention.swept, _swept), label="Last sweeps")
    nothing = body(rx.el.p("No sweep yet. The first one comes at seven minutes past the hour.", class_name="fw-second"))
    return card(
        head("Last sweeps", "one an hour, at seven minutes past"),
        rx.cond(Retention.swept, rx.el.div(shown, class_name="fw-scroll-x fw-wide-table"), nothing),
    )


def _swept(one: rx.Var[Swept]) -> rx.Component:
    return tables.row(
        tables.cell(one.at, class_name="fw-second"),
        tables.cell(one.by),
        tables.cell(one.took, class_name="fw-right fw-second"),
        tables.cell(one.deleted, title=one.deleted),
        tables.cell(one.freed, class_name="fw-right"),
        tables.cell(one.note, class_name=one.tone, title=one.note),
    )
