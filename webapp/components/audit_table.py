"""The audit's filters and its table; an entry opens in place."""

from typing import Any

import reflex as rx

from webapp.components import tables
from webapp.components.cards import body, card, foot
from webapp.components.chips import pill
from webapp.components.controls import button, field, link, link_button, select
from webapp.components.states import empty
from webapp.components.ticking import age
from webapp.state.audit import Audit
from webapp.state.audit_view import AuditRow, Pair, Target

_COLUMNS = (
    ("Entry", "64px", True),
    ("Time", "96px", False),
    ("Person", "136px", False),
    ("Action", "116px", False),
    ("On", "", False),
    ("Why", "", False),
)


def chain() -> rx.Component:
    """Whether the chain holds, and when that was looked at."""
    return rx.match(
        Audit.chain_tone,
        ("pass", rx.el.span(pill(Audit.chain, "pass", "shield-check"), _verified(), class_name="fw-chain")),
        ("critical", rx.el.span(pill(Audit.chain, "critical", "shield-alert"), _verified(), class_name="fw-chain")),
        rx.el.span(Audit.chain, class_name="fw-chain fw-meta"),
    )


def _verified() -> rx.Component:
    return rx.el.span("verified ", age(Audit.checked_at, Audit.seen_at), class_name="fw-meta")


def filters() -> rx.Component:
    """What narrows the list; each choice is in the address."""
    return rx.el.form(
        field("From", _day("since", Audit.since), name="since"),
        field("To", _day("until", Audit.until), name="until"),
        field("Person", _choice("person", Audit.people, Audit.person), name="person"),
        field("On", _choice("noun", Audit.nouns, Audit.noun), name="noun"),
        field("Action", _choice("action", Audit.actions, Audit.action), name="action"),
        field("Server or name", _subject(), name="subject"),
        rx.el.div(
            button("Find", type="submit"),
            rx.cond(Audit.every != "", link_button("Show all", Audit.every, kind="ghost", sign="x")),
            class_name="fw-audit-do",
        ),
        class_name="fw-audit-filters",
        on_submit=Audit.find,
        custom_attrs={"aria-label": "Filter the audit", "role": "search"},
    )


def _day(name: str, value: Any) -> rx.Component:
    return rx.el.input(
        id=name, name=name, type="date", value=value, class_name="fw-input",
        on_change=lambda day: Audit.pick(name, day),
    )  # fmt: skip


def _choice(name: str, options: Any, value: Any) -> rx.Component:
    return select(name, options, value=value, on_change=lambda chosen: Audit.pick(name, chosen))


def _subject() -> rx.Component:
    return rx.el.input(
        id="subject", name="subject", key=Audit.subject, default_value=Audit.subject, placeholder="ppdb002",
        class_name="fw-input", auto_complete="off", spell_check=False,
    )  # fmt: skip


def entries() -> rx.Component:
    """The table, newest first, with the way to older entries."""
    heads = [tables.column(name, "fw-right" if right else "") for name, _, right in _COLUMNS]
    shown = tables.table(
        [width for _, width, _ in _COLUMNS], heads, rx.foreach(Audit.rows, _row), label="Changes", class_name="fw-audit"
    )
    return card(
        rx.cond(Audit.rows.length() > 0, rx.el.div(shown, class_name="fw-scroll"), _none()),
        rx.cond((Audit.first != "") | (Audit.older != ""), _foot()),
        class_name="fw-audit-card",
    )


def _row(one: rx.Var[AuditRow]) -> rx.Component:
    return tables.row(
        tables.cell(link(one.number, href=one.href, title="Link to this entry"), class_name="fw-right fw-mono"),
        tables.cell(one.at, class_name="fw-second", title=one.title),
        tables.cell(link(one.person, href=one.by, title=f"All by {one.person}"), class_name="fw-mono"),
        tables.cell(one.action),
        tables.cell(
            rx.el.span(one.noun, " ", class_name="fw-meta"),
            rx.cond(one.page != "", link(one.subject, href=one.page, class_name="fw-mono"), _mono(one.subject)),
            rx.cond(one.servers.length() > 0, rx.el.span(" on ", class_name="fw-meta")),
            rx.foreach(one.servers, _server),
            rx.el.span(one.more, class_name="fw-meta"),
        ),
        tables.cell(_details(one)),
        custom_attrs={"data-open": one.open},
    )


def _mono(name: Any) -> rx.Component:
    return rx.el.span(name, class_name="fw-mono")


def _server(one: rx.Var[Target]) -> rx.Component:
    return rx.el.span(link(one.label, href=one.href), " ", class_name="fw-mono")


def _details(one: rx.Var[AuditRow]) -> rx.Component:
    said = rx.cond(one.reason != "", one.reason, rx.el.span("Details", class_name="fw-meta"))
    return rx.el.details(
        rx.el.summary(said, title=one.reason),
        rx.el.dl(rx.foreach(one.details, _pair), class_name="fw-pairs"),
        open=one.open,
        key=f"{one.number} {one.open}",
    )


def _pair(one: rx.Var[Pair]) -> rx.Component:
    return rx.fragment(rx.el.dt(one.name), rx.el.dd(one.value))


def _none() -> rx.Component:
    return body(
        rx.cond(
            Audit.every != "",
            empty(
                "No change matches.",
                "Another time, person or name may find it.",
                rx.el.div(link_button("Show all", Audit.every)),
            ),
            empty("Nothing older is on record.", "Every change from now on is listed here, with who made it and why."),
        )
    )


def _foot() -> rx.Component:
    return foot(
        rx.el.span(Audit.behind, class_name="fw-meta"),
        rx.el.span(class_name="fw-spring"),
        rx.cond(Audit.first != "", link_button("Newest", Audit.first, small=True)),
        rx.cond(Audit.older != "", link_button("Older", Audit.older, small=True, sign="chevron-right")),
    )
