"""Whose telemetry a training fits and whose it keeps: never one machine in both."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.dataset.windows import Span, simulated_spans
from ml.generator.draws import name_hash
from ml.runtime.features import is_unknown, profile_rows
from ml.runtime.fusion import KINDS
from ml.tft.examples import stranger

DAYS: Final = 14
FEWEST: Final = 40
"""Simulated servers, if there are any."""
LEAST: Final = 5
"""Machines of a user's, without simulated servers beside them."""
_INJECTED, _INJECTED_HELD_OUT = 0.5, 0.2
_KEPT: Final = 0.2  # of a user's machines


def fitted_and_held(
    servers: int, seed: int, data: Sequence[Span], progress: Callable[[str], None]
) -> tuple[list[Span], list[Span]]:
    """Spans to fit and spans held out, no machine in both. Few machines set no widths where simulated ones do."""
    train: list[Span] = []
    held: list[Span] = []
    if servers:
        if servers < FEWEST:
            raise ValueError(f"at least {FEWEST} simulated servers are needed, not {servers}")
        progress(f"simulating {servers} servers over {DAYS} days")
        known = list(simulated_spans(servers, DAYS, 2 * seed + 20_001, _INJECTED))
        other = list(simulated_spans(80, DAYS, 2 * seed + 20_002, _INJECTED_HELD_OUT))
        odd = [stranger(span, seed + place) for place, span in enumerate(known)]
        train += [*known, *odd]
        held += [*other, *(stranger(span, seed + 1_000 + place) for place, span in enumerate(other))]
    for span in data:
        if servers and len(span.assets) < LEAST:
            train.append(span)
            continue
        fitted, kept = split(span)
        train.append(fitted)
        held.append(kept)
    if not train:
        raise ValueError("nothing to train on: name simulated servers or a telemetry file")
    return train, held


def split(span: Span) -> tuple[Span, Span]:
    """A user's machines: about four of five to fit, the others kept; ValueError below five.

    Each network has machines of its own kind in both parts, as soon as there are two: without one of them it would
    never be trained. Names alone tell which are kept, so that a training that goes on from an earlier one's model keeps
    the same ones, whatever its seed and whoever has joined since: widths are never set by machines that either has
    fitted. Of very few of a kind that cannot hold when some leave.
    """
    count = len(span.assets)
    if count < LEAST:
        raise ValueError(
            f"training on telemetry needs at least {LEAST} machines, not {count}, or simulated ones beside them"
        )
    draws = np.array([name_hash(name) for name in span.assets], np.uint64)
    unknown = is_unknown(profile_rows(span.profiles))
    kept = np.sort(np.concatenate([_kept(draws, np.flatnonzero(unknown == kind)) for kind in (False, True)]))
    return some(span, np.setdiff1d(np.arange(count), kept)), some(span, kept)


def _kept(draws: NDArray[np.uint64], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of the machines of a kind those that are kept: one of two at least, half of them at most."""
    below = int(np.count_nonzero(draws[rows] < _KEPT * 2.0**64))
    order = np.argsort(draws[rows], kind="stable")
    return rows[order[: min(max(1, below), len(rows) // 2)]]


def some(span: Span, rows: NDArray[np.int64]) -> Span:
    """A span of some of its machines."""
    names = tuple(span.assets[row] for row in rows)
    profiles = tuple(span.profiles[row] for row in rows)
    return Span(span.first, names, profiles, np.ascontiguousarray(span.values[:, rows]), span.maintenance[:, rows])


def of_kind(spans: Sequence[Span], kind: str) -> list[Span]:
    """The servers of a known profile, or the strangers, of every span that has some."""
    chosen = [(span, is_unknown(profile_rows(span.profiles)) == (kind == KINDS[1])) for span in spans]
    return [some(span, np.flatnonzero(rows)) for span, rows in chosen if rows.any()]
