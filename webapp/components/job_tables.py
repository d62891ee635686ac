"""The tables of the jobs page that are only looked at: processes, queues, running jobs, cycles, failures."""

from typing import Any

import reflex as rx

from webapp.components import tables
from webapp.components.cards import body, card, head
from webapp.components.icons import icon
from webapp.components.ticking import age
from webapp.state.jobs import Jobs
from webapp.state.jobs_view import CycleRow, FailureRow, ProcessRow, QueueRow, RunningRow, Total

Columns = list[tuple[str, str, bool]]


def totals() -> rx.Component:
    """What all processes use together, each against its budget."""
    return rx.el.div(rx.foreach(Jobs.totals, _total), class_name="fw-totals")


def _total(one: rx.Var[Total]) -> rx.Component:
    return card(
        rx.el.div(one.name, class_name="fw-meta"),
        rx.el.div(one.value, class_name=f"fw-figure fw-{one.tone}"),
        rx.el.div(rx.el.i(style={"width": one.width}), class_name=f"fw-track {one.tone}"),
        rx.el.div(one.note, class_name="fw-meta", title=one.note),
        class_name="fw-total",
    )


def processes() -> rx.Component:
    """Every supervised process."""
    columns: Columns = [
        ("Process", "98px", False), ("What it does", "", False), ("State", "88px", False), ("Pid", "72px", True),
        ("CPU", "62px", True), ("Memory", "80px", True), ("Restarts", "74px", True), ("Up for", "84px", True),
        ("Last sign of life", "112px", True),
    ]  # fmt: skip
    return table("Processes", "one core is 100\u00a0%", columns, Jobs.processes, _process, "No process reports.")


def _process(one: rx.Var[ProcessRow]) -> rx.Component:
    return tables.row(
        tables.cell(rx.el.span(one.name, class_name="fw-mono")),
        tables.cell(rx.cond(one.note, one.note, one.purpose), class_name="fw-second", title=one.note),
        tables.cell(rx.el.span(icon(one.sign, 13), one.state, class_name=f"fw-state {one.tone}")),
        *[tables.cell(value, class_name="fw-right") for value in (one.pid, one.cpu, one.memory)],
        tables.cell(one.restarts, class_name=rx.cond(one.restarts == "0", "fw-right fw-quiet", "fw-right fw-warning")),
        tables.cell(one.uptime, class_name="fw-right"),
        tables.cell(rx.cond(one.beat_at, age(one.beat_at, Jobs.seen_at), one.beat), class_name="fw-right fw-second"),
    )


def queues() -> rx.Component:
    """The broker's queues."""
    columns: Columns = [
        ("Queue", "", False), ("Running", "62px", True), ("Waiting", "60px", True), ("Delayed", "62px", True),
        ("Retries", "58px", True), ("Dead", "50px", True),
    ]  # fmt: skip
    return table("Queues", "", columns, Jobs.queues, _queue, "The broker has no queues yet.")


def _queue(one: rx.Var[QueueRow]) -> rx.Component:
    counts = (one.running, one.waiting, one.delayed, one.retries)
    return tables.row(
        tables.cell(rx.el.span(one.name, class_name="fw-mono")),
        *[tables.cell(count, class_name="fw-right") for count in counts],
        tables.cell(one.dead, class_name=f"fw-right {one.tone}"),
    )


def running() -> rx.Component:
    """What workers are at."""
    columns: Columns = [("Job", "146px", False), ("With", "", False), ("Since", "92px", True)]
    return table("Running now", "", columns, Jobs.running, _running, "No worker is at a job at this moment.")


def _running(one: rx.Var[RunningRow]) -> rx.Component:
    return tables.row(
        tables.cell(one.actor, title=f"{one.actor} in {one.process}"),
        tables.cell(one.arguments, class_name="fw-second", title=f"{one.arguments}, in {one.process}"),
        tables.cell(age(one.since_at, Jobs.seen_at), class_name="fw-right fw-second"),
    )


def cycles() -> rx.Component:
    """The newest forecast cycles, from the tick that was due to its forecast stored."""
    columns: Columns = [
        ("Stream", "", False), ("From data up to", "112px", False), ("Servers", "92px", True), ("Took", "72px", True),
        ("Model", "104px", False), ("Made", "92px", True),
    ]  # fmt: skip
    return table("Forecast cycles", Jobs.cycles_note, columns, Jobs.cycles, _cycle, "No forecast has been made yet.")


def _cycle(one: rx.Var[CycleRow]) -> rx.Component:
    return tables.row(
        tables.cell(one.stream),
        tables.cell(one.origin, class_name="fw-second"),
        tables.cell(one.forecast, class_name=f"fw-right {one.tone}"),
        tables.cell(one.duration, class_name="fw-right fw-medium"),
        tables.cell(one.model, class_name="fw-second"),
        tables.cell(age(one.made_at, Jobs.seen_at), class_name="fw-right fw-second"),
    )


def failures() -> rx.Component:
    """Jobs that failed, for good or for now."""
    columns: Columns = [
        ("Job", "146px", False), ("Queue", "84px", False), ("At", "78px", False), ("Tries", "52px", True),
        ("Error", "", False), ("State", "116px", False),
    ]  # fmt: skip
    return table("Failures", "newest first", columns, Jobs.failures, _failure, "No job has failed.")


def _failure(one: rx.Var[FailureRow]) -> rx.Component:
    return tables.row(
        tables.cell(one.actor),
        tables.cell(rx.el.span(one.queue, class_name="fw-mono")),
        tables.cell(one.at, class_name="fw-second"),
        tables.cell(one.attempts, class_name="fw-right"),
        tables.cell(one.error, class_name="fw-second", title=one.error),
        tables.cell(one.state, class_name=one.tone),
    )


def table(
    title: str, note: Any, columns: Columns, rows: Any, row: Any, empty: str, *controls: rx.Component, roomy: str = ""
) -> rx.Component:
    """A card with a table, or with the sentence that says why it has no rows."""
    heads = [tables.column(name, "fw-right" if right else "") for name, _, right in columns]
    shown = tables.table(
        [width for _, width, _ in columns], heads, rx.foreach(rows, row), label=title, class_name=roomy
    )
    return card(
        head(title, note, *controls),
        rx.cond(
            rows.length() > 0, rx.el.div(shown, class_name="fw-scroll"), body(rx.el.p(empty, class_name="fw-second"))
        ),
        class_name=f"fw-jobs-{title.rsplit(maxsplit=1)[-1].lower()}",
    )
