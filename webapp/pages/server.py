"""One server: what will happen to it, when, how sure that is, and what a person can try on it."""

import reflex as rx

from webapp.components import ghosts, server_cards, server_charts, server_upkeep
from webapp.components.bar import crumb
from webapp.components.cards import folds
from webapp.components.chips import pill, severity_chip
from webapp.components.controls import link_button
from webapp.components.icons import icon
from webapp.components.server_why import why
from webapp.components.shell import shell
from webapp.components.states import block, empty
from webapp.components.ticking import age
from webapp.routes import FLEET
from webapp.state.server import Server
from webapp.state.server_build import REAL, RETIRED


def server() -> rx.Component:
    """The page."""
    return shell(
        rx.cond(Server.missing, _missing(), rx.cond(Server.loaded & ~Server.waiting, _content(), _loading())),
        page="fleet",
        crumbs=(crumb(Server.head.name),),
        label="Server",
    )


def _content() -> rx.Component:
    return rx.fragment(
        _head(),
        rx.el.div(
            rx.el.div(
                server_charts.large_chart(),
                server_charts.small_charts(),
                _origin(),
                class_name="fw-col",
            ),
            rx.el.aside(
                rx.cond(
                    Server.head.position == RETIRED,
                    rx.fragment(),
                    rx.fragment(server_cards.odds(), why(), server_cards.degrade()),
                ),
                server_cards.happened(),
                folds(
                    rx.cond(Server.head.position == RETIRED, rx.fragment(), server_upkeep.upkeep()),
                    server_cards.neighbours(),
                    rx.cond(Server.lever == REAL, rx.fragment(), server_cards.ran()),
                    rx.cond(Server.head.position == RETIRED, rx.fragment(), server_cards.forecast()),
                ),
                class_name="fw-col",
                custom_attrs={"aria-label": "About this server"},
            ),
            class_name="fw-server",
        ),
    )  # fmt: skip


def _head() -> rx.Component:
    head = Server.head
    return rx.el.div(
        rx.el.div(
            rx.el.div(
                rx.el.h1(head.name),
                rx.cond(
                    head.position == RETIRED,
                    rx.el.span(icon("circle-dashed", 13), "Retired", class_name="fw-sev no_forecast"),
                    rx.cond(Server.chart.stale, _stale_chip(), severity_chip(head.severity)),
                ),
                rx.el.p(head.about, title=head.about),
                rx.cond(
                    Server.skill.worse != "",
                    pill(f"{Server.made_by}: {Server.skill.worse}", "warning", "triangle-alert"),
                ),
                class_name="fw-server-title",
            ),
            rx.cond(
                Server.chart.stale,
                rx.el.p(
                    rx.el.b("Last forecast ", age(Server.made_at, Server.seen_at), ". "),
                    Server.chart.stale,
                    class_name="fw-say",
                    role="status",
                ),
                rx.el.p(rx.el.b(head.sentence), " ", head.behind, class_name="fw-say"),
            ),
            class_name="fw-grow",
        ),
        rx.el.nav(
            _step("chevron-left", head.previous, "[", "Previous server"),
            rx.el.span(head.position, class_name="fw-nowrap"),
            _step("chevron-right", head.next, "]", "Next server"),
            class_name="fw-server-steps",
            custom_attrs={"aria-label": "Neighbours in the list"},
        ),
        class_name="fw-server-head",
    )


def _stale_chip() -> rx.Component:
    return rx.el.span(icon("clock-alert", 13), "Stale", class_name="fw-sev warning")


def _step(sign: str, href: rx.Var[str], shortcut: str, label: str) -> rx.Component:
    off = rx.el.button(
        icon(sign), type="button", class_name="fw-btn ghost", disabled=True, custom_attrs={"aria-label": label}
    )
    on = link_button("", href, kind="ghost", sign=sign, title=f"{label} ({shortcut})",
                     custom_attrs={"data-key": shortcut, "aria-label": label})  # fmt: skip
    return rx.cond(href, on, off)


def _origin() -> rx.Component:
    return rx.el.div(
        rx.cond(
            Server.made_at,
            rx.el.span("Forecast made ", age(Server.made_at, Server.seen_at), " by ", Server.made_by),
            rx.cond(
                Server.head.position == RETIRED,
                rx.el.span("A retired server is not forecast"),
                rx.el.span("No forecast has been made for this server"),
            ),
        ),
        ghosts.note(),
        rx.cond(
            Server.skill.text != "",
            rx.el.span(Server.skill.text, class_name="fw-first-letter", title=Server.skill.title),
        ),
        class_name="fw-meta fw-origin",
    )


def _missing() -> rx.Component:
    return empty(
        "This server is not here.",
        Server.missing,
        rx.el.div(link_button("Show the fleet", FLEET, kind="primary")),
    )


def _loading() -> rx.Component:
    """The page's shape at its final size."""
    return rx.fragment(
        rx.el.div(block("180px", "24px"), block("520px", "20px"), class_name="fw-server-shape"),
        rx.el.div(
            rx.el.div(
                block("100%", "clamp(391px, calc(100vh - 509px), 625px)"),
                rx.el.div(*[block("100%", "166px") for _ in range(8)], class_name="fw-smalls"),
                class_name="fw-col",
            ),
            rx.el.aside(*[block("100%", f"{height}px") for height in (88, 212, 176, 114, 130)], class_name="fw-col"),
            class_name="fw-server",
        ),
        rx.el.span("Reading the last forecast", class_name="fw-hidden", role="status"),
    )  # fmt: skip
