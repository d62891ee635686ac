"""Injections: each kind drives its main metric over the threshold, weakly does not, and stops when told to."""

from dataclasses import replace

import numpy as np
import pytest

from ml.generator import first_breach, true_breaches
from ml.schema import METRIC_INDEX
from ml.streams.fleet import LIBRARY, THRESHOLDS, InjectionKind, default_injection

START = 1_476  # a Saturday morning without organic trouble on the servers below
SERVERS = {InjectionKind.CASCADE: "ppdb003"}


@pytest.mark.parametrize("kind", list(InjectionKind))
def test_full_intensity_breaches_the_main_metric_and_a_third_does_not(fleet, kind):
    name, info = SERVERS.get(kind, "ppqueue001"), LIBRARY[kind]
    span = info.ramp + info.hold
    strong = true_breaches(fleet, [default_injection(kind, [name], START)], START, span, assets=[name])
    weak = true_breaches(fleet, [default_injection(kind, [name], START, 0.3)], START, span, assets=[name])
    assert START <= strong[name, info.main_metric] <= START + info.ramp
    assert (name, info.main_metric) not in weak


def test_before_its_start_and_after_its_stop_an_injection_changes_nothing(generator):
    leak = replace(default_injection(InjectionKind.MEMORY_LEAK, ["ppml001"], START), stop=START + 20)
    with_leak, without = generator.ticks(START - 20, 80, [leak]).values, generator.ticks(START - 20, 80).values
    changed = (with_leak != without).any(axis=(1, 2))
    assert changed[20:40].all()
    assert not changed[:20].any()
    assert not changed[45:].any()


def test_a_cascade_reaches_callers_later_than_its_source(fleet, generator):
    cascade = default_injection(InjectionKind.CASCADE, ["ppdb001"], START)
    run, twin = generator.ticks(START, 60, [cascade]), generator.ticks(START, 60)
    rise = run.values[:, :, METRIC_INDEX["latency_ms"]] / twin.values[:, :, METRIC_INDEX["latency_ms"]]
    first = {name: int(np.argmax(rise[:, row] > 1.3)) for row, name in enumerate(run.assets) if rise[-1, row] > 1.3}
    callers = {asset.name for asset in fleet.assets if "ppdb001" in asset.depends_on}
    assert callers <= first.keys()
    assert all(first[name] > first["ppdb001"] for name in callers)
    assert set(first) <= callers | {"ppdb001"}


def test_a_dependencys_slowness_is_felt_but_less(generator):
    creep = default_injection(InjectionKind.LATENCY_CREEP, ["ppdb001"], START)
    run, twin = generator.ticks(START + 50, 20, [creep]).values, generator.ticks(START + 50, 20).values
    rise = np.median(run[:, :, 5] / twin[:, :, 5], axis=0)
    assert rise[4] > rise[0] > 1.2


def test_a_sudden_crash_has_no_precursor_and_is_marked_so(generator):
    crash = default_injection(InjectionKind.SUDDEN_CRASH, ["ppweb004"], START)
    run = generator.ticks(START - 1, 3, [crash], assets=["ppweb004"]).values[:, 0, METRIC_INDEX["error_pct"]]
    assert run[0] < 1.0
    assert run[1] > 50.0
    assert not LIBRARY[InjectionKind.SUDDEN_CRASH].predictable


def test_intensity_must_lie_within_its_range(generator):
    with pytest.raises(ValueError, match="intensity"):
        generator.ticks(0, 1, [default_injection(InjectionKind.CRITICAL, ["ppweb001"], 0, 1.5)])


def test_a_single_observation_above_the_threshold_is_no_breach():
    values = np.zeros((6, 1, 1), np.float32)
    values[[1, 3, 4]] = 2.0
    assert first_breach(values, np.ones((1, 1), np.float32))[0, 0] == 3
    assert first_breach(values[:3], np.ones((1, 1), np.float32))[0, 0] == -1


def test_every_profile_and_metric_has_a_threshold_and_every_kind_an_entry():
    assert all(len(row) == len(METRIC_INDEX) for row in THRESHOLDS.values())
    assert set(LIBRARY) == set(InjectionKind)
    assert all(info.label and info.description.endswith(".") for info in LIBRARY.values())
