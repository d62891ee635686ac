"""From a number of simulated servers and a seed to an artefact on disk, in one call.

Guards reproducibility: the same arguments give the same bytes, and calibration never sees a fitted server.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from ml.artifacts import ArtifactError, read, write
from ml.baselines.ridge import Fitted, Progress, fit
from ml.contracts import Manifest
from ml.dataset.windows import simulated_spans
from ml.runtime import Forecaster
from ml.runtime.naive import Naive, tensors_for
from ml.runtime.odds import DEFAULT_CORRELATION, Odds
from ml.runtime.ridge import Ridge
from ml.schema import HORIZON, TICK_SECONDS, schema_hash

MODEL: Final = "ridge"
VERSION: Final = "1.0.0"
DAYS: Final = 14
_INJECTED, _INJECTED_HELD_OUT = 0.5, 0.2  # injections a server and week, beside the organic faults


Judge = Callable[[Forecaster], Mapping[str, object]]
"""Scores a fitted forecaster on fleets that it has not seen; what it says goes into the manifest."""


def train_ridge(servers: int, seed: int, out: Path, progress: Progress, judge: Judge) -> dict[str, object]:
    """Train on `servers` simulated servers, calibrate on as many others, judge, write the artefact to `out`.

    Returns what the command prints. ValueError below 40 servers: quantiles of fewer would be guesses.
    """
    if servers < 40:
        raise ValueError(f"ridge needs at least 40 simulated servers, not {servers}")
    if out.exists():
        raise ArtifactError(f"{out} exists already; an artefact is never overwritten")
    progress(f"simulating {servers} servers over {DAYS} days")
    held_out = max(80, servers)
    train = list(simulated_spans(servers, DAYS, 2 * seed + 10_001, _INJECTED))
    calibration = list(simulated_spans(held_out, DAYS, 2 * seed + 10_002, _INJECTED_HELD_OUT))
    fitted = fit(train, calibration, seed, progress)
    recipe = {"simulated_servers": servers, "held_out_servers": held_out, "days": DAYS}
    manifest = Manifest(MODEL, VERSION, "ridge", schema_hash(), TICK_SECONDS, HORIZON, seed, recipe)
    return publish(fitted, manifest, out, judge)


def write_naive(kind: str, ridge: Path, out: Path, judge: Judge) -> dict[str, object]:
    """A naive forecaster as an artefact that can serve a stream, with the tables of the shipped ridge; `kind` as in
    `ml.runtime.naive.DAYS`. ArtifactError when `out` exists."""
    if out.exists():
        raise ArtifactError(f"{out} exists already; an artefact is never overwritten")
    _, digest, tensors = read(ridge)
    named = {**tensors_for(kind, tensors), "correlation": DEFAULT_CORRELATION}
    manifest = Manifest(
        kind.replace("_", "-"), VERSION, "naive", schema_hash(), TICK_SECONDS, HORIZON, 0, {"tables": digest}
    )
    model = Forecaster(manifest, "", Naive.from_tensors(named), Odds(DEFAULT_CORRELATION))
    scores = judge(model)
    _, own = write(out, named, replace(manifest, evaluation=scores))
    return {"model": manifest.model, "version": VERSION, "parameters": 0, "epochs": 0, "evaluation": scores,
            "val_pinball": scores.get("pinball"), "artefact": str(out), "sha256": own, "seed": 0}  # fmt: skip


def publish(fitted: Fitted, manifest: Manifest, out: Path, judge: Judge) -> dict[str, object]:
    """Judge a fitted model and write it to `out`, its scores in the manifest."""
    tensors = fitted.tensors()
    model = Forecaster(manifest, "", Ridge(fitted.weights, fitted.tables), Odds(fitted.correlation))
    scores = judge(model)
    _, digest = write(out, tensors, replace(manifest, evaluation=scores))
    return {
        "model": manifest.model,
        "version": manifest.version,
        "parameters": int(sum(tensor.size for tensor in tensors.values())),
        "val_pinball": scores.get("pinball"),
        "evaluation": scores,
        "artefact": str(out),
        "sha256": digest,
        "seed": manifest.seed,
    }
