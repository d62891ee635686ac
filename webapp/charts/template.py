"""The two Plotly templates, light and dark: every colour of the large charts comes from here.

A figure names no colour. Its traces stand in the order of `SLOTS`, which is the order in which
a template is applied to them; its shapes and annotations name the item that dresses them.
"""

from collections.abc import Mapping
from typing import Final

from webapp import theme

SLOTS: Final = (
    "fan90", "fan80", "fan50", "median",
    "baseline90", "baseline80", "baseline50", "baseline",
    "ghost90", "ghost80", "ghost50", "ghost", "without",
    "gap", "measured",
)  # fmt: skip
"""Traces of a large chart, in painting order; one that has nothing to show is empty, never left out."""

Item = dict[str, object]
SEVERITIES: Final = ("critical", "warning", "watch", "healthy")
_FONT: Final = "Geist, system-ui, sans-serif"


def template(colours: Mapping[str, str]) -> Item:
    """One template from a palette of `theme`."""
    return {
        "data": {"scatter": [_trace(slot, colours) for slot in SLOTS]},
        "layout": {
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"family": _FONT, "size": 10.5, "color": colours["text3"]},
            "xaxis": _axis(colours) | {"showgrid": False, "ticks": "outside", "ticklen": 4, "showline": True,
                                       "linecolor": colours["line"], "tickcolor": rgba(colours["line2"], 0.6)},
            "yaxis": _axis(colours) | {"showgrid": True, "gridcolor": colours["grid"]},
            "shapes": _unseen(_shapes(colours)),
            "annotations": _unseen(_annotations(colours)),
        },
    }  # fmt: skip


def rgba(colour: str, opacity: float = 1.0) -> str:
    """`#RRGGBB` or `#RRGGBBAA` as the rgba() that Plotly understands, its alpha times `opacity`."""
    digits = colour.removeprefix("#")
    alpha = int(digits[6:8], 16) / 255 if len(digits) == 8 else 1.0
    red, green, blue = (int(digits[n : n + 2], 16) for n in (0, 2, 4))
    return f"rgba({red},{green},{blue},{round(alpha * opacity, 3):g})"


def _unseen(items: list[Item]) -> list[Item]:
    """Plotly draws every named item of a template by itself; hidden here, it waits for a figure's item."""
    return [item | {"visible": False} for item in items]


def _trace(slot: str, colours: Mapping[str, str]) -> Item:
    lines: dict[str, Item] = {
        "median": {"color": colours["accent"], "width": 2},
        "baseline": {"color": colours["baseline"], "width": 1.5, "dash": "4px 3px"},
        "ghost": {"color": colours["ghost"], "width": 1.5, "dash": "5px 3px"},
        "without": {"color": colours["ghost"], "width": 1.25},
        "measured": {"color": colours["measured"], "width": 1.5},
    }
    if slot in lines:
        return {"line": lines[slot], "mode": "lines"}
    if slot == "gap":
        hatch = {"shape": "/", "size": 5, "solidity": 0.25, "fgcolor": rgba(colours["warning"], 0.75),
                 "bgcolor": "rgba(0,0,0,0)"}  # fmt: skip
        return {"fill": "toself", "fillpattern": hatch, "line": {"width": 0}, "mode": "lines"}
    return {"fill": "toself", "fillcolor": _band(slot, colours), "line": {"width": 0}, "mode": "lines"}


def _band(slot: str, colours: Mapping[str, str]) -> str:
    who, width = slot[:-2], slot[-2:]
    if who == "fan":
        return rgba(colours[slot])
    return rgba(colours[who], {"90": 0.11, "80": 0.2, "50": 0.34}[width])


def _axis(colours: Mapping[str, str]) -> Item:
    return {
        "zeroline": False,
        "tickfont": {"color": colours["text3"], "size": 10.5},
        "spikecolor": colours["line2"],
        "spikethickness": 1,
        "spikedash": "solid",
    }


