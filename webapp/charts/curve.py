"""Held-out loss by epoch, a line a network, as paths in a box that stretches with its card.

A candidate is another reality until somebody approves it, so its lines are violet: one solid, the other dashed. Places
are percent of the box; the words stand beside the lines' ends and never on each other.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from webapp.charts import paths
from webapp.core.views.training_runs import CurvePoint

WIDTH: Final = 1000
HEIGHT: Final = 400
_APART: Final = 12.0  # percent of the height: two lines of small type
_ROUND: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
_TICKS, _EPOCHS = 4, 6


@dataclass(frozen=True)
class CurveLine:
    """One network. `dot` is where its line ends; `top` where its words stand beside that, both in percent."""

    network: str
    path: str
    x: str
    y: str
    top: str
    value: str


@dataclass(frozen=True)
class CurveTick:
    """A label of an axis, and its place in percent."""

    at: str
    text: str


@dataclass(frozen=True)
class Curve:
    """The picture, its sentence, and the same numbers as rows (epoch, network, loss)."""

    lines: list[CurveLine]
    losses: list[CurveTick]
    epochs: list[CurveTick]
    label: str
    rows: list[list[str]]


NONE: Final = Curve([], [], [], "", [])


def curve(points: Sequence[CurvePoint], epochs: int, names: Mapping[str, str]) -> Curve:
    """The curve of a run that is to have so many epochs a network; `names` say what each network is for."""
    found = [one for one in points if math.isfinite(one.loss)]
    if not found:
        return NONE
    last = max(epochs, *(one.epoch for one in found))
    low, high, ticks = _range([one.loss for one in found])
    kinds = [kind for kind in (*names, *{one.network for one in found}) if any(one.network == kind for one in found)]
    each = {kind: [one for one in found if one.network == kind] for kind in dict.fromkeys(kinds)}
    ends = _apart({kind: _share(ones[-1].loss, low, high) for kind, ones in each.items()})
    return Curve(
        lines=[_line(names.get(kind, kind), kind, ones, last, (low, high), ends[kind]) for kind, ones in each.items()],
        losses=[CurveTick(f"{_share(one, low, high):.1f}%", f"{one:g}") for one in ticks],
        epochs=[CurveTick(f"{100 * one / last:.1f}%", str(one)) for one in _marks(last)],
        label=_label(each, names, last),
        rows=[[str(one.epoch), names.get(one.network, one.network), f"{one.loss:.4f}"] for one in found],
    )


def _line(
    name: str, kind: str, ones: Sequence[CurvePoint], last: int, scale: tuple[float, float], top: float
) -> CurveLine:
    xs = [WIDTH * one.epoch / last for one in ones]
    ys = [HEIGHT * _share(one.loss, *scale) / 100 for one in ones]
    x, y = 100 * ones[-1].epoch / last, _share(ones[-1].loss, *scale)
    return CurveLine(kind, paths.line(xs, ys), f"{x:.2f}%", f"{y:.2f}%", f"{top:.1f}%", f"{name} {ones[-1].loss:.4f}")


def _share(loss: float, low: float, high: float) -> float:
    """How far down, in percent."""
    return 100 * (high - loss) / (high - low)


def _range(losses: Sequence[float]) -> tuple[float, float, list[float]]:
    """Bottom, top, and round values in between."""
    spread = max(max(losses) - min(losses), 0.02 * max(losses), 1e-6)
    step = 10 ** math.floor(math.log10(spread / _TICKS))
    step = next(step * one for one in _ROUND if step * one >= spread / _TICKS)
    low, high = math.floor(min(losses) / step) * step, math.ceil(max(losses) / step) * step
    if high - low < 1.5 * step:
        low, high = low - step, high + step  # a single point stands in the middle
    return low, high, [round(low + step * one, 10) for one in range(round((high - low) / step) + 1)]


def _marks(last: int) -> list[int]:
    step = max(1, math.ceil(last / _EPOCHS))
    return [one for one in range(step, last + 1, step) if one == last or last - one >= step] + [last] * (
        last % step > 0
    )


def _apart(places: Mapping[str, float]) -> dict[str, float]:
    """Where the words stand: at their line's end, or as far from it as the others need."""
    found: dict[str, float] = {}
    for kind, place in sorted(places.items(), key=lambda one: one[1]):
        found[kind] = max(place, max(found.values(), default=-_APART) + _APART)
    over = max(0.0, max(found.values()) - (100 - _APART / 2))
    return {kind: place - over for kind, place in found.items()}


def _label(each: Mapping[str, Sequence[CurvePoint]], names: Mapping[str, str], last: int) -> str:
    said = [
        f"{names.get(kind, kind)}: {ones[0].loss:.4f} after epoch {ones[0].epoch}, {ones[-1].loss:.4f} after epoch "
        f"{ones[-1].epoch} of {last}"
        for kind, ones in each.items()
    ]
    return f"Held-out loss by epoch. {'; '.join(said)}."
