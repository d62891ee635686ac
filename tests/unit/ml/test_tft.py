"""The transformer: the same numbers without torch, neutral until taught, resumable to the bit."""

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from ml.artifacts import ArtifactTampered, read, write
from ml.cli import RIDGE
from ml.dataset.windows import Span, cut, simulated_span
from ml.runtime import load
from ml.runtime.fusion import NEUTRAL, Fusion, Parts, between_leads, compose, parts
from ml.runtime.inputs import DECODER, ENCODER, GROUPS, LEADS, STATIC, Situation
from ml.runtime.ridge import Ridge
from ml.runtime.tft import Tft
from ml.schema import METRICS, QUANTILES

torch = pytest.importorskip("torch", reason="the training packages are not installed")
batches = pytest.importorskip("ml.tft.batches")
training = pytest.importorskip("ml.tft.train")
EXACT = 1e-4


@pytest.fixture(scope="module")
def span() -> Span:
    return simulated_span(6, 10, 77, injected=0.5)


@pytest.fixture(scope="module")
def ridge() -> Ridge:
    return Ridge.from_tensors(read(RIDGE)[2])


@pytest.fixture(scope="module")
def situation(span: Span) -> Situation:
    piece = cut(span, 2_500)
    return Situation(piece.history, piece.week, piece.calendar, piece.profiles, piece.week_tick)


@pytest.fixture(scope="module")
def part(ridge: Ridge, situation: Situation) -> Parts:
    return next(parts(ridge, situation))


@pytest.fixture(scope="module")
def taught():
    """A network whose weights are not special."""
    from ml.tft.model import Fused

    torch.manual_seed(5)
    module = Fused(hidden=16, heads=2).eval()
    with torch.no_grad():
        for tensor in module.net.parameters():
            tensor.add_(0.1 * torch.randn_like(tensor))
    return module


def weights(module) -> dict[str, np.ndarray]:
    return {name: tensor.numpy() for name, tensor in module.net.state_dict().items()}


def as_batch(part: Parts) -> dict:
    given = part.inputs
    arrays = {
        "static": given.static.T, "encoder": given.encoder.transpose(2, 0, 1),
        "decoder": given.decoder.transpose(2, 0, 1), "metric": given.metric, "profile": given.profile,
    }  # fmt: skip
    return {name: torch.from_numpy(np.ascontiguousarray(one)) for name, one in arrays.items()}


def test_the_folded_network_equals_the_reference_model(part, taught):
    said, _ = Tft(weights(taught))(part.inputs)
    with torch.no_grad():
        reference = taught.say(as_batch(part)).numpy().transpose(2, 1, 0)
    assert np.abs(reference).max() > 0.5
    np.testing.assert_allclose(said, reference, atol=EXACT)


def test_training_composes_the_quantiles_that_serving_does(part, taught):
    said, _ = Tft(weights(taught))(part.inputs)
    served = compose(said.copy(), part, between_leads(NEUTRAL[0]))[:, ::4]
    paths = {
        "offset": np.zeros(len(served), np.uint8), "centre": part.base.centre[:, ::4],
        "spread": part.base.spread[:, ::4], "fan": part.base.fan[:, ::4], "daily": part.known.daily[:, ::4],
        "paths": part.known.paths[:, :, ::4].transpose(1, 0, 2), "day": part.known.day,
    }  # fmt: skip
    with torch.no_grad():
        trained = taught({**as_batch(part), **{name: torch.from_numpy(one.copy()) for name, one in paths.items()}})
    ordered = np.sort(served, axis=2)
    np.testing.assert_allclose(served, ordered)
    middle = len(QUANTILES) // 2
    np.testing.assert_allclose(served[..., middle], trained.numpy()[..., middle], atol=2e-3)


def test_a_network_that_says_nothing_leaves_the_linear_forecast(ridge, situation, taught):
    silent = {name: one * (not name.startswith("output_layer")) for name, one in weights(taught).items()}
    given = (situation.values, situation.maintenance, situation.profiles, situation.week_tick)
    fused = Fusion(ridge, [Tft(silent)] * 2, NEUTRAL).quantiles(*given, situation.week)
    np.testing.assert_allclose(fused, ridge.quantiles(*given), rtol=2e-3, atol=2e-3)


def test_what_it_looked_at_adds_up(part, taught):
    _, looked = Tft(weights(taught))(part.inputs)
    series = part.inputs.static.shape[1]
    assert looked.static.shape == (2 + len(STATIC), series)
    assert looked.encoder.shape == (len(ENCODER), len(GROUPS), series)
    assert looked.decoder.shape == (len(DECODER), len(LEADS), series)
    for found, axis in ((looked.static, 0), (looked.encoder, 0), (looked.decoder, 0), (looked.attention, 1)):
        np.testing.assert_allclose(found.sum(axis=axis), 1.0, atol=1e-5)


def test_a_lead_does_not_look_at_later_leads(part, taught):
    attention = Tft(weights(taught))(part.inputs)[1].attention
    later = np.arange(attention.shape[1]) >= len(GROUPS) + np.arange(len(LEADS))[:, None]
    assert attention[later].max() == 0.0


def test_every_server_gets_a_fan_whatever_its_history(ridge, situation, taught):
    values, week = situation.values.copy(), np.full_like(situation.week, np.nan)
    values[0, :-12] = np.nan
    values[1, :, 3] = np.nan
    values[2, ::3] = np.nan
    fans = Fusion(ridge, [Tft(weights(taught))] * 2, NEUTRAL).quantiles(
        values, situation.maintenance, situation.profiles, situation.week_tick, week
    )
    known = np.ones((len(values), len(METRICS)), bool)
    known[1, 3] = False
    assert np.isfinite(fans[known]).all()
    assert (np.diff(fans[known], axis=-1) >= 0.0).all()


def test_an_artefact_without_its_network_is_refused(tmp_path: Path):
    manifest, _, tensors = read(RIDGE)
    write(tmp_path / "broken", tensors, replace(manifest, kind="tft"))
    with pytest.raises(ArtifactTampered, match="lacks the tensor"):
        load(tmp_path / "broken")


def test_examples_are_cut_from_every_series(span, ridge):
    from ml.tft.examples import SCORED, Examples, examples, joined

    found = joined(list(examples([span], ridge, 500, 1)))
    assert len({len(getattr(found, one.name)) for one in fields(Examples)}) == 1
    assert found.target.shape[1] == SCORED
    assert set(np.unique(found.metric)) == set(range(len(METRICS)))


def test_what_every_series_looked_at_is_in_the_order_of_servers(ridge, situation, taught):
    fusion = Fusion(ridge, (Tft(weights(taught)), Tft(weights(taught))), NEUTRAL)
    given = replace(situation, profiles=np.where(np.arange(len(situation.values)) % 2, 7, situation.profiles))
    arguments = ("values", "maintenance", "profiles", "week_tick", "week")
    together = fusion.looked(*(getattr(given, name) for name in arguments))
    alone = given.of(np.array([3]))
    one = fusion.looked(*(getattr(alone, name) for name in arguments))
    for field in fields(one):
        whole = getattr(together, field.name)
        assert whole.shape[-1] == len(METRICS) * len(given.values)
        np.testing.assert_allclose(whole[..., 3 :: len(given.values)], getattr(one, field.name), atol=EXACT)


def test_a_batch_fits_a_quarter_of_the_card():
    assert batches.fitting(80 * 2**30) == batches.ON_GPU
    assert batches.fitting(2 * 2**30) == 2_048
    assert batches.fitting(2**20) == 1
