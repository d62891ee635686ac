"""The large charts: a Plotly figure that carries no colours, dressed by one of two templates."""

from typing import Any, Final

import reflex as rx
from reflex_components_plotly.plotly import PlotlyBasic

from webapp.charts import template

CONFIG: Final = {
    "displayModeBar": False,
    "responsive": True,
    "scrollZoom": False,
    "doubleClick": False,
    "showTips": False,
}


class Plot(PlotlyBasic):
    """Plotly's basic bundle, fed with plain dicts: the web process needs no figure objects."""

    data: rx.Var[dict[str, Any]]
    template: rx.Var[dict[str, Any]]


def plot(figure: Any, label: Any, *, class_name: Any = "", linked: bool = False) -> rx.Component:
    """A chart of the figure in the state. `label` is its sentence; a linked one moves the small charts' hairline."""
    drawn = Plot.create(
        data=figure,
        template=rx.color_mode_cond(light=rx.Var.create(template.LIGHT), dark=rx.Var.create(template.DARK)),
        config=CONFIG,
        style={"width": "100%", "height": "100%"},
    )
    attributes = {"aria-label": label} | ({"data-linked": ""} if linked else {})
    return rx.el.div(drawn, role="img", class_name=f"fw-plot {class_name}", custom_attrs=attributes)
