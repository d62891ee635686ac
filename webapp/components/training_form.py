"""The form that asks for a training: sane values, how much telemetry there is, and what is wrong at its field."""

from typing import Any

import reflex as rx

from webapp.components.allowed import may_operate
from webapp.components.cards import body, card, head
from webapp.components.controls import button, field, select
from webapp.components.server_cards import problem
from webapp.core.policies.training_runs import Mode
from webapp.state.training import Training

MODES = [(Mode.FINE_TUNE.value, "Fine-tune the model that serves"), (Mode.SCRATCH.value, "From scratch")]


def ask() -> rx.Component:
    """Train a candidate, for those who may."""
    return card(
        head("Train a candidate"),
        body(rx.cond(may_operate(), _form(), rx.el.p("An operator may train and cancel.", class_name="fw-second"))),
    )


def _form() -> rx.Component:
    return rx.el.form(
        field(
            "How",
            select("mode", MODES, id="fw-training-mode", default_value=Training.form["mode"]),
            name="fw-training-mode",
        ),
        problem(Training.problems["mode"]),
        number("days", "Telemetry of the last", "days", Training.form, Training.problems, "training", Training.stored),
        rx.el.div(
            number("minutes", "Train for", "min", Training.form, Training.problems, "training"),
            number("seed", "Seed", "", Training.form, Training.problems, "training"),
            class_name="fw-two",
        ),
        number(
            "simulated_servers", "Simulated servers beside them", "", Training.form, Training.problems, "training",
            "0, or 40 to 2,000: for few servers of your own",
        ),
        field("Why", _reason(), name="fw-training-reason"),
        problem(Training.problems["reason"]),
        problem(Training.problems["all"]),
        rx.cond(Training.blocked != "", rx.el.p(Training.blocked, class_name="fw-meta", id="fw-training-blocked")),
        button("Train", kind="primary", sign="play", type="submit", disabled=Training.blocked != ""),
        on_submit=Training.request,
        key=Training.turn,
        class_name="fw-form",
    )  # fmt: skip


def _reason() -> rx.Component:
    return rx.el.input(
        id="fw-training-reason", name="reason", placeholder="kept with the run and in the audit",
        class_name="fw-input", auto_complete="off", max_length=300, custom_attrs=_invalid(Training.problems, "reason"),
    )  # fmt: skip


def number(name: str, label: str, unit: str, values: Any, problems: Any, place: str, hint: Any = None) -> rx.Component:
    """A field for a number with its unit, and what is wrong with it below."""
    at = f"fw-{place}-{name}"
    control = rx.el.input(
        id=at, name=name, default_value=values[name], input_mode="decimal", class_name="fw-input",
        auto_complete="off", custom_attrs=_invalid(problems, name),
    )  # fmt: skip
    inner = rx.el.div(control, rx.el.span(unit), class_name="fw-unit")
    return rx.el.div(field(label, inner, name=at, hint=hint), problem(problems[name]), class_name="fw-number")


def _invalid(problems: Any, name: str) -> dict[str, Any]:
    return {"aria-invalid": rx.cond(problems[name], "true", "false")}
