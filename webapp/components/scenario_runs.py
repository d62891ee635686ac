"""Every run so far, newest first: what was predicted, what came, how early the warning was."""

import reflex as rx

from webapp.components import tables
from webapp.components.allowed import may_operate
from webapp.components.cards import body, card, head
from webapp.components.controls import link
from webapp.components.icons import icon
from webapp.state.scenarios import Scenarios
from webapp.state.scenarios_view import Run


def runs() -> rx.Component:
    """The table, or why it is empty."""
    names = ("Started", "Scenario", "Servers", "Hypothesis", "Predicted", "True breach", "Lead", "State", "")
    numbers = {"Predicted", "True breach", "Lead"}
    heads = [tables.column(one, "fw-right" if one in numbers else f"fw-run-{one.lower()}") for one in names]
    widths = ["100px", "130px", "116px", "", "82px", "92px", "76px", "172px", "66px"]
    rows = rx.foreach(Scenarios.runs, _run)
    return card(
        head("Runs", Scenarios.runs_note),
        rx.cond(
            Scenarios.runs.length() > 0,
            rx.el.div(
                tables.table(widths, heads, rows, label="Runs, newest first", class_name="links"),
                class_name="fw-scroll",
                custom_attrs={"data-rows": ""},
            ),
            body(rx.el.p("No scenario has run yet. The first one is listed here.", class_name="fw-second")),
        ),
        class_name="fw-runs",
    )  # fmt: skip


def _run(one: rx.Var[Run]) -> rx.Component:
    return tables.row(
        tables.cell(one.started, class_name="fw-second"),
        tables.cell(link(one.label, href=one.href, class_name="fw-medium")),
        tables.cell(rx.el.span(one.servers, class_name="fw-mono"), title=one.servers),
        tables.cell(one.hypothesis, class_name="fw-second fw-run-hypothesis", title=one.hypothesis),
        tables.cell(one.predicted, class_name="fw-right"),
        tables.cell(one.breached, class_name="fw-right"),
        tables.cell(one.lead, class_name="fw-right fw-medium"),
        tables.cell(rx.el.span(icon(one.sign, 13), one.state, class_name=f"fw-state {one.tone}"), title=one.why),
        tables.cell(
            rx.cond(may_operate(), link("Repeat", href=one.again, class_name="fw-quiet")), class_name="fw-right"
        ),
        href=one.href,
        custom_attrs={"aria-selected": rx.cond(one.selected, "true", "false")},
    )
