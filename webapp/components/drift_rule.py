"""When drift starts a training: the rule, and the forms of those who may change it."""

from typing import Any

import reflex as rx

from webapp.components.cards import body, card, fold, folds, head
from webapp.components.controls import button, field, select
from webapp.components.server_cards import problem
from webapp.components.ticking import age
from webapp.state.drift import Drift


def rule() -> rx.Component:
    """What holds, and who said so."""
    who = rx.el.p(
        "Set by ", Drift.rule.by, ", ", age(Drift.rule.at, Drift.seen_at), ": ", Drift.rule.reason, class_name="fw-meta"
    )
    return card(
        head("Rule"),
        body(rx.el.p(Drift.rule.said), rx.cond(Drift.rule.by != "", who, _default())),
    )


def _default() -> rx.Component:
    return rx.el.p("This is the default; an approver or administrator may change it.", class_name="fw-meta")


def forms() -> rx.Component:
    """For approvers: the rule, and beginning the reference anew."""
    return rx.cond(
        Drift.may_change,
        folds(
            fold("Change the rule", "on or off, and when", _form()),
            fold("Begin the reference anew", "now is usual", _again()),
        ),
    )


def _form() -> rx.Component:
    rule_now = Drift.rule
    return body(
        rx.el.form(
            field(
                "Training after drift",
                select(
                    "enabled", [("on", "on"), ("off", "off")], id="fw-drift-enabled",
                    default_value=rx.cond(rule_now.enabled, "on", "off"),
                ),
                name="fw-drift-enabled",
            ),
            _number("open_hours", "Drift open for", "h", rule_now.open_hours),
            _number("new_hours", "Data since the change", "h", rule_now.new_hours),
            _number("pause_hours", "Pause after a training", "h", rule_now.pause_hours),
            _number("minutes", "Length of a training", "min", rule_now.minutes),
            _reason("reason", "fw-drift-reason"),
            problem(Drift.problems["reason"]),
            button("Set the rule", kind="primary", type="submit"),
            key=f"rule-{Drift.form}",
            on_submit=Drift.save,
            class_name="fw-form",
        )
    )  # fmt: skip


def _number(name: str, label: str, unit: str, value: Any) -> rx.Component:
    control = rx.el.input(
        id=f"fw-drift-{name}", name=name, default_value=value, input_mode="numeric", class_name="fw-input",
        auto_complete="off", custom_attrs={"aria-invalid": rx.cond(Drift.problems[name], "true", "false")},
    )  # fmt: skip
    inner = rx.el.div(control, rx.el.span(unit), class_name="fw-unit")
    return rx.fragment(field(label, inner, name=f"fw-drift-{name}"), problem(Drift.problems[name]))


def _again() -> rx.Component:
    return body(
        rx.el.form(
            rx.el.p(
                "Open drift ends, and nothing is tested until a new week of reference is there.", class_name="fw-second"
            ),
            _reason("why", "fw-drift-why"),
            problem(Drift.again_problem),
            button("Begin anew", kind="danger", type="submit"),
            key=f"again-{Drift.form}",
            on_submit=Drift.restart,
            class_name="fw-form",
        )
    )


def _reason(name: str, control_id: str) -> rx.Component:
    control = rx.el.textarea(id=control_id, name=name, rows="2", max_length=500, class_name="fw-input", required=True)
    return field("Reason, kept in the audit", control, name=control_id)
