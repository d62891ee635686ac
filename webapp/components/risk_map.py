"""The risk map as SVG: three parts side by side, so that the horizon between them stretches with the window."""

from typing import Any

import reflex as rx

from webapp.charts.risk_map import Lane, Mark, Squares
from webapp.components import cards
from webapp.components.controls import link, segment_link, segments
from webapp.components.standing import standing
from webapp.components.states import block
from webapp.components.ticking import age
from webapp.components.tile_map import tile_map
from webapp.state.fleet import Fleet
from webapp.state.fleet_choices import Choice
from webapp.state.shell import Shell

svg = rx.el.svg
SHAPES = {
    "critical": "M-2.5-6h5l3.6 3.6v4.8L2.5 6h-5L-6.1 2.4v-4.8z",
    "warning": "M0-6.6 6.6 4.8H-6.6z",
}


def map_card() -> rx.Component:
    """The card with its two ways to draw."""
    return cards.card(
        cards.head(
            "Risk map",
            rx.cond(
                Fleet.large,
                "first threshold to be crossed, one mark a server; the others at the right",
                "first threshold to be crossed: median and 80\u00a0% range, by profile",
            ),
            rx.cond(
                Fleet.large,
                rx.el.span(Fleet.overall, class_name="fw-quiet fw-wide"),
                rx.cond(
                    Shell.made_at > 0,
                    rx.el.span("made ", age(Shell.made_at, Shell.clock_seen), " by ", class_name="fw-quiet fw-made"),
                ),
            ),
            standing(),
            segments("Draw as", rx.foreach(Fleet.ways, _way)),
        ),
        rx.match(
            Fleet.phase,
            ("", block("auto", "150px", margin="4px 12px 12px")),
            rx.cond(Fleet.drawn == "tiles", tile_map(), _horizon()),
        ),
        class_name=rx.cond(Fleet.stale_at != "", "fw-grow stale", "fw-grow"),
    )


def _way(one: rx.Var[Choice]) -> rx.Component:
    return segment_link(one.label, one.href, one.on)


def _horizon() -> rx.Component:
    return rx.el.div(
        _left(),
        _middle(),
        _right(),
        class_name=rx.cond(Fleet.large, "fw-map large", "fw-map"),
        role="group",
        custom_attrs={"aria-label": f"Risk map. {Fleet.title} {Fleet.lead}{Fleet.next_name}{Fleet.rest}"},
    )


def _rows(x2: str) -> rx.Component:
    return rx.foreach(
        Fleet.map.lanes, lambda one: svg.line(x1="0", x2=x2, y1=one.top, y2=one.top, class_name="fw-grid")
    )


def _left() -> rx.Component:
    return svg(
        svg.text("In breach", x="0", y="13", class_name="fw-axis fw-at-breach"),
        _rows("100%"),
        rx.foreach(Fleet.map.lanes, _lane),
        width="100%",
        height=Fleet.map.height,
    )


def _lane(one: rx.Var[Lane]) -> rx.Component:
    return svg.g(
        svg.text(one.profile, x="0", y=one.text, class_name="fw-tag"),
        svg.text(one.servers, y=one.text, text_anchor="end", class_name="fw-axis fw-at-count"),
        rx.cond(
            one.breached != "",
            svg.g(
                svg.g(
                    _at("0", one.middle, svg.path(d=SHAPES["critical"], class_name="fw-mark critical")),
                    class_name="fw-at-breach-mark",
                ),
                _to(
                    one.breached,
                    svg.text(
                        svg.tspan(one.breached, class_name="fw-tag-strong fw-tag-mono"),
                        svg.tspan(one.breached_more, class_name="fw-wide"),
                        y=one.text,
                        class_name="fw-tag fw-at-breach-name",
                    ),
                ),
                svg.title(one.breached_title),
            ),
        ),
    )


def _at(x: Any, y: Any, mark: rx.Component) -> rx.Component:
    """A mark drawn around (0, 0), put at a place that may be a percentage."""
    return svg(mark, class_name="fw-place", custom_attrs={"x": x, "y": y})


def _to(name: rx.Var[str], *children: rx.Component) -> rx.Component:
    return link(*children, href=f"/servers/{name}?stream={Shell.slug}")


