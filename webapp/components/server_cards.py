"""Beside the charts of a server: the odds, the forecast itself, a degradation to try, its neighbours, its scenarios."""

from typing import Any

import reflex as rx

from ml.streams.fleet import LIBRARY
from webapp.components import tables
from webapp.components.allowed import may_operate
from webapp.components.cards import body, card, fold, foot, head
from webapp.components.chips import pill, severity_chip
from webapp.components.controls import button, field, link, link_button, select
from webapp.components.icons import icon
from webapp.routes import SCENARIOS
from webapp.state.server import Server
from webapp.state.server_build import REAL
from webapp.state.server_view import Happened, Neighbour, Odd, Ran
from webapp.state.server_words import UNWATCHED
from webapp.state.shell import Shell


def odds() -> rx.Component:
    """Probability of crossing by four times; while it is in breach, since when."""
    return card(
        rx.cond(
            Server.breach.since != "",
            head("Breach", Server.odds_note),
            head("Probability of crossing", Server.odds_note),
        ),
        body(rx.cond(Server.breach.since != "", _breach(), _odds())),
        class_name="fw-odds-card",
    )


def _breach() -> rx.Component:
    return rx.fragment(
        rx.el.p(rx.el.b(Server.breach.since), class_name="fw-breach"),
        rx.el.p(Server.breach.then, class_name="fw-second fw-nowrap", title=Server.breach.then),
    )


def _odds() -> rx.Component:
    return rx.cond(
        Server.odds.length() > 0,
        rx.el.div(rx.foreach(Server.odds, _odd), class_name="fw-odds"),
        rx.el.p(
            rx.cond(
                Server.odds_note == UNWATCHED,
                "It has no threshold to cross: see Settings, Thresholds.",
                "There is no forecast to cross anything.",
            ),
            class_name="fw-second",
        ),
    )


def _odd(one: rx.Var[Odd]) -> rx.Component:
    return rx.el.div(
        rx.el.div(one.by, class_name="fw-meta"),
        rx.el.b(one.text),
        rx.el.div(rx.el.i(style={"width": one.width}), class_name=f"fw-track {Server.odds_tone}"),
    )


def forecast() -> rx.Component:
    """Who made the numbers, from what, how wide they are and how well they held."""
    return fold(
        "Forecast",
        "what its numbers stand on",
        rx.el.dl(rx.foreach(Server.facts, _fact), class_name="fw-facts"),
        rx.cond(Server.skill.worse != "", body(pill(Server.skill.worse, "warning", "triangle-alert"))),
        body(link("Calibration", href=Server.calibration, class_name="fw-link")),
    )


def _fact(fact: rx.Var[tuple[str, str]]) -> rx.Component:
    return rx.el.div(rx.el.dt(fact[0]), rx.el.dd(fact[1], title=fact[1]))


def lever_note(reason: Any) -> rx.Component:
    """Whether injection is allowed, as it stands in the head of a card."""
    return rx.cond(
        reason == "",
        rx.el.span(icon("shield-check", 12), "injection allowed", class_name="fw-lever-note allowed"),
        rx.cond(
            reason == REAL,
            rx.el.span(icon("shield-off", 12), "real servers", class_name="fw-lever-note", title=reason),
            rx.el.span(icon("shield-off", 12), "injection off", class_name="fw-lever-note stopped", title=reason),
        ),
    )


def slider(name: str, label: str, value: int, **props: Any) -> rx.Component:
    """A slider from 10 to 100 % that writes its value beside its label."""
    return rx.el.div(
        rx.el.label(
            label, rx.el.output(f"{value}\u00a0%", html_for=name), html_for=name, class_name="fw-range-head fw-label"
        ),
        rx.el.input(
            id=name, name="intensity", type="range", min="10", max="100", step="5", default_value=str(value),
            class_name="fw-range", style={"--fw-at": f"{(value - 10) / 0.9:.0f}%"}, **props,
        ),
        class_name="fw-field wide",
    )  # fmt: skip


def problem(sentence: Any) -> rx.Component:
    """What is wrong, at the field that it is about."""
    return rx.cond(sentence, rx.el.p(icon("circle-alert", 12), sentence, class_name="fw-problem", role="alert"))


def degrade() -> rx.Component:
    """A form that injects a degradation into this server; a real one has none, and a viewer is told who may."""
    viewer = card(
        head("Try a degradation here", "", rx.cond(Server.running, _running(), lever_note(Server.lever))),
        body(rx.el.p("An operator may degrade this server, to see the forecast answer.", class_name="fw-second")),
    )
    return rx.cond(Server.lever == REAL, rx.fragment(), rx.cond(may_operate(), _degrade(), viewer))


