"""Two models on the same windows: how much more one loses, and how far chance in the windows could have led.

A paired block bootstrap over machine x day: the same blocks are drawn for both, so what makes a day hard for everybody
cancels out (Kuensch 1989).
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.evaluation.figures import Blocks, Doubles, interval, rounded
from ml.evaluation.report import BUCKET_NAMES, labels
from ml.evaluation.scoring import SpanScores, mean
from ml.runtime.chances import student_tail
from ml.schema import METRIC_NAMES

_ALPHA: Final = 0.05
_SIDES: Final = 2 * 1.96  # standard errors in a 95 % interval


@dataclass(frozen=True, slots=True)
class Pair:
    """Pinball losses of two models [windows, M, buckets], with each window's block `named` and profile."""

    mine: Doubles
    theirs: Doubles
    blocks: Blocks
    named: NDArray[np.int64]
    profile: NDArray[np.str_]


def pair(scores: SpanScores, mine: str = "candidate", theirs: str = "champion") -> Pair:
    """Two models of one span."""
    named = labels([scores])
    return Pair(scores.scores[mine].pinball, scores.scores[theirs].pinball, Blocks(named), named, scores.profile)


def difference(both: Pair) -> dict[str, object]:
    """Overall, and by lead, metric and profile. `relative` is mine / theirs - 1: negative is better; `blocks` is how
    many machine days it rests on."""
    return {
        **_one(both, np.ones(both.mine.shape, np.bool_)),
        "by_lead": {name: _one(both, cells) for name, cells in _leads(both)},
        "by_metric": {name: _one(both, cells) for name, cells in _metrics(both)},
        "by_profile": {name: _one(both, cells) for name, cells in _profiles(both)},
    }


def _leads(both: Pair) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    for place, name in enumerate(BUCKET_NAMES):
        yield name, _cells(both, (slice(None), slice(None), place))


def _metrics(both: Pair) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    for place, name in enumerate(METRIC_NAMES):
        if np.isfinite(both.mine[:, place]).any():
            yield name, _cells(both, (slice(None), place))


def _profiles(both: Pair) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    for name in np.unique(both.profile):
        yield str(name), _cells(both, (both.profile == name,))


def _cells(both: Pair, where: tuple[object, ...]) -> NDArray[np.bool_]:
    chosen = np.zeros(both.mine.shape, np.bool_)
    chosen[where] = True  # type: ignore[index]
    return chosen


def _one(both: Pair, cells: NDArray[np.bool_]) -> dict[str, object]:
    mine, theirs = (np.where(cells, one, np.nan) for one in (both.mine, both.theirs))
    return {
        "relative": rounded(_relative(mean(mine), mean(theirs))),
        "ci95": interval(_relative(both.blocks.means(mine), both.blocks.means(theirs))),
        "windows": int((known := np.isfinite(mine).any(axis=(1, 2))).sum()),
        "blocks": len(np.unique(both.named[known])),
    }


def _relative(mine: Doubles, theirs: Doubles) -> Doubles:
    return np.asarray(mine / np.where(theirs > 0.0, theirs, np.nan) - 1.0)


def worse(found: Mapping[str, object]) -> list[dict[str, object]]:
    """The groups in which more was lost beyond chance, so that among all of them one in twenty times any is named
    by chance (Bonferroni)."""
    groups = [
        (group, name, one)
        for group in ("by_lead", "by_metric", "by_profile")
        for name, one in _named(found, group)
    ]  # fmt: skip
    limit = _ALPHA / max(1, len(groups))
    return [
        {"group": group, "name": name, "relative": one["relative"], "ci95": one["ci95"]}
        for group, name, one in groups if _chance(one) < limit
    ]  # fmt: skip


def _named(found: Mapping[str, object], group: str) -> Sequence[tuple[str, dict[str, object]]]:
    part = found[group]
    return list(part.items()) if isinstance(part, dict) else []


def _chance(one: Mapping[str, object]) -> float:
    """How likely so much more would be lost by chance; 1 where it is not known.

    The bootstrap of few blocks knows too little of how blocks differ: hence Student's distribution, and the factor.
    """
    relative, bounds, blocks = one["relative"], one["ci95"], one["blocks"]
    if not isinstance(relative, float) or not isinstance(bounds, list) or None in bounds or bounds[0] == bounds[1]:
        return 1.0
    if not isinstance(blocks, int) or blocks < 2:
        return 1.0
    error = (bounds[1] - bounds[0]) / _SIDES * math.sqrt(blocks / (blocks - 1))
    return student_tail(relative / error, blocks - 1)
