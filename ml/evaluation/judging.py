"""Evidence on a candidate: candidate, champion and simple rivals on the same frozen windows, later than any training.

Guards three promises: windows that overlap with what either model was trained on are left out, both models are asked
exactly as serving asks them, and what was measured can be computed again from the losses stored beside the document.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Final

import numpy as np

from ml.artifacts import MANIFEST, WEIGHTS, read
from ml.dataset.telemetry import Telemetry, tick_time
from ml.dataset.windows import Span, cut, origins, simulated_span
from ml.evaluation.contenders import Contender, Served, served
from ml.evaluation.differences import difference, pair, worse
from ml.evaluation.machine import commit, machine
from ml.evaluation.report import model_report
from ml.evaluation.scoring import Doubles, SpanScores, score_span, unit_of
from ml.evaluation.seen import touched, trained
from ml.runtime import Forecaster, load
from ml.schema import CONTEXT, HORIZON, METRICS, TICKS_PER_DAY

Progress = Callable[[str], None]
SCHEMA: Final = 1
RIVALS: Final = ("seasonal_naive", "persistence", "best_naive", "ridge")
_COMPARED: Final = ("candidate", "champion")
_EVERY: Final = 31
_MOST_SERVERS: Final = 250
_MOST_ORIGINS: Final = 64
_ELSEWHERE_SEED: Final = 950_000
"""Of the simulated fleet that neither was trained on; far from any training's."""
_ELSEWHERE_SERVERS, _ELSEWHERE_DAYS = 20, 9
_INJECTED: Final = 0.2
_TIMED: Final = 9
_FIGURES: Final = ("pinball", "skill", "coverage80", "mae", "windows", "forecast_share", "by_lead", "by_metric",
                   "by_profile")  # fmt: skip
_RESOLUTION: Final = np.array([10.0**-metric.decimals for metric in METRICS])
"""What people can tell apart: a series that never moves does not outweigh all others."""


@dataclass(frozen=True, slots=True)
class Case:
    """What is judged: two loaded artefacts with their folders, the linear rival, and the frozen telemetry."""

    candidate: Path
    champion: Path
    ridge: Path
    telemetry: Telemetry
    since_at: datetime
    stream: str


def judge(case: Case, progress: Progress) -> tuple[dict[str, object], SpanScores | None]:
    """The document of evidence, and the scores that it rests on, None when no window is left.

    Raises ArtifactError for a model that is not what its hashes say.
    """
    started = perf_counter()
    models = {name: load(folder) for name, folder in _folders(case).items()}
    span = _sample(case.telemetry.span())
    fitted = case.telemetry.row(case.since_at)
    rows, left_out = _rows(span, fitted, models)
    progress(f"judging on {len(rows) * len(span.assets):,} windows of {len(span.assets)} servers")
    scores = score_span(span, served(models), fitted, rows, unit(span)) if rows else None
    progress("judging on servers that neither was trained on")
    document = {
        "schema": SCHEMA,
        "stream": case.stream,
        **{name: _model(getattr(case, name), models[name]) for name in _COMPARED},
        "windows": {**_windows(scores, span, rows), "left_out": left_out * len(span.assets)},
        **_compared(scores),
        "elsewhere": _elsewhere({name: models[name] for name in _COMPARED}),
        "latency": _latency(models, span, rows),
        "size": {f"{name}_bytes": _bytes(getattr(case, name)) for name in _COMPARED},
        "commit": commit(),
        "machine": machine(),
    }
    return {**document, "seconds": round(perf_counter() - started, 1)}, scores


def keep(path: Path, document: Mapping[str, object], scores: SpanScores | None) -> None:
    """Write the document, and beside it the losses of both models in every window; the document last, whole."""
    if scores is not None:
        losses = {name: scores.scores[name].pinball.astype(np.float32) for name in _COMPARED}
        np.savez_compressed(path.with_suffix(".npz"), asset=scores.asset, day=scores.day, profile=scores.profile,
                            allow_pickle=False, **losses)  # fmt: skip
    partial = path.with_name(path.name + ".partial")
    partial.write_text(json.dumps(document, allow_nan=False))
    partial.replace(path)


def _folders(case: Case) -> dict[str, Path]:
    return {"candidate": case.candidate, "champion": case.champion, "ridge": case.ridge}


def _sample(span: Span) -> Span:
    """At most 250 servers, evenly taken, so that a judgement of a large fleet ends within minutes."""
    count = len(span.assets)
    if count <= _MOST_SERVERS:
        return span
    rows = np.linspace(0, count - 1, _MOST_SERVERS).round().astype(np.int64)
    names, profiles = (tuple(one[row] for row in rows) for one in (span.assets, span.profiles))
    values = np.ascontiguousarray(span.values[:, rows])
    return replace(span, assets=names, profiles=profiles, values=values, maintenance=span.maintenance[:, rows])


