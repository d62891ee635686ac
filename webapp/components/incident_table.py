"""The filters of the incidents and their table, the open ones on top."""

from typing import Any

import reflex as rx

from webapp.components import tables
from webapp.components.allowed import may_operate
from webapp.components.cards import body, card, foot
from webapp.components.controls import button, field, link, link_button, segment_link, segments, select
from webapp.components.icons import icon
from webapp.components.states import empty
from webapp.routes import SCENARIOS, THRESHOLDS
from webapp.state.fleet_choices import Choice
from webapp.state.incidents import Incidents
from webapp.state.incidents_view import IncidentRow
from webapp.state.shell import Shell

_COLUMNS = (
    ("State", "124px", ""),
    ("Server", "116px", ""),
    ("Profile", "92px", "fw-drop"),
    ("Threshold", "188px", ""),
    ("Began", "104px", ""),
    ("Lasted", "174px", ""),
    ("Peak", "168px", "fw-right"),
    ("Of threshold", "112px", ""),
    ("Note", "", ""),
)
_SIGNS = (("open", "octagon-alert"), ("maintenance", "wrench"), ("lost", "eye-off"))


def scopes() -> rx.Component:
    """All, open, ended: each with its count and its address."""
    return segments(
        "Which incidents", rx.foreach(Incidents.scopes, lambda one: segment_link(one.label, one.href, one.on))
    )


def filters() -> rx.Component:
    """What narrows the list; each choice is in the address."""
    return rx.el.form(
        field("From", _day("since", Incidents.since), name="since"),
        field("To", _day("until", Incidents.until), name="until"),
        field("Metric", _choice("metric", Incidents.metrics, Incidents.metric), name="metric"),
        field("Profile", _choice("profile", Incidents.profiles, Incidents.profile), name="profile"),
        field("Server", _server(), name="server"),
        rx.el.div(
            button("Find", type="submit"),
            rx.cond(Incidents.every != "", link_button("Show all", Incidents.every, kind="ghost", sign="x")),
            rx.el.span(class_name="fw-spring"),
            rx.el.a(
                icon("arrow-down", 13), "CSV", href=Incidents.csv, class_name="fw-btn ghost", download=True,
                custom_attrs={"reloadDocument": True},  # the browser fetches it, not the router
                title="These incidents as a file, times in UTC",
            ),
            class_name="fw-incident-do",
        ),
        class_name="fw-incident-filters",
        on_submit=Incidents.find,
        custom_attrs={"aria-label": "Filter the incidents", "role": "search"},
    )  # fmt: skip


def _day(name: str, value: Any) -> rx.Component:
    return rx.el.input(
        id=name, name=name, type="date", value=value, class_name="fw-input",
        on_change=lambda day: Incidents.pick(name, day),
    )  # fmt: skip


def _choice(name: str, options: Any, value: Any) -> rx.Component:
    return select(name, options, value=value, on_change=lambda chosen: Incidents.pick(name, chosen))


def _server() -> rx.Component:
    return rx.el.input(
        id="server", name="server", key=Incidents.server, default_value=Incidents.server, placeholder="ppdb002",
        class_name="fw-input", auto_complete="off", spell_check=False,
    )  # fmt: skip


def listed() -> rx.Component:
    """The table, or why it has no rows."""
    return card(
        rx.match(
            Incidents.phase,
            ("ready", rx.el.div(_table(), class_name="fw-scroll", tab_index=0)),
            ("nothing", body(_nothing())),
            ("judging", body(_judging())),
            body(_none()),
        ),
        rx.cond(Incidents.range_text != "", _foot()),
        class_name="fw-incident-card",
    )


def _table() -> rx.Component:
    heads = [tables.column(name, more) for name, _, more in _COLUMNS]
    return tables.table(
        [width for _, width, _ in _COLUMNS], heads, rx.foreach(Incidents.rows, _row), label="Incidents",
        class_name="links fw-incidents",
    )  # fmt: skip


def _row(one: rx.Var[IncidentRow]) -> rx.Component:
    return tables.row(
        tables.cell(mark(one.tone, one.state)),
        tables.cell(link(one.server, href=one.href, class_name="fw-mono")),
        tables.cell(one.profile, class_name="fw-second fw-drop"),
        tables.cell(one.what, title=one.what),
        tables.cell(one.began, title=one.began_title),
        tables.cell(one.lasted, rx.el.span(" ", one.until, class_name="fw-meta")),
        tables.cell(one.peak, rx.el.span(" ", one.peak_at, class_name="fw-meta"), class_name="fw-right"),
        tables.cell(_beyond(one)),
        tables.cell(
            rx.cond(one.scenario != "", link(one.scenario, href=one.scenario_href, class_name="fw-link")),
            rx.cond((one.scenario != "") & (one.note != ""), ", ", ""),
            one.note,
            class_name="fw-second",
            title=one.note,
        ),
        href=one.href,
        class_name=f"fw-incident {one.tone}",
    )


def mark(tone: Any, word: Any) -> rx.Component:
    """Where an incident stands: an open one is solid, one that is over is bare."""
    return rx.el.span(rx.match(tone, *((name, icon(sign, 13)) for name, sign in _SIGNS), icon("check", 13)), word,
                      class_name=f"fw-sev fw-stands {tone}")  # fmt: skip


def _beyond(one: rx.Var[IncidentRow]) -> rx.Component:
    """How far the peak went: a full bar is twice the threshold."""
    return rx.el.span(
        rx.el.span(rx.el.span(style={"width": one.bar}), class_name=f"fw-chance {one.tone}"),
        one.times,
        class_name="fw-chance-cell",
        title="The peak as a multiple of the threshold",
    )


def _nothing() -> rx.Component:
    return empty(
        "No incident matches.",
        "Another time, metric or name may find one.",
        rx.el.div(link_button("Show all", rx.cond(Incidents.every != "", Incidents.every, _all()))),
    )


def _all() -> rx.Var[str]:
    return rx.Var.create(f"/incidents?stream={Shell.slug}")


def _judging() -> rx.Component:
    return empty("What was observed is being judged.", "Incidents of the past appear here within a minute.")


def _none() -> rx.Component:
    why = (
        "Each new observation is judged. A metric over its threshold twice in a row, 5\u00a0min apart, opens an "
        "incident; two clear observations end it."
    )
    degrade = link_button("Degrade a server", f"{SCENARIOS}?stream={Shell.slug}", kind="primary", sign="flask-conical")
    limits = link_button("Show the thresholds", f"{THRESHOLDS}?stream={Shell.slug}")
    return empty("No incident so far.", why, rx.el.div(rx.cond(Incidents.simulated & may_operate(), degrade, limits)))


def _foot() -> rx.Component:
    return foot(
        rx.el.span(Incidents.range_text, class_name="fw-meta"),
        rx.el.span(class_name="fw-spring"),
        rx.foreach(Incidents.pages, _page),
    )


def _page(one: rx.Var[Choice]) -> rx.Component:
    off = button(one.label, small=True, disabled=True)
    return rx.cond(one.off, off, link_button(one.label, one.href, small=True))
