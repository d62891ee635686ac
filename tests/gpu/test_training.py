"""Training on a GPU: in bf16, in batches of its own size, to an artefact that needs no GPU."""

from types import ModuleType
from typing import Any

import numpy as np
import pytest

from ml.artifacts import read
from ml.cli import RIDGE
from ml.dataset.windows import cut, simulated_span
from ml.runtime import Forecaster, load
from ml.runtime.fusion import Parts, parts
from ml.runtime.inputs import Situation
from ml.runtime.ridge import Ridge
from ml.runtime.tft import Tft

MOST_BYTES = 4 * 2**30
"""What a step may take: the memory of a small card."""


@pytest.fixture(scope="module")
def trained(cuda: ModuleType, tmp_path_factory) -> tuple[dict[str, Any], Forecaster]:
    """What a short run told, and its artefact as it is served."""
    from ml.tft import batches, train

    span = simulated_span(8, 10, 77, injected=0.5)
    out = tmp_path_factory.mktemp("gpu") / "model"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batches, "STEPS_AN_EPOCH", 20)
        cuda.cuda.reset_peak_memory_stats()
        plan = train.Plan(RIDGE, 0, seed=3, minutes=1.0, steps=40, data=(span,))
        told = train.train_tft(plan, out, {}, train.Listener.of(lambda _: None), lambda _: {})
    return told, load(out)


@pytest.fixture(scope="module")
def part(trained) -> Parts:
    """Inputs of servers that were not trained on."""
    piece = cut(simulated_span(8, 9, 78), 2_000)
    situation = Situation(piece.history, piece.week, piece.calendar, piece.profiles, piece.week_tick)
    return next(parts(Ridge.from_tensors(read(RIDGE)[2]), situation))


def reference(torch: ModuleType, tensors: dict[str, np.ndarray], part: Parts, device: str) -> np.ndarray:
    """What pytorch-forecasting's network says with these weights, [OUTPUTS, LEADS, B]."""
    from ml.tft.model import rebuilt

    given = part.inputs
    arrays = {
        "static": given.static.T, "encoder": given.encoder.transpose(2, 0, 1),
        "decoder": given.decoder.transpose(2, 0, 1), "metric": given.metric, "profile": given.profile,
    }  # fmt: skip
    batch = {name: torch.from_numpy(np.ascontiguousarray(one)).to(device) for name, one in arrays.items()}
    with torch.no_grad():
        said = rebuilt(tensors).to(device).say(batch)
    return said.float().cpu().numpy().transpose(2, 1, 0)


def test_a_short_training_runs_on_the_gpu_and_ends_with_a_finite_loss(trained):
    told, _ = trained
    figures = told["networks"]["known"]
    assert figures["device"] == "cuda"
    assert figures["steps"] == 40
    assert 0.0 < figures["val_pinball"] < 1.0


def test_its_batches_are_those_for_a_gpu_and_fit_a_small_one(cuda, trained):
    from ml.tft import batches

    told, _ = trained
    assert told["networks"]["known"]["batch"] == batches.ON_GPU > batches.ON_CPU
    assert 0 < cuda.cuda.max_memory_allocated() < MOST_BYTES


def test_its_weights_are_finite_and_of_single_precision(trained):
    _, served = trained
    tensors = [tensor for network in served.model.networks for tensor in network.tensors.values()]
    assert {tensor.dtype for tensor in tensors} == {np.dtype(np.float32)}
    assert all(np.isfinite(tensor).all() for tensor in tensors)


def test_the_artefact_serves_on_numpy_what_the_reference_says_on_the_cpu(cuda, trained, part):
    _, served = trained
    tensors = served.model.networks[0].tensors
    said, _ = Tft(tensors)(part.inputs)
    expected = reference(cuda, tensors, part, "cpu")
    assert np.abs(expected).max() > 1e-3
    np.testing.assert_allclose(said, expected, atol=1e-4)


def test_the_gpu_itself_says_about_the_same(cuda, trained, part):
    _, served = trained
    tensors = served.model.networks[0].tensors
    said, _ = Tft(tensors)(part.inputs)
    np.testing.assert_allclose(said, reference(cuda, tensors, part, "cuda"), atol=5e-3)  # its LSTM may use TF32


def test_every_server_gets_an_ordered_fan_from_the_artefact(trained):
    _, served = trained
    piece = cut(simulated_span(8, 9, 78), 2_000)
    fans = served.model.quantiles(piece.history, piece.calendar, piece.profiles, piece.week_tick, piece.week)
    assert np.isfinite(fans).all()
    assert (np.diff(fans, axis=-1) >= 0.0).all()
