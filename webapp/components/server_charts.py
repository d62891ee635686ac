"""The charts of one server: the large one with its ribbon and table, the seven small ones, their key."""

import reflex as rx

from webapp.charts.interval import Cell
from webapp.charts.listing import Line
from webapp.charts.small_multiples import HEIGHT, WIDTH
from webapp.components import ghosts, tables
from webapp.components.cards import card, head
from webapp.components.chips import severity_icon
from webapp.components.controls import link, link_button, segment_link, segments
from webapp.components.plot import plot
from webapp.routes import JOBS
from webapp.state.server import Server
from webapp.state.server_view import Small

_TIMES = (
    ("\u221224\u00a0h", "2.2%", ""),
    ("\u221212\u00a0h", "37.5%", ""),
    ("now", "75%", "at-now"),
    ("+8\u00a0h", "97.5%", ""),
)


def large_chart() -> rx.Component:
    """The chosen metric, as a chart or as a table, and under it how well its interval held."""
    chart, late = Server.chart, rx.cond(Server.chart.stale, "stale", "")
    return card(
        head(
            chart.title,
            chart.qualifier,
            ghosts.chip(),
            rx.cond(chart.past, link_button("Back to now", chart.back, sign="undo-2", small=True)),
            rx.cond(chart.stale, link_button("Check the feed", JOBS, sign="activity", small=True)),
            segments(
                "Show as",
                segment_link("Chart", chart.as_chart, ~chart.table),
                segment_link("Table", chart.as_table, chart.table),
            ),
            segments(
                "Stretch",
                segment_link("6\u00a0h", chart.hours6, chart.hours == 6),
                segment_link("24\u00a0h", chart.hours24, chart.hours == 24),
                segment_link("3\u00a0days", chart.hours72, chart.hours == 72),
            ),
        ),
        rx.cond(
            chart.table,
            _table(),
            rx.el.div(
                plot(Server.figure, chart.label, class_name=f"fw-server-plot {late}", linked=True),
                ghosts.ghost(),
                class_name="fw-ghosted",
            ),
        ),
        _ribbon(),
        class_name=late,
    )  # fmt: skip


def _ribbon() -> rx.Component:
    return rx.el.div(
        rx.el.p(Server.ribbon.text, title=Server.ribbon.title),
        rx.el.div(rx.foreach(Server.ribbon.cells, _cell), role="list"),
        rx.cond(Server.ribbon.cells.length() > 0, rx.el.i("%")),
        class_name="fw-ribbon",
        style={"--fw-ahead": Server.chart.ahead},
    )


def _cell(cell: rx.Var[Cell]) -> rx.Component:
    return rx.el.span(
        cell.text, class_name=cell.verdict, title=cell.title, role="listitem", custom_attrs={"aria-label": cell.title}
    )


def _table() -> rx.Component:
    heads = [tables.column(one) for one in ("Time", "From now")]
    numbers = (
        "Measured or median",
        rx.fragment("80\u00a0% range"),
        rx.fragment("90\u00a0% range"),
    )
    heads += [tables.column(one, "fw-right") for one in numbers]
    return rx.el.div(
        tables.table(
            ["18%", "22%", "", "20%", "20%"], heads, rx.foreach(Server.table, _line), label=Server.chart.label
        ),
        class_name="fw-chart-table",
        tab_index=0,
    )


def _line(line: rx.Var[Line]) -> rx.Component:
    return tables.row(
        tables.cell(line.time),
        tables.cell(line.away, class_name="fw-second"),
        tables.cell(line.value, class_name="fw-right fw-medium"),
        tables.cell(line.range80, class_name="fw-right fw-second"),
        tables.cell(line.range90, class_name="fw-right fw-quiet"),
        class_name=f"fw-line {line.kind}",
    )


def small_charts() -> rx.Component:
    """Seven metrics; a click selects one. The eighth cell explains all of them."""
    return rx.el.div(
        rx.foreach(Server.smalls, _small),
        key(),
        class_name=rx.cond(
            Server.chart.method == "champion",
            rx.cond(Server.chart.stale, "fw-smalls fw-stale", "fw-smalls"),
            "fw-smalls fw-baseline",
        ),
    )


