"""The table of servers: every row a link, every number with its unit, the chart's threshold at one height."""

import reflex as rx

from webapp.charts import sparkline
from webapp.components import cards
from webapp.components.chips import severity_chip
from webapp.components.controls import link, opens, segments
from webapp.components.icons import icon
from webapp.components.states import block
from webapp.components.tables import cell, column, row, sortable, table
from webapp.components.ticking import age
from webapp.state.fleet import Fleet
from webapp.state.fleet_choices import Choice
from webapp.state.fleet_rows import Row
from webapp.state.shell import Shell

svg = rx.el.svg
WIDTHS = ("108px", "88px", "90px", "", "96px", "172px", "134px", "142px", "78px", "150px")


def table_card() -> rx.Component:
    """The card; a large fleet has a foot with pages."""
    return cards.card(
        rx.el.div(
            rx.cond(
                Fleet.phase == "",
                rx.el.div(*[block("auto", "16px", margin="10px 12px") for _ in range(12)]),
                table(
                    WIDTHS,
                    _heads(),
                    rx.foreach(Fleet.rows, _row),
                    label="Servers and their risks",
                    class_name="links fw-fleet",
                ),
            ),
            rx.cond((Fleet.phase != "") & (Fleet.rows.length() == 0), _none()),
            class_name="fw-scroll",
            custom_attrs={"data-rows": ""},
        ),
        rx.cond(Fleet.scopes.length() > 0, _foot()),
        class_name=rx.cond(Fleet.stale_at != "", "fw-table-card stale", "fw-table-card"),
    )


def _head(label: rx.Var[str] | str, sort: str, class_name: str = "") -> rx.Component:
    return sortable(label, Fleet.heads[sort], Fleet.orders[sort], class_name)


def _heads() -> list[rx.Component]:
    return [
        _head(rx.cond(Fleet.stale_at != "", "Last known", "Risk"), "risk"),
        _head("Server", "server"),
        rx.el.th(
            link("Profile", href=Fleet.heads["profile"]),
            rx.el.button(
                icon("list-filter", 12),
                type="button",
                class_name=rx.cond((Fleet.profile != "") | (Fleet.q != ""), "fw-funnel on", "fw-funnel"),
                custom_attrs={**opens("fw-filter"), "aria-label": "Filter by profile or name"},
            ),
            scope="col",
            class_name="fw-drop",
            custom_attrs={"aria-sort": Fleet.orders["profile"]},
        ),
        _head("First threshold to be crossed", "threshold"),
        _head("When", "when"),
        column("At, and 80\u00a0% range"),
        _head("Probability", "probability", "fw-drop"),
        column(
            rx.el.span(
                "80\u00a0% interval",
                title="Mean width of the 80 % interval over the next 8 h, and the share of matured points that it held",
            ),
            "fw-drop",
        ),
        _head(rx.cond(Fleet.stale_at != "", "Last", "Now"), "now", "fw-right"),
        rx.el.th(
            rx.el.div(
                rx.el.span("\u22128\u00a0h"),
                rx.el.span(rx.cond(Fleet.stale_at != "", "last", "now"), class_name="fw-second"),
                rx.el.span("+8\u00a0h"),
                class_name="fw-spark-head",
            ),
            scope="col",
        ),
    ]


