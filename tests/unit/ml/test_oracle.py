"""The oracle: futures that share what is settled at the origin, and hold the truth as often as they say."""

import numpy as np
import pytest

from ml.dataset.windows import cut, random_injections, simulated_span
from ml.evaluation.floor import Floor
from ml.generator import Generator, demo_fleet
from ml.generator.oracle import Oracle
from ml.schema import HIGH80, HORIZON, LOW80, QUANTILES
from ml.streams.fleet import InjectionKind, default_injection

FLEET = demo_fleet(10, 12)
CASCADE = default_injection(InjectionKind.CASCADE, ["ppdb001"], 700)


@pytest.fixture(scope="module")
def oracle() -> Oracle:
    return Oracle(FLEET, futures=5)


@pytest.mark.parametrize("origin", [705, 767, 768, 800, 864])
def test_the_past_is_the_simulations_own_bit_by_bit(oracle, origin):
    real = Generator(FLEET).ticks(origin - 70, 71, [CASCADE]).values
    paths = oracle.paths(origin, origin - 70, 90, [CASCADE])
    assert all(np.array_equal(path[:71], real) for path in paths)


def test_the_futures_differ_from_the_next_tick_on(oracle):
    paths = oracle.paths(800, 801, HORIZON)
    cpu = paths[:, :, :, 0]
    assert all((cpu[one] != cpu[other]).mean() > 0.99 for one in range(5) for other in range(one))


def test_futures_part_slowly(oracle):
    disk = oracle.paths(800, 801, HORIZON)[:, :, :, 2]
    apart = disk.std(axis=0).mean(axis=1)
    assert apart[0] < 0.2 < apart[-12:].mean()


def test_faults_that_have_begun_run_on_in_every_future(oracle):
    leak = default_injection(InjectionKind.MEMORY_LEAK, ["ppml001"], 790)
    place = [asset.name for asset in FLEET.assets].index("ppml001")
    without, with_leak = (oracle.paths(800, 801, HORIZON, some)[:, -30:, place, 1] for some in ((), (leak,)))
    assert (with_leak.min(axis=1) > without.mean(axis=1) + 5.0).all()


def test_later_injections_reach_their_own_future_alone(oracle):
    crash = default_injection(InjectionKind.SUDDEN_CRASH, ["ppweb001"], 820)
    none = oracle.paths(800, 801, HORIZON)
    some = oracle.paths(800, 801, HORIZON, fresh=[[], [], [crash]])
    assert [bool(np.array_equal(one, other)) for one, other in zip(none, some, strict=True)] == [
        True, True, False, True, True,
    ]  # fmt: skip
    assert np.array_equal(none[:, :19], some[:, :19])


def test_its_intervals_hold_what_they_say():
    injections = random_injections(tuple(asset.name for asset in FLEET.assets), 4_032, 12, 0.2)
    oracle, generator, held = Oracle(FLEET), Generator(FLEET), []
    for origin in range(2_016, 3_900, 191):
        begun = [one for one in injections if one.start <= origin]
        fans = oracle.quantiles(oracle.paths(origin, origin + 1, HORIZON, begun), QUANTILES)
        truth = generator.ticks(origin + 1, HORIZON, begun).values.transpose(1, 2, 0)
        held.append(((truth >= fans[..., LOW80]) & (truth <= fans[..., HIGH80])).mean())
    assert np.mean(held) == pytest.approx(0.8, abs=0.03)


def test_the_floor_is_deterministic_and_below_the_champion(champion):
    piece = cut(simulated_span(10, 4, 12, 0.2), 800)
    floor = Floor(10, 4, 12, 0.2)
    one, two = floor.quantiles(piece), Floor(10, 4, 12, 0.2).quantiles(piece)
    limits = one[:, :, 40, -1]  # a level that few futures are above at this step, and more at some step
    told = floor.breaches(piece, one, limits)
    assert (np.diff(told.by, axis=-1) >= 0.0).all()
    assert 0.0 < told.probability.mean() < 1.0
    assert np.isfinite(told.median[told.probability > 0.0]).all()
    assert np.array_equal(one, two)
    assert one.shape == (10, 7, HORIZON, len(QUANTILES))
    truth = piece.truth.transpose(0, 2, 1)
    middle = champion.model.quantiles(piece.history, piece.calendar, piece.profiles, piece.week_tick)[..., 3]
    assert np.abs(one[..., 3] - truth).mean() < np.abs(middle - truth).mean()