def _small(one: rx.Var[Small]) -> rx.Component:
    return link(
        rx.el.div(
            rx.el.span(one.title),
            rx.el.span(rx.el.b(one.number), rx.el.span("\u00a0", one.unit, class_name="fw-meta")),
            class_name="fw-small-head",
        ),
        rx.el.div(
            rx.cond(one.tone != "healthy", severity_icon(one.severity, 12), rx.fragment()),
            rx.el.span(one.note),
            class_name=f"fw-small-note {one.tone}",
        ),
        _small_plot(one),
        href=one.href,
        class_name="fw-card fw-small",
        custom_attrs={"aria-current": rx.cond(one.selected, "true", "false"), "aria-label": one.label},
    )


def _small_plot(one: rx.Var[Small]) -> rx.Component:
    fan = one.fan
    parts = (
        ("upkeep", fan.upkeep),
        ("b90", fan.band90),
        ("b80", fan.band80),
        ("b50", fan.band50),
        ("measured", fan.measured),
        ("median", fan.median),
    )
    return rx.el.div(
        rx.el.i(class_name="tint"),
        rx.el.i(class_name="base"),
        rx.el.svg(
            *[rx.el.svg.path(d=path, class_name=name) for name, path in parts],
            view_box=f"0 0 {WIDTH} {HEIGHT}",
            preserve_aspect_ratio="none",
            custom_attrs={"aria-hidden": "true"},
        ),
        rx.cond(fan.threshold, rx.el.i(class_name=f"limit {one.tone}", style={"top": fan.threshold})),
        rx.el.i(class_name="now"),
        rx.el.i(class_name="hair"),
        rx.cond(fan.cross_x, _crossing(one)),
        rx.cond(fan.threshold, rx.el.i(fan.threshold_label, class_name="y", style={"top": fan.threshold})),
        rx.el.i(fan.floor_label, class_name="y", style={"top": "100%"}),
        *[rx.el.i(label, class_name=f"x {kind}", style={"left": left}) for label, left, kind in _TIMES],
        class_name="fw-small-plot",
        custom_attrs={"data-small": ""},
    )  # fmt: skip


def _crossing(one: rx.Var[Small]) -> rx.Component:
    fan = one.fan
    return rx.fragment(
        rx.el.i(
            class_name=f"span {one.tone}",
            style={"left": fan.cross_from, "width": fan.cross_width, "top": fan.threshold},
        ),
        rx.el.i(class_name=f"dot {one.tone}", style={"left": fan.cross_x, "top": fan.threshold}),
    )


def key() -> rx.Component:
    """What the lines mean: one key a page."""
    rows = (
        ("measured, 24\u00a0h", [_path("M0 8 8 5l7 4 7-5 8 2", "measured")]),
        ("median, next 8\u00a0h", [_path("M0 6h30", "accent", "2")]),
        ("an earlier forecast", [_box(0, "ghost-soft", 30), _path("M0 6h30", "ghost", "1.5", "4 3")]),
        ("50, 80, 90\u00a0% interval", [_box(0, "fan50"), _box(10, "fan80"), _box(20, "fan90")]),
        ("threshold", [_path("M0 6h30", "critical", "1.3", "5 4")]),
        (
            "crossing, 80\u00a0% range",
            [
                rx.el.svg.rect(y="3", width="30", height="6", rx="3", fill="var(--fw-critical)", opacity=".45"),
                rx.el.svg.circle(cx="15", cy="6", r="4", fill="var(--fw-critical)"),
            ],
        ),
        ("incident", [rx.el.svg.rect(y="4", width="30", height="4", fill="var(--fw-critical)")]),
        ("injected", [_box(0, "warning-soft", 30), _path("M.5 0v12", "warning", "1", "2 3")]),
        ("maintenance", [_box(0, "upkeep", 30)]),
        ("now", [_path("M15 0v12", "now", "1.2")]),
    )
    return rx.el.ul(
        *[rx.el.li(_sample(*drawn), words) for words, drawn in rows],
        class_name="fw-card fw-chart-key",
        custom_attrs={"aria-label": "Key of the charts"},
    )


def _sample(*parts: rx.Component) -> rx.Component:
    return rx.el.svg(*parts, view_box="0 0 30 12", custom_attrs={"aria-hidden": "true"})


def _path(d: str, colour: str, width: str = "1.5", dash: str = "") -> rx.Component:
    more = {"stroke_dasharray": dash} if dash else {}
    return rx.el.svg.path(d=d, fill="none", stroke=f"var(--fw-{colour})", stroke_width=width, **more)


def _box(x: int, colour: str, width: int = 10) -> rx.Component:
    return rx.el.svg.rect(x=str(x), width=str(width), height="12", fill=f"var(--fw-{colour})")