def _row(one: rx.Var[Row]) -> rx.Component:
    return row(
        cell(severity_chip(one.severity)),
        cell(link(one.name, href=one.href, class_name="fw-mono fw-medium", title=one.title)),
        cell(one.profile, class_name="fw-second fw-drop"),
        cell(
            one.what,
            title=one.what,
            class_name=rx.cond(one.when == "", "fw-quiet fw-spill", rx.cond(one.calm, "fw-quiet", "fw-medium")),
        ),
        cell(
            one.when,
            class_name=rx.cond(one.breach, "fw-strong fw-critical", rx.cond(one.calm, "fw-quiet", "fw-strong")),
        ),
        cell(
            rx.cond(one.at != "", rx.el.span(one.at, class_name="fw-at")),
            rx.el.span(one.around, class_name=rx.cond(one.breach, "fw-second", "fw-quiet")),
        ),
        cell(_chance(one), class_name="fw-drop"),
        cell(
            rx.el.span(one.width, class_name="fw-width"),
            rx.el.span(one.held, class_name="fw-quiet"),
            title=one.held_title,
            class_name="fw-drop fw-interval",
        ),
        cell(one.now, class_name=rx.cond(one.calm, "fw-right fw-second", "fw-right")),
        cell(_spark(one), class_name="fw-spark-cell"),
        href=one.href,
        key=one.name,
        class_name=rx.cond(one.baseline, "baseline", ""),
    )


def _chance(one: rx.Var[Row]) -> rx.Component:
    """A bar with its number and word; without a bar the word alone, as another element, so that nothing slides."""
    return rx.el.span(
        rx.cond(
            one.bar != "",
            rx.fragment(
                rx.el.span(rx.el.span(style={"width": one.bar}), class_name=f"fw-chance {one.severity}"),
                rx.el.span(one.chance, class_name=rx.cond(one.calm | one.breach, "fw-quiet fw-share", "fw-share")),
                rx.el.span(one.word, class_name="fw-quiet"),
            ),
            rx.el.span(one.chance, class_name="fw-quiet fw-share"),
        ),
        class_name="fw-chance-cell",
    )


def _spark(one: rx.Var[Row]) -> rx.Component:
    return svg(
        svg.rect(x="50%", width="50%", height="100%", fill="var(--fw-future)"),
        svg(
            svg.path(d=one.band, class_name="fw-spark-band"),
            svg.path(d=one.history, class_name="fw-spark-line"),
            svg.path(d=one.median, class_name="fw-spark-median"),
            view_box=f"0 0 {sparkline.WIDTH} {sparkline.HEIGHT}",
            preserve_aspect_ratio="none",
            width="100%",
            height="100%",
        ),
        rx.cond(
            one.limit, svg.line(x1="0", x2="100%", y1="6.8", y2="6.8", class_name=f"fw-spark-limit {one.severity}")
        ),
        svg.line(x1="50%", x2="50%", y1="0", y2="100%", class_name="fw-spark-now"),
        rx.cond(one.dot != "", svg.circle(cx=one.dot, cy="6.8", r="3", class_name=f"fw-spark-dot {one.severity}")),
        width="100%",
        height="25",
        custom_attrs={"aria-hidden": "true"},
    )


def _none() -> rx.Component:
    return rx.el.p(
        "No server matches this filter. ",
        link("Show all", href=f"/?stream={Shell.slug}", class_name="fw-link"),
        class_name="fw-second fw-no-rows",
    )


def _foot() -> rx.Component:
    return cards.foot(
        rx.el.span(Fleet.range_text),
        segments("Which servers", rx.foreach(Fleet.scopes, _choice)),
        rx.el.button(
            icon("list-filter", 13),
            "Profile: ",
            rx.cond(Fleet.profile == "", "all", Fleet.profile),
            icon("chevron-down", 12),
            type="button",
            class_name="fw-control small",
            custom_attrs=opens("fw-filter"),
        ),
        rx.el.span(class_name="fw-spring"),
        rx.el.span(Shell.health, ", ", age(Shell.made_at, Shell.clock_seen)),
        rx.cond(Fleet.pages.length() > 0, segments("Page", rx.foreach(Fleet.pages, _choice))),
        class_name="fw-foot fw-meta",
    )


def _choice(one: rx.Var[Choice]) -> rx.Component:
    return link(
        one.label,
        href=one.href,
        custom_attrs={
            "aria-current": rx.cond(one.on, "true", "false"),
            "aria-disabled": rx.cond(one.off, "true", "false"),
        },
    )
