"""The simulated fleet: the same numbers for the same seed, however the ticks are asked for."""

import numpy as np
import pytest

from ml.contracts import Upkeep
from ml.generator import Generator, demo_fleet
from ml.generator.fleet import profile_counts
from ml.schema import METRICS, Profile
from ml.streams.fleet import InjectionKind, State, default_injection, in_maintenance

LEAK = (default_injection(InjectionKind.MEMORY_LEAK, ["ppml001"], 500), default_injection(
    InjectionKind.CASCADE, ["ppdb001"], 520))  # fmt: skip


def test_same_seed_gives_the_same_numbers_and_another_seed_others(generator):
    again = Generator(demo_fleet()).ticks(400, 30).values
    assert np.array_equal(again, generator.ticks(400, 30).values)
    assert not np.array_equal(again, Generator(demo_fleet(seed=8)).ticks(400, 30).values)


@pytest.mark.parametrize("cuts", [(1, 299), (33, 34, 233), (150, 150), (7, 1, 292)])
def test_any_chunking_gives_bit_equal_ticks(generator, cuts):
    whole = generator.ticks(450, 300, LEAK)
    starts = np.cumsum([450, *cuts])
    parts = [generator.ticks(int(at), count, LEAK) for at, count in zip(starts, cuts, strict=False)]
    assert np.array_equal(np.concatenate([part.values for part in parts]), whole.values)
    assert np.array_equal(np.concatenate([part.states for part in parts]), whole.states)


def test_a_tick_can_be_computed_alone_and_in_any_order(generator):
    whole = generator.ticks(100, 50).values
    assert all(np.array_equal(generator.ticks(100 + row, 1).values[0], whole[row]) for row in (49, 0, 23))


def test_a_part_of_the_fleet_gets_the_columns_of_the_whole(generator):
    names = ["ppwork002", "ppdb001", "ppweb003"]
    whole = generator.ticks(480, 100, LEAK)
    part = generator.ticks(480, 100, LEAK, assets=names)
    assert np.array_equal(part.values, whole.values[:, [whole.assets.index(name) for name in names]])


def test_internal_blocks_do_not_show():
    big = Generator(demo_fleet(1_500))
    assert np.array_equal(big.ticks(10, 50).values[45:], big.ticks(55, 5).values)


def test_values_stay_within_the_contract_and_physics(generator):
    values = generator.ticks(0, 2016, LEAK).values
    assert np.isfinite(values).all()
    for place, metric in enumerate(METRICS):
        assert values[..., place].min() >= metric.low
        assert values[..., place].max() <= (100.0 if metric.unit == "%" else metric.high)


def test_the_demo_fleet_has_its_mix_at_every_size():
    assert [profile_counts(20)[profile] for profile in list(Profile)[:7]] == [4, 3, 2, 2, 3, 2, 4]
    for servers in (1, 2, 7, 21, 1_000, 5_000):
        names = [asset.name for asset in demo_fleet(servers).assets]
        assert len(set(names)) == servers


def test_dependencies_exist_and_have_no_cycle(fleet):
    known = {asset.name: asset.depends_on for asset in fleet.assets}
    level = {"storage": 0, "cache": 0, "queue": 0, "database": 1, "ml-compute": 1, "web": 2, "worker": 2}
    profile = {asset.name: asset.profile for asset in fleet.assets}
    assert all(level[profile[callee]] < level[profile[name]] for name, calls in known.items() for callee in calls)


def test_a_typical_moment_has_some_trouble_and_mostly_health(generator):
    states = generator.ticks(0, 2016).states
    ill = (states != State.HEALTHY).sum(axis=1)
    assert 1.5 < ill.mean() < 5.0
    assert np.quantile(ill, 0.9) <= 8


def test_mornings_are_busier_than_nights_and_weekends_quieter(generator):
    cpu = np.median(generator.ticks(0, 2016).values[:, :4, 0], axis=1)
    days = cpu.reshape(7, 24, 12).mean(axis=2)
    assert days[:5, 9].mean() > 1.4 * days[:5, 3].mean()
    assert days[5:, 9].mean() < 0.9 * days[:5, 9].mean()


def test_maintenance_shows_in_the_calendar_and_in_disk_io(fleet, generator):
    run = generator.ticks(0, 2016)
    assert np.array_equal(run.maintenance, in_maintenance(fleet.maintenance, run.assets, 0, 2016))
    servers = np.flatnonzero(run.maintenance.any(axis=0))
    io = run.values[:, :, 3]
    higher = [np.median(io[run.maintenance[:, s], s]) > np.median(io[~run.maintenance[:, s], s]) for s in servers]
    assert np.mean(higher) > 0.9


def test_unknown_servers_and_kinds_are_named(generator):
    with pytest.raises(ValueError, match="nobody"):
        generator.ticks(0, 1, assets=["nobody"])
    with pytest.raises(ValueError, match="nobody"):
        generator.ticks(0, 1, [default_injection(InjectionKind.CRITICAL, ["nobody"], 0)])
    with pytest.raises(ValueError, match="at least one server"):
        demo_fleet(0)


def test_upkeep_that_is_planned_is_played_like_the_fleets_own() -> None:
    fleet = demo_fleet(20, seed=7)
    idle = next(asset.name for asset in fleet.assets if asset.name not in {one.asset for one in fleet.maintenance})
    plain = Generator(fleet).ticks(2016, 24)
    kept = Generator(fleet).ticks(2016, 24, upkeep=[Upkeep((idle,), 2026, 2032)])
    changed = (plain.values != kept.values).any(axis=2)
    column = kept.assets.index(idle)
    assert changed[10:16, column].all() and not changed[:10].any() and not changed[16:].any()
    assert not np.delete(changed, column, axis=1).any()
    alone = Generator(fleet).ticks(2030, 1, assets=[idle], upkeep=[Upkeep((idle,), 2026, 2032)])
    assert (alone.values[0, 0] == kept.values[14, column]).all()
