"""SVG paths from numbers: compact, with gaps where nothing was observed. Pure: arrays in, text out.

Coordinates are whole numbers of a large view box that the browser scales, and relative, so that
a line of 200 points takes 1 KB.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.floating] | Sequence[float]


def line(xs: Numbers, ys: Numbers) -> str:
    """A polyline; a NaN ends it and the next number begins a new one."""
    x, y = _whole(xs), np.asarray(ys, dtype=np.float64)
    seen = np.isfinite(y)
    whole = np.where(seen, np.rint(np.where(seen, y, 0)), 0).astype(np.int64)
    parts: list[str] = []
    for start, end in _runs(seen):
        parts.append(_move(x[start], whole[start]) + _steps(x[start:end], whole[start:end]))
    return "".join(parts)


def band(xs: Numbers, low: Numbers, high: Numbers) -> str:
    """A closed shape between two lines; empty where either is unknown."""
    x, bottom, top = _whole(xs), np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64)
    seen = np.isfinite(bottom) & np.isfinite(top)
    parts: list[str] = []
    for start, end in _runs(seen):
        around_x = np.concatenate([x[start:end], x[start:end][::-1]])
        around_y = np.rint(np.concatenate([top[start:end], bottom[start:end][::-1]])).astype(np.int64)
        parts.append(_move(around_x[0], around_y[0]) + _steps(around_x, around_y) + "z")
    return "".join(parts)


def squares(corners: Sequence[tuple[int, int]], side: int) -> str:
    """Many equal squares as one path."""
    return "".join(f"M{x} {y}h{side}v{side}h-{side}z" for x, y in corners)


def rings(corners: Sequence[tuple[int, int]], side: int) -> str:
    """Many equal rings as one path, each in the square whose corner is given."""
    r = side / 2
    arc = f"a{r:g} {r:g} 0 1 0 {side} 0a{r:g} {r:g} 0 1 0-{side} 0"
    return "".join(f"M{x} {y + r:g}{arc}" for x, y in corners)


def _whole(values: Numbers) -> NDArray[np.int64]:
    return np.rint(np.asarray(values, dtype=np.float64)).astype(np.int64)


def _runs(seen: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Half-open ranges of consecutive True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], seen, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _move(x: np.int64, y: np.int64) -> str:
    return f"M{x} {y}"


def _steps(x: NDArray[np.int64], y: NDArray[np.int64]) -> str:
    """Relative steps; a minus sign separates as well as a space does."""
    if len(x) < 2:
        return "h0"
    steps = np.stack([np.diff(x), np.diff(y)], axis=1).ravel()
    return "l" + " ".join(str(one) for one in steps).replace(" -", "-")
