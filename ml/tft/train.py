"""From fleets and telemetry to an artefact: examples, fit, calibration, judgement, in one line of calls.

Guards reproducibility: with `steps` given, the same arguments give the same model on the same machine, whether or not
the run was interrupted. Calibration and evaluation never see a series that was fitted.
"""

import logging
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from pickle import UnpicklingError
from time import perf_counter
from typing import Any, Final

import lightning
import numpy as np
import torch
from lightning.pytorch.callbacks import Callback, ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger
from numpy.typing import NDArray

from ml.artifacts import ArtifactError, read, read_manifest, write
from ml.contracts import Floats, Manifest
from ml.dataset.windows import Span
from ml.runtime import Forecaster
from ml.runtime.fusion import KINDS, NEUTRAL, Fusion, tensors_of
from ml.runtime.network import Tensors
from ml.runtime.odds import Odds
from ml.runtime.ridge import Ridge
from ml.runtime.tft import Tft
from ml.schema import HORIZON, TICK_SECONDS, schema_hash
from ml.tft import batches
from ml.tft.calibrate import fit_paths, fit_stretch, held_out
from ml.tft.examples import Examples, examples, joined
from ml.tft.model import Fused
from ml.tft.odds import fit_odds
from ml.tft.spans import DAYS, fitted_and_held, of_kind

Progress = Callable[[str], None]
MODEL: Final = "fleet-tft"
VERSION: Final = "1.0.0"
_EVERY, _EVERY_CHECKED, _EVERY_CALIBRATED = 29, 389, 61
_CLIP: Final = 1.0
_TIMED: Final = 12  # steps that are timed to tell how many fit into the minutes


class Cancelled(Exception):
    """Somebody asked the run to stop; its checkpoint stays."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """How far the training of one network is: `epoch` of `epochs` are done, with that held-out loss after them."""

    network: str
    epoch: int
    epochs: int
    loss: float
    steps_per_s: float
    minutes_left: float

    def __str__(self) -> str:
        return (
            f"{self.network}: epoch {self.epoch} of {self.epochs}, held-out pinball {self.loss:.4f}, "
            f"{self.minutes_left:.1f} min left"
        )


@dataclass(frozen=True, slots=True)
class Listener:
    """Who hears of a run and may end it: sentences, epochs, and whether to stop before the next batch."""

    say: Progress
    epoch: Callable[[Epoch], None]
    cancelled: Callable[[], bool] = lambda: False

    @classmethod
    def of(cls, say: Progress, cancelled: Callable[[], bool] = lambda: False) -> "Listener":
        """Hears of epochs in sentences."""
        return cls(say, lambda one: say(str(one)), cancelled)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to train. `steps` wins over `minutes`; `data` are telemetry spans of a user, `start` the artefact whose
    linear forecast is corrected and, unless `scratch`, whose network is trained on."""

    start: Path
    servers: int
    seed: int
    minutes: float
    steps: int | None = None
    data: tuple[Span, ...] = ()
    scratch: bool = False
    hidden: int = 24
    heads: int = 2
    rate: float = 3e-3
    work: Path | None = None


@dataclass(slots=True)
class Fitted:
    """A trained and calibrated model with what the run used."""

    tensors: dict[str, NDArray[np.generic]]
    model: Fusion
    figures: dict[str, object] = field(default_factory=dict)

    def forecaster(self, manifest: Manifest) -> Forecaster:
        """As serving would load it."""
        return Forecaster(manifest, "", self.model, Odds.from_tensors(self.tensors))


