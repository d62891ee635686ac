"""The parts of the jobs page where somebody acts: dead letters, recurring duties, and the dialog that asks first."""

from typing import Any

import reflex as rx

from webapp.components import tables
from webapp.components.allowed import may_operate
from webapp.components.controls import button, closes, dialog, field
from webapp.components.job_tables import Columns, table
from webapp.core.policies.jobs import LONGEST_REASON, Act
from webapp.state.jobs import Jobs
from webapp.state.jobs_view import LetterRow, ScheduleRow


def letters() -> rx.Component:
    """Jobs that were given up, each with what can be done about it."""
    columns: Columns = [
        ("Job", "146px", False), ("With", "20%", False), ("Queue", "78px", False), ("Given up", "84px", False),
        ("Tries", "46px", True), ("Last error", "", False), ("", "172px", True),
    ]  # fmt: skip
    everything = rx.cond(may_operate(), rx.foreach(Jobs.crowded, _all_of))
    empty = "No job was given up in the last 24\u00a0h."
    return table(
        "Dead letters", Jobs.letters_note, columns, Jobs.letters, _letter, empty, everything, roomy="roomy"
    )  # fmt: skip


def _all_of(queue: rx.Var[str]) -> rx.Component:
    return button(
        f"Requeue all of {queue}", small=True, sign="rotate-ccw", on_click=Jobs.ask(Act.REQUEUE_ALL.value, queue, "")
    )


def _letter(one: rx.Var[LetterRow]) -> rx.Component:
    acts = rx.el.div(
        button("Requeue", small=True, on_click=Jobs.ask(Act.REQUEUE.value, one.queue, one.id)),
        button("Discard", small=True, kind="danger", on_click=Jobs.ask(Act.DISCARD.value, one.queue, one.id)),
        class_name="fw-jobs-acts",
    )
    return tables.row(
        tables.cell(one.actor, class_name="fw-medium", title=one.id),
        tables.cell(one.arguments, class_name="fw-second", title=one.arguments),
        tables.cell(rx.el.span(one.queue, class_name="fw-mono")),
        tables.cell(one.at, class_name="fw-second"),
        tables.cell(one.tries, class_name="fw-right"),
        tables.cell(one.error, class_name="fw-second", title=one.error),
        tables.cell(rx.cond(may_operate(), acts)),
    )


def duties() -> rx.Component:
    """Recurring duties: rhythm, last run and how it went, next run; each can run now."""
    columns: Columns = [
        ("Duty", "", False), ("Runs", "88px", False), ("Last", "62px", True), ("Took", "98px", True),
        ("Outcome", "20%", False), ("Next", "62px", True), ("", "100px", True),
    ]  # fmt: skip
    return table(
        "Recurring duties", "", columns, Jobs.schedules, _duty, "The scheduler has not reported yet.", roomy="roomy"
    )


def _duty(one: rx.Var[ScheduleRow]) -> rx.Component:
    said: Any = rx.cond(one.asked != "", one.asked, one.outcome)
    return tables.row(
        tables.cell(one.name, class_name="fw-medium"),
        tables.cell(one.every, class_name="fw-second"),
        tables.cell(one.last, class_name="fw-right fw-second"),
        tables.cell(one.took, class_name="fw-right"),
        tables.cell(said, class_name=rx.cond(one.asked != "", "fw-warning", one.tone), title=said),
        tables.cell(one.next, class_name="fw-right"),
        tables.cell(
            rx.cond(may_operate(), button("Run now", small=True, on_click=Jobs.ask(Act.RUN.value, "", one.name)))
        ),
    )


def asking() -> rx.Component:
    """Names what is done and what follows, and asks for a reason."""
    asked = Jobs.asked
    reason = rx.el.textarea(
        id="fw-jobs-reason", name="reason", rows="3", required=True, max_length=LONGEST_REASON, class_name="fw-input",
        auto_focus=True,
    )  # fmt: skip
    return dialog(
        "fw-jobs-ask",
        rx.el.form(
            rx.el.h2(asked.title),
            rx.el.p(asked.note, class_name="fw-second"),
            field("Reason, kept in the audit", reason, name="fw-jobs-reason"),
            rx.el.div(
                button("Leave it", custom_attrs=closes()),
                rx.cond(
                    asked.danger,
                    button(asked.button, kind="danger", type="submit"),
                    button(asked.button, kind="primary", type="submit"),
                ),
                class_name="fw-actions",
            ),
            on_submit=Jobs.confirm,
            reset_on_submit=True,
        ),
        label="Confirm",
    )
