"""The ghost on the large chart: a handle on the time axis that lays an earlier forecast over what came.

It is drawn over the chart and apart from it, so the chart is not drawn anew while the handle moves; `ghosts.js` moves
the handle and asks. Both know where the plot lies by the margins of every large chart (`charts/fan.py`).
"""

import reflex as rx

from webapp.components.icons import icon
from webapp.state.ghosts import Ghosts
from webapp.state.server import Server

_SHOWN = (Ghosts.tick > 0) & (Ghosts.metric == Server.chart.metric)


def ghost() -> rx.Component:
    """The earlier forecast in the chart's frame, its name on top, the handle at its foot."""
    frame = Server.frame
    place = f"{(Ghosts.tick - frame.start) / frame.span * 100}%"
    return rx.el.div(
        rx.cond(
            _SHOWN,
            rx.fragment(
                _fan(),
                rx.el.i(class_name="fw-ghost-line"),
                rx.el.p(rx.el.i(), rx.el.span(Ghosts.title), class_name="fw-ghost-title"),
            ),
        ),
        rx.cond(frame.last > 0, _handle()),
        class_name="fw-ghost",
        style={"--fw-ghost-at": place, "--fw-ghost-room": f"{(frame.last - frame.start) / frame.span * 100}%"},
    )


def _fan() -> rx.Component:
    frame = Server.frame
    return rx.el.svg(
        rx.el.svg.g(
            rx.el.svg.path(d=Ghosts.band, class_name="band"),
            rx.el.svg.path(d=Ghosts.median, class_name="median"),
            custom_attrs={"transform": f"translate({Ghosts.tick - frame.start} 0)"},
        ),
        view_box=f"0 {frame.top} {frame.span} {frame.height}",
        preserve_aspect_ratio="none",
        custom_attrs={"aria-hidden": "true"},
    )


def _handle() -> rx.Component:
    """A native slider in ticks. What it asks for goes through two elements that a script can work and nobody sees."""
    unseen = {"aria-hidden": "true"}
    return rx.fragment(
        rx.el.input(
            type="range",
            step="any",
            min=Server.frame.start,
            max=Server.frame.last,
            class_name="fw-ghost-handle",
            custom_attrs={
                "aria-label": "Earlier forecast",
                "aria-valuetext": Ghosts.aloud,
                "data-tick": Ghosts.tick,
                "data-asked": Ghosts.asked,
                "data-first": Ghosts.first,
                "data-before": Ghosts.before,
                "data-after": Ghosts.after,
                "data-last": Ghosts.last,
            },
        ),
        rx.el.input(
            type="text", on_change=Ghosts.move, tab_index=-1, class_name="fw-hidden",
            custom_attrs=unseen | _named("ask"),
        ),
        rx.el.button(
            type="button", on_click=Server.keep_ghost, tab_index=-1, class_name="fw-hidden",
            custom_attrs=unseen | _named("keep"),
        ),
    )  # fmt: skip


def _named(what: str) -> dict[str, str]:
    return {"data-ghost": what}


def chip() -> rx.Component:
    """How well it held, in the head of the card; the cross takes the ghost away."""
    return rx.cond(
        _SHOWN,
        rx.el.span(
            icon("history", 12),
            rx.el.span(rx.cond(Ghosts.held != "", Ghosts.held, Ghosts.why)),
            rx.el.button(
                icon("x", 12),
                type="button",
                on_click=Server.drop_ghost,
                title="Hide the earlier forecast (Esc)",
                custom_attrs={"aria-label": "Hide the earlier forecast"} | _named("drop"),
            ),
            class_name="fw-pill ghost fw-ghost-chip",
            title=f"{Ghosts.title}: {Ghosts.held}. {Ghosts.error} {Ghosts.why}",
        ),
    )


def note() -> rx.Component:
    """Under the charts: how far it was off and why it is this one; without a ghost, how to get one."""
    return rx.cond(
        _SHOWN,
        rx.el.span(rx.cond(Ghosts.held != "", Ghosts.why, ""), " ", Ghosts.error, class_name="fw-ghost-note"),
        rx.cond(
            Ghosts.asked > 0,
            rx.el.span(Ghosts.why, class_name="fw-ghost-note"),
            rx.el.span("The violet handle lays an earlier forecast over what came"),
        ),
    )