def fit(plan: Plan, listener: Listener) -> Fitted:
    """Train as planned. Raises Cancelled when the listener says so; run again with the same `work` to go on."""
    quiet()
    progress = listener.say
    manifest, _, tensors = read(plan.start)
    if manifest.kind not in ("ridge", "tft"):
        raise ArtifactError(f"{plan.start} holds a {manifest.kind}; training starts from a ridge or a tft")
    ridge = Ridge.from_tensors(tensors)
    train, held = fitted_and_held(plan.servers, plan.seed, plan.data, progress)
    networks: dict[str, dict[str, NDArray[np.generic]]] = {}
    figures: dict[str, object] = {}
    for kind in KINDS:
        networks[kind], figures[kind] = _network(plan, kind, (ridge, tensors), (train, held), listener)
    progress("calibrating on held-out machines")
    folded = [Tft(networks[kind]) for kind in KINDS]
    found = held_out(Fusion(ridge, folded, NEUTRAL), held, _EVERY_CALIBRATED)
    stretch = fit_stretch(found, held, NEUTRAL if plan.scratch else tensors.get("stretch"))
    model = Fusion(ridge, folded, stretch)
    correlation = fit_paths(held_out(model, held, _EVERY_CALIBRATED), np.asarray(tensors["correlation"], np.float32))
    named = {name: one for name, one in tensors.items() if name.split(".")[0] in ("weights", "tables")}
    named |= _odds(plan, model, correlation, tensors, progress)
    named |= {f"{kind}.{name}": one for kind in KINDS for name, one in networks[kind].items()}
    return Fitted({**named, "stretch": stretch, "correlation": correlation}, model, figures)


def _odds(
    plan: Plan, model: Fusion, correlation: Floats, tensors: Tensors, progress: Progress
) -> dict[str, NDArray[np.generic]]:
    """The network of breach chances, taught on simulated servers; without any, the one at the start, if it has one."""
    if plan.servers:
        return fit_odds(model, correlation, plan.servers, plan.seed, progress)
    return {name: one for name, one in tensors.items() if name.startswith("odds.")}


def _network(
    plan: Plan, kind: str, start: tuple[Ridge, Tensors], spans: tuple[Sequence[Span], Sequence[Span]],
    listener: Listener,
) -> tuple[dict[str, NDArray[np.generic]], dict[str, object]]:  # fmt: skip
    """One kind's network: trained where there are machines of this kind, else as it was at the start."""
    ridge, tensors = start
    begun = {} if plan.scratch else tensors_of(tensors, kind)
    lightning.seed_everything(plan.seed, verbose=False)
    train, held = (cut for cut in (of_kind(part, kind) for part in spans))
    if not train or not held:
        return begun or _weights(Fused(plan.hidden, plan.heads)), {}
    listener.say(f"cutting examples from {sum(len(one.assets) for one in train)} machines, {kind}")
    found = joined([
        one for place, span in enumerate(train)
        for one in examples([span], ridge, _every(span), plan.seed * 100 + place)
    ])  # fmt: skip
    checked = joined(list(examples(held, ridge, _EVERY_CHECKED, plan.seed, damage=False)))
    module, figures = _train(plan, kind, found, checked, begun, listener)
    return _weights(module), figures


def _weights(module: Fused) -> dict[str, NDArray[np.generic]]:
    return {name: tensor.detach().cpu().numpy() for name, tensor in module.net.state_dict().items()}


def quiet() -> None:
    """Libraries say a lot that helps nobody who trains here."""
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module=r"lightning|pytorch_forecasting|torch")