def _shapes(colours: Mapping[str, str]) -> list[Item]:
    """Named shapes; pixel-sized marks carry their size here, so that a figure only says where."""
    clear = {"width": 0}
    plain: list[Item] = [
        {"name": "future", "type": "rect", "layer": "below", "fillcolor": rgba(colours["future"]), "line": clear},
        {"name": "wash", "type": "rect", "layer": "below", "fillcolor": rgba(colours["warning-soft"]), "line": clear},
        {"name": "incident", "type": "rect", "layer": "above", "fillcolor": rgba(colours["critical"], 0.85),
         "line": clear},
        {"name": "upkeep", "type": "rect", "layer": "below", "fillcolor": rgba(colours["upkeep"]), "line": clear},
        {"name": "injected", "type": "line", "layer": "above",
         "line": {"color": colours["warning"], "width": 1, "dash": "2px 3px"}},
        {"name": "now", "type": "line", "layer": "above", "line": {"color": colours["now"], "width": 1}},
        {"name": "lead", "type": "line", "layer": "above", "line": {"color": colours["accent"], "width": 1}},
        _dot("forewarned", colours["accent"], colours["surface"], 3.5),
    ]  # fmt: skip
    return plain + [shape for severity in SEVERITIES for shape in _risk_shapes(severity, colours)]


def _risk_shapes(severity: str, colours: Mapping[str, str]) -> list[Item]:
    colour = _severity(severity, colours)
    opacity = 0.75 if severity == "healthy" else 0.95
    return [
        {"name": f"threshold-{severity}", "type": "line", "layer": "above",
         "line": {"color": rgba(colour, opacity), "width": 1.2, "dash": "5px 4px"}},
        {"name": f"range-{severity}", "type": "line", "layer": "above",
         "line": {"color": rgba(colour, 0.45), "width": 6}},
        {"name": f"leader-{severity}", "type": "line", "layer": "above",
         "line": {"color": rgba(colour, 0.6), "width": 1}},
        _dot(f"dot-{severity}", colour, colours["surface"], 4.5),
    ]  # fmt: skip


def _dot(name: str, colour: str, edge: str, radius: float) -> Item:
    size: Item = {"x0": -radius, "x1": radius, "y0": -radius, "y1": radius}
    mark: Item = {"name": name, "type": "circle", "layer": "above", "xsizemode": "pixel", "ysizemode": "pixel",
            "fillcolor": colour, "line": {"color": edge, "width": 1.5}}  # fmt: skip
    return mark | size


def _annotations(colours: Mapping[str, str]) -> list[Item]:
    veil = rgba(colours["surface"], 0.55)  # keeps words readable where no place is free of the fan
    plain: list[Item] = [
        {"name": "now", "font": {"color": colours["on-now"], "size": 10.5, "weight": 600}, "bgcolor": colours["now"]},
        {"name": "title", "font": {"color": colours["text"], "size": 12.5, "weight": 600}, "bgcolor": veil},
        {"name": "detail", "font": {"color": colours["text2"], "size": 11}, "bgcolor": veil},
        {"name": "injected", "font": {"color": colours["warning"], "size": 10.5, "weight": 500}},
        {"name": "upkeep", "font": {"color": colours["text2"], "size": 10.5}},
        {"name": "forewarned", "font": {"color": colours["accent"], "size": 10.5, "weight": 500}},
        {"name": "note", "font": {"color": colours["text2"], "size": 12.5}},
    ]
    for severity in SEVERITIES:
        font = {"color": _severity(severity, colours), "size": 10.5, "weight": 500}
        plain.append({"name": f"threshold-{severity}", "font": font})
    return plain


def _severity(severity: str, colours: Mapping[str, str]) -> str:
    return colours["text3" if severity == "healthy" else severity]


DARK: Final = template(theme.DARK)
LIGHT: Final = template(theme.LIGHT)
