"""What is laid over a large chart: now and the future, thresholds, crossings, injections and gaps.

Each mark says where it is and which template item dresses it; none names a colour.
"""

from dataclasses import dataclass, field
from datetime import datetime
from html import escape

from webapp.charts.axes import milliseconds

Item = dict[str, object]
_LONG = 11
"""Letters of a threshold's label from which it takes two lines in the right margin."""


@dataclass(slots=True)
class Marks:
    """The shapes and annotations of a figure, in painting order."""

    shapes: list[Item] = field(default_factory=list)
    notes: list[Item] = field(default_factory=list)

    def now(self, at: datetime, end: datetime, label: str, y: str = "y") -> None:
        """The now line over the whole height with its chip on top; only what lies right of it is tinted."""
        x = milliseconds(at)
        self.shapes.append(_shape("future", x0=x, x1=milliseconds(end), yref=f"{y} domain", y0=0, y1=1))
        self.shapes.append(_shape("now", x0=x, x1=x, yref="paper", y0=0, y1=1))
        self.notes.append(_note("now", label, x=x, yref="paper", y=1, yshift=10, borderpad=2))

    def future(self, at: datetime, end: datetime, axis: str) -> None:
        """The tint alone, for a lane below the one that carries the now line."""
        x0, x1 = milliseconds(at), milliseconds(end)
        self.shapes.append(_shape("future", x0=x0, x1=x1, yref=f"{axis} domain", y0=0, y1=1))

    def threshold(self, value: float, label: str, severity: str, axis: str = "y") -> None:
        """A dashed line over the whole width, labelled at the right, where the frame ends."""
        self.shapes.append(_shape(f"threshold-{severity}", xref="paper", x0=0, x1=1, yref=axis, y0=value, y1=value))
        if label:
            place = {"xref": "paper", "x": 1, "xanchor": "left", "xshift": 5, "yref": axis, "y": value}
            words = label if len(label) < _LONG else label.replace("over\u00a0", "over<br>")
            self.notes.append(_note(f"threshold-{severity}", words, align="left", **place))

    def crossing(self, at: datetime, low: datetime | None, high: datetime | None, value: float, severity: str) -> None:
        """The dot on the threshold, with its 80 % range as a bar."""
        if low is not None and high is not None:
            ends = {"x0": milliseconds(low), "x1": milliseconds(high)}
            self.shapes.append(_shape(f"range-{severity}", **ends, y0=value, y1=value))
        self.shapes.append(_shape(f"dot-{severity}", xanchor=milliseconds(at), yanchor=value))

    def leader(self, at: datetime, top: float, bottom: float, to_left: bool, severity: str) -> None:
        """An elbow from the dot at `top` to the foot of its caption at `bottom`."""
        x = milliseconds(at)
        self.shapes.append(_shape(f"leader-{severity}", x0=x, x1=x, y0=top, y1=bottom))
        sides = (-12, 0) if to_left else (0, 12)
        flat = {"xsizemode": "pixel", "xanchor": x, "x0": sides[0], "x1": sides[1], "y0": bottom, "y1": bottom}
        self.shapes.append(_shape(f"leader-{severity}", **flat))

    def caption(self, at: datetime, y: float, title: str, detail: str, shift: float, to_left: bool) -> None:
        """Two lines beside the leader's foot: what crosses when, and its range."""
        side = {"xanchor": "right", "xshift": -shift} if to_left else {"xanchor": "left", "xshift": shift}
        place: Item = {"x": milliseconds(at), "y": y} | side
        self.notes.append(_note("title", title, yanchor="bottom", yshift=-5, **place))
        self.notes.append(_note("detail", detail, yanchor="top", yshift=-2, **place))

    def injection(self, start: datetime, end: datetime, label: str, row: int = 0, axis: str = "y") -> None:
        """The amber wash of a scenario, from a dotted line where it began."""
        x0, x1 = milliseconds(start), milliseconds(end)
        self.shapes.append(_shape("wash", x0=x0, x1=x1, yref=f"{axis} domain", y0=0, y1=1))
        self.shapes.append(_shape("injected", x0=x0, x1=x0, yref=f"{axis} domain", y0=0, y1=1))
        place = {"x": x0, "xanchor": "right", "xshift": -4, "yref": f"{axis} domain", "y": 1,
                 "yshift": -8 - 14 * row}  # fmt: skip
        self.notes.append(_note("injected", label, **place))

    def incident(self, start: datetime, end: datetime) -> None:
        """A breach that happened: a bar at the foot of the plot, as long as it lasted."""
        x0, x1 = milliseconds(start), milliseconds(end)
        self.shapes.append(_shape("incident", x0=x0, x1=x1, yref="y domain", y0=0, y1=0.018))

    def upkeep(self, start: datetime, end: datetime, label: str, to_left: bool) -> None:
        """The grey wash of maintenance, past or to come, with its title at the foot: text, whatever a person wrote."""
        x0, x1 = milliseconds(start), milliseconds(end)
        self.shapes.append(_shape("upkeep", x0=x0, x1=x1, yref="y domain", y0=0, y1=1))
        if label:
            side = {"x": x1, "xanchor": "right", "xshift": -4} if to_left else {"x": x0, "xanchor": "left", "xshift": 4}
            self.notes.append(_note("upkeep", escape(label, quote=False), yref="y domain", y=0, yshift=9, **side))

    def forewarned(self, at: datetime, y: float, top: float, label: str, to_left: bool = True) -> None:
        """The forecast that was the first to warn: a dot on the measured line and its label beside it."""
        x = milliseconds(at)
        self.shapes.append(_shape("lead", x0=x, x1=x, y0=y, y1=top))
        ends = (-16, 0) if to_left else (0, 16)
        self.shapes.append(_shape("lead", xsizemode="pixel", xanchor=x, x0=ends[0], x1=ends[1], y0=top, y1=top))
        self.shapes.append(_shape("forewarned", xanchor=x, yanchor=y))
        side: Item = {"xanchor": "right", "xshift": -20} if to_left else {"xanchor": "left", "xshift": 20}
        self.notes.append(_note("forewarned", label, x=x, y=top, **side))

    def note(self, at: datetime, text: str, axis: str = "y") -> None:
        """A sentence in the middle of an empty chart."""
        self.notes.append(_note("note", text, x=milliseconds(at), yref=f"{axis} domain", y=0.5, align="center"))


def _shape(name: str, **where: object) -> Item:
    return {"templateitemname": name, "visible": True, "xref": "x", "yref": "y"} | where


def _note(name: str, text: str, **where: object) -> Item:
    place: Item = {"xref": "x", "yref": "y", "showarrow": False, "yanchor": "middle"}
    return {"templateitemname": name, "visible": True, "text": text} | place | where
