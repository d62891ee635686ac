"""Teaches the network that corrects breach chances (`ml.runtime.odds`), on simulated servers that nothing else was
fitted on.

Guards that it learns odds and not thresholds: every cut is asked at the default thresholds and, counting a third as
much, at drawn ones, and each server is met as a stranger too.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import binary_cross_entropy_with_logits

from ml.contracts import Floats
from ml.dataset.windows import Cut, Span, cut, origins, simulated_spans
from ml.generator import first_breach
from ml.runtime.crossing import ENDS, drawn_begun, possible
from ml.runtime.features import is_unknown
from ml.runtime.fusion import Fusion
from ml.runtime.odds import ASKED, LAYERS, asked, conditional
from ml.schema import HORIZON
from ml.streams.fleet import threshold_matrix
from ml.tft.examples import stranger

_FLEETS: Final = 40_000  # seeds of these fleets: away from those that are fitted, held out or tested on
_DAYS, _INJECTED, _EVERY = 21, 0.2, 37
_MOST: Final = 320
_HIDDEN, _BATCH, _STEPS, _RATE, _DECAY = 48, 4_096, 2_500, 3e-3, 1e-3
_OFTEN: Final = 3.0  # how much a case at default thresholds counts beside one at drawn ones
_LOWER, _HIGHER = -0.5, 0.2  # drawn thresholds of known servers, in logarithms of the default ones
_NEAR, _FAR = -0.2, 0.5  # those of strangers, of what a series reached on its last day


@dataclass(frozen=True, slots=True)
class _Cases:
    """Series that may breach: inputs [n, ASKED], log-odds on drawn paths [n, hours], lead step of the first breach [n]
    (HORIZON: none) and how much each counts [n]."""

    given: Floats
    drawn: Floats
    lead: NDArray[np.int64]
    weight: Floats


def fit_odds(
    model: Fusion, correlation: Floats, servers: int, seed: int, progress: Callable[[str], None]
) -> dict[str, NDArray[np.generic]]:
    """The network's layers as tensors of an artefact, for a calibrated model; same arguments, same numbers."""
    progress("breach chances on servers of their own")
    found = list(_cases(model, correlation, min(servers, _MOST), seed))
    cases = _Cases(*(np.concatenate([getattr(one, name) for one in found]) for name in _Cases.__slots__))
    return _taught(cases, seed)


def _cases(model: Fusion, correlation: Floats, servers: int, seed: int) -> Iterator[_Cases]:
    random = np.random.Generator(np.random.Philox(seed))
    for place, span in enumerate(simulated_spans(servers, _DAYS, _FLEETS + seed, _INJECTED)):
        for one in (span, stranger(span, 2_000 + seed * 100 + place)):
            for origin in origins(one, _EVERY, int(random.integers(_EVERY))):
                yield from _of(model, correlation, one, cut(one, origin), random)


def _of(model: Fusion, correlation: Floats, span: Span, piece: Cut, random: np.random.Generator) -> Iterator[_Cases]:
    fan = model.quantiles(piece.history, piece.calendar, piece.profiles, piece.week_tick, piece.week)
    path = piece.truth.transpose(1, 0, 2)
    for limits, weight in _limits(span, piece, random):
        begins = first_breach(path, limits)
        known = np.isfinite(fan[:, :, 0, 0]) & np.isfinite(limits)
        server, metric = np.nonzero(known & possible(fan, limits))
        begun, levels = drawn_begun(fan, limits, correlation, server, metric)
        drawn = np.zeros((*limits.shape, len(ENDS)), np.float32)
        drawn[server, metric] = begun[:, ENDS]
        news = piece.history[server, -1, metric] <= limits[server, metric]
        lead = begins[server, metric][news]
        given = asked(drawn, levels, server, metric).T
        counts = np.full(len(lead), weight, np.float32)
        yield _Cases(given[news], conditional(begun[news][:, ENDS]), np.where(lead < 0, HORIZON, lead), counts)


def _limits(span: Span, piece: Cut, random: np.random.Generator) -> Iterator[tuple[Floats, float]]:
    """Thresholds [N, M] that a cut is asked at, and how much that counts."""
    default = threshold_matrix(span.profiles)
    if not is_unknown(piece.profiles).all():
        yield default, _OFTEN
        yield (default * np.exp(random.uniform(_LOWER, _HIGHER, default.shape))).astype(np.float32), 1.0
        return
    reached = np.max(piece.history, axis=1, where=np.isfinite(piece.history), initial=0.0)
    yield (reached * np.exp(random.uniform(_NEAR, _FAR, reached.shape))).astype(np.float32), 1.0


def _taught(cases: _Cases, seed: int) -> dict[str, NDArray[np.generic]]:
    """Fitted by the likelihood of each stretch of the horizon that a series entered without a breach."""
    torch.manual_seed(seed)
    starts, ends = np.concatenate([[0], ENDS[:-1] + 1]), ENDS
    entered = torch.from_numpy((cases.lead[:, None] >= starts) * cases.weight[:, None])
    broke = torch.from_numpy(((cases.lead[:, None] >= starts) & (cases.lead[:, None] <= ends)).astype(np.float32))
    given, drawn = torch.from_numpy(cases.given), torch.from_numpy(cases.drawn)
    sizes = (ASKED, _HIDDEN, _HIDDEN, len(ENDS))
    layers = [torch.nn.Linear(size, to) for size, to in pairwise(sizes)]
    torch.nn.init.zeros_(layers[-1].weight)
    torch.nn.init.zeros_(layers[-1].bias)
    parts = chain.from_iterable((layer, torch.nn.ELU()) for layer in layers)
    net = torch.nn.Sequential(*list(parts)[:-1])
    optimizer = torch.optim.AdamW(net.parameters(), _RATE, weight_decay=_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _RATE, total_steps=_STEPS)
    random = np.random.Generator(np.random.Philox(seed))
    for _ in range(_STEPS):
        rows = torch.from_numpy(random.integers(len(given), size=min(_BATCH, len(given))))
        loss = binary_cross_entropy_with_logits(drawn[rows] + net(given[rows]), broke[rows], reduction="none")
        optimizer.zero_grad()
        torch.autograd.backward((loss * entered[rows]).sum() / len(rows))
        optimizer.step()
        schedule.step()
    return {
        f"{name}.{part}": getattr(layer, part).detach().numpy()
        for name, layer in zip(LAYERS, layers, strict=True) for part in ("weight", "bias")
    }  # fmt: skip
