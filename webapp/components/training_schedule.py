"""The schedule: when trainings start by themselves, in words and as the next three times; its form and its history."""

import reflex as rx

from webapp.components import tables
from webapp.components.allowed import may_approve, may_operate
from webapp.components.cards import body, card, head
from webapp.components.controls import button, closes, dialog, field, link, select, shows
from webapp.components.icons import icon
from webapp.components.server_cards import problem
from webapp.components.training_form import MODES, number
from webapp.components.training_run import reason
from webapp.core.policies.zones import names
from webapp.state.training import Training
from webapp.state.training_view import HistoryRow

_NOW = "fw-training-now"


def schedule() -> rx.Component:
    """When the next one starts, and the form that changes it."""
    plan = Training.schedule
    now = button(
        "Run now", small=True, sign="play", custom_attrs=shows(_NOW), disabled=Training.blocked != "",
        title=rx.cond(Training.blocked != "", Training.blocked, "Start what the schedule starts, at once"),
    )  # fmt: skip
    return card(
        head("Schedule", "", rx.cond(may_operate(), now)),
        body(
            rx.el.p(icon("calendar-clock", 14), rx.el.b(plan.sentence), class_name="fw-plan-say"),
            rx.el.ul(rx.foreach(plan.coming, _time), class_name="fw-plan-times", custom_attrs={"aria-label": "Next"}),
            rx.el.p(plan.recipe, class_name="fw-second"),
            rx.el.p("This is ", plan.by, ". ", plan.note, class_name="fw-meta"),
            rx.cond(plan.last != "", rx.el.p("Last: ", plan.last, class_name="fw-meta")),
            rx.cond(
                may_approve(),
                rx.el.details(rx.el.summary("Change the schedule"), _form(), class_name="fw-plan-change"),
                rx.el.p("An approver may change the schedule.", class_name="fw-meta"),
            ),
        ),
        class_name="fw-plan",
    )


def _time(one: rx.Var[list[str]]) -> rx.Component:
    return rx.el.li(one[0], rx.cond(one[1] != "", rx.el.span(one[1], class_name="fw-warning")))


def _form() -> rx.Component:
    form, wrong = Training.schedule.form, Training.wrong
    return rx.el.form(
        rx.el.label(
            rx.el.input(type="checkbox", name="enabled", default_checked=Training.schedule.enabled),
            rx.el.span("Start trainings by themselves"),
            class_name="fw-check",
        ),
        field("Times, as cron", _text("cron", "0 2 * * *"), name="fw-plan-cron",
              hint="minute, hour, day of the month, month, day of the week"),
        problem(wrong["cron"]),
        field("Time zone", _text("zone", "the installation's", zones="fw-plan-zones"), name="fw-plan-zone"),
        rx.el.datalist(*[rx.el.option(value=one) for one in names()], id="fw-plan-zones"),
        problem(wrong["zone"]),
        rx.el.div(
            rx.cond(
                Training.preview != "",
                rx.fragment(rx.el.p(Training.preview), rx.el.ul(rx.foreach(Training.times, _time))),
                rx.el.p("The next three times are shown as you type.", class_name="fw-quiet"),
            ),
            class_name="fw-upkeep-preview",
            custom_attrs={"aria-live": "polite", "aria-label": "Next times"},
        ),
        field("How", select("mode", MODES, id="fw-plan-mode", default_value=form["mode"]), name="fw-plan-mode"),
        rx.el.div(
            number("days", "Telemetry of the last", "days", form, wrong, "plan"),
            number("minutes", "Train for", "min", form, wrong, "plan"),
            class_name="fw-two",
        ),
        number("simulated_servers", "Simulated servers beside them", "", form, wrong, "plan"),
        reason("fw-plan-reason"),
        problem(wrong["reason"]),
        problem(wrong["all"]),
        button("Save the schedule", kind="primary", sign="check", type="submit"),
        on_submit=Training.save_schedule,
        key=Training.schedule_key,
        class_name="fw-form",
    )  # fmt: skip


def _text(name: str, hint: str, zones: str = "") -> rx.Component:
    more = {"list": zones} if zones else {}
    return rx.el.input(
        id=f"fw-plan-{name}", name=name, placeholder=hint, default_value=Training.schedule.form[name],
        class_name=f"fw-input {'fw-mono' if name == 'cron' else ''}", auto_complete="off", spell_check=False,
        on_change=lambda text: Training.edit_schedule(name, text),
        custom_attrs={"aria-invalid": rx.cond(Training.wrong[name], "true", "false"), **more},
    )  # fmt: skip


def now_dialog() -> rx.Component:
    """What starts, and why."""
    return dialog(
        _NOW,
        rx.el.form(
            rx.el.h2("Run it now?"),
            rx.el.p(Training.schedule.recipe, class_name="fw-second"),
            reason("fw-plan-why-now", required=True),
            rx.el.div(
                button("Wait for its time", custom_attrs=closes()),
                button("Run now", kind="primary", type="submit"),
                class_name="fw-actions",
            ),
            on_submit=Training.run_now,
            reset_on_submit=True,
        ),
        label="Run the schedule now",
    )


def history() -> rx.Component:
    """What became of the last times."""
    heads = [tables.column(one) for one in ("Due", "Outcome", "Run", "Why")]
    shown = tables.table(
        ["96px", "92px", "70px", ""], heads, rx.foreach(Training.schedule.history, _past), label="Schedule's history",
        class_name="fw-plan-history",
    )  # fmt: skip
    nothing = body(rx.el.p("No time of the schedule has come yet.", class_name="fw-second"))
    return card(
        head("What the schedule did", f"newest first, times in {Training.schedule.zone}"),
        rx.cond(Training.schedule.history.length() > 0, shown, nothing),
    )


def _past(one: rx.Var[HistoryRow]) -> rx.Component:
    return tables.row(
        tables.cell(one.when, class_name="fw-second"),
        tables.cell(rx.el.span(icon(one.sign, 13), one.outcome, class_name=f"fw-state {one.tone}")),
        tables.cell(rx.cond(one.href != "", link(one.run, href=one.href))),
        tables.cell(one.why, class_name="fw-second", title=one.why),
    )
