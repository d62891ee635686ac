"""The fleet as tiles: the same servers as on the risk map, grouped by severity."""

import reflex as rx

from webapp.components.chips import severity_icon
from webapp.components.controls import link
from webapp.state.fleet import Fleet
from webapp.state.fleet_tiles import Tiles

svg = rx.el.svg


def tile_map() -> rx.Component:
    return rx.el.div(
        rx.foreach(Fleet.tiles, _group),
        class_name=rx.cond(Fleet.large, "fw-tiles large", "fw-tiles"),
        style={"minHeight": f"calc({Fleet.map.height}px + 5px)"},
    )


def _group(one: rx.Var[Tiles]) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            severity_icon(one.severity, 13), rx.el.b(one.servers), one.label, class_name=f"fw-tile-head {one.severity}"
        ),
        rx.el.div(
            rx.foreach(
                one.names,
                lambda name: link(
                    rx.el.span(name[0]), href=name[1], title=name[0], class_name=f"fw-tile {one.severity}"
                ),
            ),
            rx.cond(
                one.rest != "",
                svg(
                    svg.path(d=one.rest, class_name=f"fw-tile-field {one.severity}"),
                    width="480",
                    height=one.rest_height,
                ),
            ),
            class_name="fw-tile-box",
        ),
        class_name="fw-tile-group",
    )