def _every(span: Span) -> int:
    """Ticks between origins: a span of many weeks needs fewer of them a day."""
    return _EVERY * max(1, len(span.values) // (8 * DAYS * 288))


def _train(
    plan: Plan, kind: str, found: Examples, checked: Examples, begun: Tensors, listener: Listener
) -> tuple[Fused, dict[str, object]]:  # fmt: skip
    gpu = torch.cuda.is_available()
    torch.set_num_threads(max(1, (os.cpu_count() or 1) // 2))  # a busy core beside them makes all threads wait
    batch = batches.fitting(torch.cuda.mem_get_info()[0]) if gpu else batches.ON_CPU
    hidden, heads = _shape(begun) if begun else (plan.hidden, plan.heads)
    loader = batches.training(found, batch, plan.seed, pin=gpu)
    work = (plan.work or Path(tempfile.mkdtemp(prefix="forewarn-training-"))) / kind
    steps = plan.steps or _measured(work, lambda: _steps(Fused(hidden, heads), loader, plan.minutes / len(KINDS), gpu))
    epochs = max(1, round(steps / batches.STEPS_AN_EPOCH))
    module = Fused(hidden, heads, rate=plan.rate, steps=epochs * batches.STEPS_AN_EPOCH)
    if begun:
        module.net.load_state_dict({name: torch.from_numpy(np.array(one)) for name, one in begun.items()})
    where = "the GPU" if gpu else "the CPU"
    several = "epoch" if epochs == 1 else "epochs"
    listener.say(f"{len(found):,} examples, {epochs} {several} of {batches.STEPS_AN_EPOCH} steps on {where}")
    watch = _Watch(kind, listener, epochs)
    best = ModelCheckpoint(work, "best", monitor="val_pinball", enable_version_counter=False)
    newest = ModelCheckpoint(work, "last", enable_version_counter=False)  # every epoch's, after the best one is known
    trainer = lightning.Trainer(
        max_epochs=epochs, accelerator="gpu" if gpu else "cpu", devices=1, callbacks=[watch, best, newest],
        precision="bf16-mixed" if gpu else "32-true", logger=CSVLogger(work, name="log", version=""),
        gradient_clip_val=_CLIP, enable_progress_bar=sys.stderr.isatty(), enable_model_summary=False,
        num_sanity_val_steps=0, log_every_n_steps=20,
    )  # fmt: skip
    last = _checkpoint(work, plan, len(found), steps)
    goes_on = last if _readable(last, listener.say) else None
    trainer.fit(module, loader, batches.validation(checked), ckpt_path=goes_on, weights_only=True)
    state = torch.load(best.best_model_path, weights_only=True)["state_dict"]
    module.load_state_dict(state)
    reached = float(best.best_model_score or np.nan)
    if begun:
        module.net.load_state_dict(_between(begun, module.net.state_dict()))
        reached = trainer.validate(module, batches.validation(checked), verbose=False)[0]["val_pinball"]
    figures: dict[str, object] = {
        "epochs": epochs, "steps": epochs * batches.STEPS_AN_EPOCH, "batch": batch, "examples": len(found),
        "hidden": hidden, "heads": heads, "val_pinball": round(reached, 5),
        "network_parameters": sum(one.numel() for one in module.net.parameters()), "device": "cuda" if gpu else "cpu",
    }  # fmt: skip
    if plan.work is None:
        shutil.rmtree(work.parent, ignore_errors=True)
    return module.cpu().eval(), figures


def _measured(work: Path, measure: Callable[[], int]) -> int:
    """How many steps a length in minutes has: measured once, so that a resumed run has the same length."""
    kept = work / "steps.txt"
    if not kept.exists():
        work.mkdir(parents=True, exist_ok=True)
        _keep(kept, str(measure()))
    return int(kept.read_text())


def _keep(path: Path, text: str) -> None:
    """Write a small file whole or not at all: half of one, from a full disk, would refuse every later try."""
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text)
    partial.replace(path)


def _between(begun: Tensors, tuned: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Weights half-way from the start to where training led.

    Some dozen machines of a user teach much about themselves and little about their neighbours: half-way keeps most of
    the first and of what many simulated servers taught (Wortsman et al. 2022).
    """
    return {name: 0.5 * (torch.from_numpy(np.array(begun[name])).to(one) + one) for name, one in tuned.items()}


def _checkpoint(work: Path, plan: Plan, size: int, steps: int) -> Path:
    """Where this run's last checkpoint is or will be; ValueError when the folder holds another run's."""
    length = f"{steps} steps" if plan.steps else f"{plan.minutes:g} min"
    begins = "scratch" if plan.scratch else read_manifest(plan.start)[1][:12]
    mine = f"seed {plan.seed}, {size} examples, {length}, from {begins}\n"
    mark = work / "run.txt"
    if mark.exists() and mark.read_text() != mine:
        raise ValueError(
            f"{work} holds the checkpoint of another run ({mark.read_text().strip()}): name another folder"
        )
    work.mkdir(parents=True, exist_ok=True)
    _keep(mark, mine)
    return work / "last.ckpt"


def _readable(last: Path, say: Progress) -> bool:
    """Whether a run can go on from its checkpoints. With damaged ones it begins anew, and says so."""
    if not last.exists():
        return False
    try:
        for one in (last, last.with_name("best.ckpt")):
            torch.load(one, map_location="cpu", weights_only=True)
    except (OSError, EOFError, RuntimeError, UnpicklingError):
        say("its checkpoint is damaged, so it begins anew")
        return False
    return True


def _shape(state: Tensors) -> tuple[int, int]:
    """Hidden size and heads of a network's weights."""
    heads = sum(name.startswith("multihead_attn.q_layers.") and name.endswith(".weight") for name in state)
    return state["output_layer.weight"].shape[1], heads


def _steps(module: Fused, loader: Any, minutes: float, gpu: bool) -> int:
    """How many steps fit into the minutes, measured on a few of them; validation and calibration need a share."""
    if gpu:
        module = module.cuda()
    started = 0.0
    for number, rows in enumerate(loader):
        if number == 2:
            started = perf_counter()
        torch.autograd.backward(module.loss({name: one.to(module.device) for name, one in rows.items()}))
        if number == 2 + _TIMED:
            break
    each = (perf_counter() - started) / (_TIMED + 1)
    return max(batches.STEPS_AN_EPOCH, int(minutes * 60.0 * 0.85 / each))


class _Watch(Callback):
    """Tells how it goes after each epoch, and ends the run between two batches when somebody asked for it."""

    def __init__(self, network: str, listener: Listener, epochs: int) -> None:
        self._network, self._listener, self._epochs = network, listener, epochs
        self._started, self._first = perf_counter(), 0

    def on_train_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        self._started, self._first = perf_counter(), trainer.current_epoch

    def on_train_batch_start(self, trainer: lightning.Trainer, pl_module: Any, batch: Any, batch_idx: int) -> None:
        if self._listener.cancelled():
            raise Cancelled(f"cancelled after {trainer.global_step} steps; run it again to go on from its checkpoint")

    def on_validation_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        if trainer.state.fn != "fit":
            return  # the judgement of averaged weights is no epoch
        done, seconds = trainer.current_epoch + 1, perf_counter() - self._started
        fresh = max(1, done - self._first)
        loss = float(trainer.callback_metrics.get("val_pinball", float("nan")))
        speed = fresh * batches.STEPS_AN_EPOCH / max(seconds, 1e-9)
        left = seconds / fresh * (self._epochs - done) / 60.0
        self._listener.epoch(Epoch(self._network, done, self._epochs, loss, round(speed, 2), round(left, 2)))


def train_tft(
    plan: Plan,
    out: Path,
    recipe: Mapping[str, object],
    listener: Listener,
    judge: Callable[[Forecaster], Mapping[str, object]],
    version: str = VERSION,
) -> dict[str, object]:
    """Fit as planned, judge, and write the artefact to `out`; returns what the command prints.

    `recipe` is kept in the manifest beside what the run itself knows. ArtifactError when `out` exists.
    """
    if out.exists():
        raise ArtifactError(f"{out} exists already; an artefact is never overwritten")
    fitted = fit(plan, listener)
    told = {
        "simulated_servers": plan.servers,
        "days": DAYS,
        "start": read_manifest(plan.start)[1],
        "networks": fitted.figures,
        **recipe,
    }
    manifest = Manifest(MODEL, version, "tft", schema_hash(), TICK_SECONDS, HORIZON, plan.seed, told)
    scores = judge(fitted.forecaster(manifest))
    _, digest = write(out, fitted.tensors, replace(manifest, evaluation=scores))
    return {
        "model": MODEL, "version": version, "parameters": int(sum(one.size for one in fitted.tensors.values())),
        **_told(fitted.figures), "networks": fitted.figures, "evaluation": scores, "artefact": str(out),
        "sha256": digest, "seed": plan.seed,
    }  # fmt: skip


def _told(figures: Mapping[str, object]) -> dict[str, object]:
    """Epochs of both networks together, and their mean held-out loss."""
    trained = [one for one in figures.values() if isinstance(one, dict) and one]
    losses = [float(one["val_pinball"]) for one in trained]
    return {
        "epochs": sum(int(one["epochs"]) for one in trained),
        "val_pinball": round(sum(losses) / len(losses), 5) if losses else None,
    }