def _middle() -> rx.Component:
    return svg(
        svg.rect(x="0", y="22", width="100%", class_name="fw-ahead"),
        rx.foreach(Fleet.map.hours, _hour),
        _rows("100%"),
        svg.rect(x="0", y="19", width="12.3%", height="2", class_name="fw-ruler critical"),
        svg.rect(x="12.7%", y="19", width="37.2%", height="2", class_name="fw-ruler warning"),
        svg.rect(x="50.2%", y="19", width="49.8%", height="2", class_name="fw-ruler watch"),
        rx.foreach(Fleet.map.marks, _range),
        rx.foreach(Fleet.map.marks, _mark),
        svg.line(x1="0", x2="0", y1="18", y2=Fleet.map.foot, stroke="var(--fw-now)", stroke_width="1.2"),
        svg.rect(x="-31", y="2", width="62", height="15", rx="3", fill="var(--fw-now)"),
        svg.text(Fleet.map.now, x="0", y="13", text_anchor="middle", class_name="fw-now-chip"),
        width="100%",
        height=Fleet.map.height,
        class_name="fw-open",
    )


def _hour(one: rx.Var[tuple[str, str]]) -> rx.Component:
    return svg.g(
        svg.line(x1=one[0], x2=one[0], y1="22", y2=Fleet.map.foot, class_name="fw-grid"),
        svg.text(one[1], x=one[0], y="13", text_anchor="middle", class_name="fw-axis"),
    )


def _range(one: rx.Var[Mark]) -> rx.Component:
    """The 80 % range as a bar behind the marks; a large fleet shows medians only."""
    return rx.cond(
        Fleet.map.large,
        rx.fragment(),
        svg(
            svg.rect(x=one.low, y="-3", width=one.span, height="6", rx="3", class_name=f"fw-bar-{one.severity}"),
            width="100%",
            class_name="fw-open",
            custom_attrs={"y": one.y},
        ),
    )


def _mark(one: rx.Var[Mark]) -> rx.Component:
    return _to(
        one.name,
        _at(one.x, one.y, _shape(one.severity)),
        rx.cond(
            one.label != "",
            svg.text(
                svg.tspan(one.label, class_name="fw-tag-strong fw-tag-mono"),
                svg.tspan(one.tail, class_name="fw-quiet"),
                x=one.label_x,
                dx=one.label_dx,
                text_anchor=one.anchor,
                y=one.y,
                dy="4",
                class_name="fw-tag",
            ),
        ),
        svg.title(one.title),
    )


def _shape(severity: rx.Var[str]) -> rx.Component:
    return rx.match(
        severity,
        ("critical", svg.path(d=SHAPES["critical"], class_name="fw-mark critical")),
        ("warning", svg.path(d=SHAPES["warning"], class_name="fw-mark warning")),
        svg.g(svg.circle(r="4.4", class_name="fw-mark watch"), svg.circle(r="1.3", fill="var(--fw-watch)")),
    )


def _right() -> rx.Component:
    return svg(
        svg.text(
            rx.cond(Fleet.map.large, "No crossing within 8\u00a0h, one square a server", "No crossing within 8\u00a0h"),
            x="0",
            y="13",
            class_name="fw-axis fw-wide",
        ),
        svg.text("None in 8\u00a0h", x="0", y="13", class_name="fw-axis fw-narrow"),
        _rows("100%"),
        rx.foreach(Fleet.map.lanes, _others),
        width="100%",
        height=Fleet.map.height,
        class_name="fw-open",
    )


def _others(one: rx.Var[Lane]) -> rx.Component:
    return svg.g(
        svg.g(*_squares(one.wide, Fleet.map.side, Fleet.map.dashes, one), class_name="fw-wide"),
        svg.g(*_squares(one.narrow, Fleet.map.narrow_side, Fleet.map.narrow_dashes, one), class_name="fw-narrow"),
    )


def _squares(these: rx.Var[Squares], side: rx.Var[str], dashes: rx.Var[str], one: rx.Var[Lane]) -> list[rx.Component]:
    return [
        rx.cond(
            Fleet.map.large,
            svg.path(
                d=these.clear, class_name="fw-dashes", custom_attrs={"strokeWidth": side, "strokeDasharray": dashes}
            ),
            svg.path(d=these.clear, class_name="fw-squares"),
        ),
        svg.path(d=these.hollow, class_name="fw-hollow"),
        svg.path(d=these.rings, class_name="fw-hollow"),
        svg.text(one.others, x=these.end, y=one.text, class_name="fw-axis"),
    ]