def _rows(span: Span, fitted: int, models: Mapping[str, Forecaster]) -> tuple[list[int], int]:
    """Origins whose truth lies after the cut, and how many were left out since a model was trained on it."""
    every = list(origins(span, _EVERY, max(0, fitted - CONTEXT)))
    every = every[:: max(1, -(-len(every) // _MOST_ORIGINS))]
    manifests = [models[name].manifest for name in _COMPARED]
    kept = [
        row for row in every if not any(touched(one, *_truth(span, row, row)) for one in manifests)
    ]  # fmt: skip
    return kept, len(every) - len(kept)


def _truth(span: Span, first: int, last: int) -> tuple[datetime, datetime]:
    """From when to when the truth of these origins was measured."""
    return tick_time(span.first + first + 1), tick_time(span.first + last + HORIZON)


def unit(span: Span) -> Doubles:
    """What a series' losses are divided by, [N, M]: its standard deviation over all that was frozen."""
    return np.asarray(np.maximum(unit_of(span.values), _RESOLUTION))


def _model(folder: Path, model: Forecaster) -> dict[str, object]:
    manifest, sha256, tensors = read(folder)
    return {
        "model": manifest.model, "version": manifest.version, "sha256": sha256, "verified": sha256 == model.sha256,
        "parameters": int(sum(one.size for one in tensors.values())), "bytes": _bytes(folder), "seed": manifest.seed,
        "trained": trained(manifest),
    }  # fmt: skip


def _bytes(folder: Path) -> int:
    return sum((folder / name).stat().st_size for name in (MANIFEST, WEIGHTS))


def _windows(scores: SpanScores | None, span: Span, rows: Sequence[int]) -> dict[str, object]:
    if scores is None:
        return {"sha256": None, "count": 0, "servers": 0, "days": 0.0, "first_at": None, "last_at": None}
    first_at, last_at = _truth(span, rows[0], rows[-1])
    scored = np.isfinite(scores.scores["candidate"].pinball).any(axis=(1, 2))
    return {
        "sha256": scores.digest,
        "count": int(scored.sum()),
        "servers": len(np.unique(scores.asset[scored])),
        "days": round((rows[-1] + HORIZON - rows[0]) / TICKS_PER_DAY, 2),
        "first_at": first_at.isoformat(),
        "last_at": last_at.isoformat(),
    }


def _compared(scores: SpanScores | None) -> dict[str, object]:
    """Figures of every model, and how candidate and champion differ."""
    if scores is None:
        return {"models": {}, "difference": {"blocks": 0}, "worse": []}
    both = pair(scores)
    found = difference(both)
    models = {}
    for name in (*_COMPARED, *RIVALS):
        report = model_report([scores], name, both.blocks)
        models[name] = {field: report[field] for field in _FIGURES}
    return {"models": models, "difference": found, "worse": worse(found)}


def _elsewhere(models: Mapping[str, Forecaster]) -> dict[str, object]:
    """Both on a simulated fleet of other servers: has the candidate forgotten what it knew?"""
    span = simulated_span(_ELSEWHERE_SERVERS, _ELSEWHERE_DAYS, _ELSEWHERE_SEED, _INJECTED)
    contenders: dict[str, Contender] = served(models)
    scores = score_span(span, contenders, (_ELSEWHERE_DAYS - 2) * TICKS_PER_DAY)
    found = difference(pair(scores))
    kept = {name: found[name] for name in ("relative", "ci95", "windows")}
    return {"servers": _ELSEWHERE_SERVERS, "seed": _ELSEWHERE_SEED, **kept}


def _latency(models: Mapping[str, Forecaster], span: Span, rows: Sequence[int]) -> dict[str, object]:
    """Median milliseconds of both on the same window, in turn, so that a busy moment meets both."""
    if not rows:
        return {"servers": len(span.assets), "candidate_ms": None, "champion_ms": None}
    piece = cut(span, rows[-1])
    asked = {name: Served(models[name]) for name in _COMPARED}
    times: dict[str, list[float]] = {name: [] for name in _COMPARED}
    for _ in range(_TIMED):
        for name, model in asked.items():
            start = perf_counter()
            model.quantiles(piece)
            times[name].append((perf_counter() - start) * 1e3)
    medians = {f"{name}_ms": round(float(np.median(some)), 2) for name, some in times.items()}
    return {"servers": len(span.assets), **medians}
