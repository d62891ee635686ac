"""Episodes of drift, decisions whether to train, and what each test needs."""

import reflex as rx

from webapp.components import tables
from webapp.components.cards import body, card, head
from webapp.components.chips import pill
from webapp.components.controls import link
from webapp.state.drift import Drift
from webapp.state.drift_view import Decision, Episode, Need


def episodes() -> rx.Component:
    """What began and is over, open ones first."""
    names = ("Drift of", "What", "Since", "Found", "Over", "Peak", "Loss")
    return card(
        head("Episodes", "open ones first; peak against its threshold"),
        rx.cond(
            Drift.episodes,
            rx.el.div(
                tables.table(
                    ["", "", "86px", "86px", "86px", "88px", "96px"], [tables.column(one) for one in names],
                    rx.foreach(Drift.episodes, _episode), label="Episodes",
                ),
                class_name="fw-scroll fw-drift-list",
            ),
            body(rx.el.p("None so far.", class_name="fw-second")),
        ),
    )  # fmt: skip


def _episode(one: rx.Var[Episode]) -> rx.Component:
    over = rx.cond(one.open, pill("open", "critical"), rx.el.span(one.over, title=one.why))
    return tables.row(
        tables.cell(link(one.what, href=one.href, class_name="fw-link")),
        tables.cell(one.said, title=one.test),
        tables.cell(one.since, class_name="fw-second"),
        tables.cell(one.found, class_name="fw-second"),
        tables.cell(over),
        tables.cell(one.peak, class_name="fw-second"),
        tables.cell(one.cost),
        href=one.href,
    )


def decisions() -> rx.Component:
    """Why there was a training, or none."""
    return card(
        head("Training after drift", "each decision, and why"),
        rx.cond(
            Drift.decisions,
            rx.el.ol(rx.foreach(Drift.decisions, _decision), class_name="fw-drift-decisions fw-scroll"),
            body(rx.el.p("Nothing was decided yet: the first look decides.", class_name="fw-second")),
        ),
    )


def _decision(one: rx.Var[Decision]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.b(one.verdict),
            rx.cond(one.run != "", pill(one.run, "ghost")),
            rx.el.span(one.when, class_name="fw-meta"),
        ),
        rx.el.p(one.reason, class_name="fw-second"),
        class_name=rx.cond(one.retrain, "retrain", ""),
    )


def needs() -> rx.Component:
    """What each test looks at."""
    names = ("Test", "Looks at", "Reference", "Cells", "")
    return card(
        head("Tests", "made at every full hour of the stream's time"),
        tables.table(
            ["", "70px", "70px", "44px", "74px"], [tables.column(one) for one in names],
            rx.foreach(Drift.needs, _need), label="Tests",
        ),
        rx.el.p(
            "Thresholds leave less than one false alarm a week for a whole fleet, on simulated servers. A cell needs "
            "two servers: what happens to one is an incident. Maintenance and injections of up to a day do not count.",
            class_name="fw-drift-note fw-meta",
        ),
    )  # fmt: skip


def _need(one: rx.Var[Need]) -> rx.Component:
    return tables.row(
        tables.cell(one.name),
        tables.cell(one.window, class_name="fw-second"),
        tables.cell(one.reference, class_name="fw-second"),
        tables.cell(one.cells, class_name="fw-second"),
        tables.cell(one.missing),
    )