def _degrade() -> rx.Component:
    """Its height is the same while a scenario runs: only its head and its last button change."""
    kinds = [(kind.value, info.label) for kind, info in LIBRARY.items()]
    minutes = rx.el.input(
        id="fw-duration", name="duration", default_value="180", input_mode="numeric", class_name="fw-input",
        custom_attrs={"aria-invalid": rx.cond(Server.problem, "true", "false")},
    )  # fmt: skip
    return card(
        head("Try a degradation here", "", rx.cond(Server.running, _running(), lever_note(Server.lever))),
        body(
            rx.el.form(
                field("Kind", select("kind", kinds, default_value="disk_fill"), name="kind"),
                field("Duration", rx.el.div(minutes, rx.el.span("min"), class_name="fw-unit"), name="fw-duration"),
                problem(Server.problem),
                slider("fw-intensity", "Intensity, of full strength", 80),
                rx.el.div(
                    button("Start", kind="primary", sign="play", type="submit", class_name="fw-grow",
                           disabled=Server.lever != "", title=Server.lever),
                    rx.cond(
                        Server.running,
                        button("Restore to healthy", kind="danger", sign="rotate-ccw", on_click=Server.restore),
                        rx.cond(
                            Server.lever,
                            rx.el.p(Server.lever, class_name="fw-meta fw-lever-why", title=Server.lever),
                            link_button("All settings", f"{SCENARIOS}?stream={Shell.slug}&servers={Server.head.name}"),
                        ),
                    ),
                    class_name="fw-row wide",
                ),
                on_submit=Server.degrade,
                class_name="fw-degrade",
            ),
        ),
    )  # fmt: skip


def _running() -> rx.Component:
    return rx.el.span(rx.el.i(class_name="fw-lamp warning"), "A scenario runs here.", class_name="fw-lever-note runs")


def neighbours() -> rx.Component:
    """Servers that depend on this one, worst first."""
    count = Server.dependants
    rest = count - Server.neighbours.length()
    worst, some = Server.neighbours[0].severity, rx.el.span(count, rx.cond(count == 1, " server", " servers"))
    risky = (worst == "critical") | (worst == "warning") | (worst == "watch")
    essence = rx.cond(risky, rx.fragment(some, " ", severity_chip(worst)), rx.fragment(some, ", none at risk"))
    return fold(
        "Depends on this server",
        rx.cond(count > 0, essence, "no other server"),
        rx.cond(
            count > 0,
            tables.table(
                ["92px", "104px", ""],
                [rx.el.th(rx.el.span(one, class_name="fw-hidden")) for one in ("Server", "Severity", "Next")],
                rx.foreach(Server.neighbours, _neighbour),
                label="Servers that depend on this one",
                class_name="links fw-headless",
            ),
            body(rx.el.p("No other server calls this one.", class_name="fw-second")),
        ),
        rx.cond(rest > 0, foot(rx.el.span("and ", rest, " more, less at risk", class_name="fw-meta"))),
    )  # fmt: skip


def _neighbour(one: rx.Var[Neighbour]) -> rx.Component:
    return tables.row(
        tables.cell(link(one.name, href=one.href, class_name="fw-mono")),
        tables.cell(severity_chip(one.severity)),
        tables.cell(one.note, class_name="fw-second", title=one.note),
        href=one.href,
    )


def happened() -> rx.Component:
    """The newest incidents of this server, open ones first."""
    return card(
        head("Incidents", "open first", link("All", href=Server.every_incident, class_name="fw-link")),
        rx.cond(
            Server.incidents.length() > 0,
            tables.table(
                ["86px", "", "98px"],
                [rx.el.th(rx.el.span(one, class_name="fw-hidden")) for one in ("Began", "Threshold", "State")],
                rx.foreach(Server.incidents, _happened),
                label="Incidents of this server",
                class_name="links fw-headless",
            ),
            body(rx.el.p("None in what was observed of it.", class_name="fw-second")),
        ),
    )


def _happened(one: rx.Var[Happened]) -> rx.Component:
    return tables.row(
        tables.cell(one.began, class_name="fw-second"),
        tables.cell(link(one.what, href=one.href), title=one.what),
        tables.cell(one.state, class_name=rx.cond(one.tone == "open", "fw-critical", "fw-second"), title=one.state),
        href=one.href,
    )


def ran() -> rx.Component:
    """Scenarios on this server, the newest first."""
    newest = Server.ran[0]
    return fold(
        "Scenarios here",
        rx.cond(Server.ran.length() > 0, rx.el.span(newest.label, ", ", newest.state), "none so far"),
        rx.cond(
            Server.ran.length() > 0,
            tables.table(
                ["84px", "", "132px"],
                [rx.el.th(rx.el.span(one, class_name="fw-hidden")) for one in ("Started", "Scenario", "State")],
                rx.foreach(Server.ran, _ran),
                label="Scenarios on this server",
                class_name="links fw-headless",
            ),
            body(rx.el.p("Nothing was ever injected here.", class_name="fw-second")),
        ),
    )


def _ran(one: rx.Var[Ran]) -> rx.Component:
    return tables.row(
        tables.cell(one.started, class_name="fw-second"),
        tables.cell(link(one.label, href=one.href)),
        tables.cell(one.state, class_name=rx.cond(one.running, "fw-warning", "fw-second"), title=one.state),
        href=one.href,
    )
