"""What the model looked at: every input belongs to one group, and the groups' shares sum to one."""

from collections import Counter

import numpy as np
import pytest

from ml.runtime.inputs import DECODER, ENCODER, GROUPS, LEADS, STATIC
from ml.runtime.reasons import NAMED, VARIABLES, groups_of, reasons, variable_shares
from ml.runtime.tft import CATEGORIES, Looked
from ml.schema import METRICS


def shares(rng: np.random.Generator, *shape: int) -> np.ndarray:
    drawn = rng.random(shape).astype(np.float32)
    return drawn / drawn.sum(axis=0)


def looked(seed: int = 1, servers: int = 2) -> Looked:
    rng, series = np.random.default_rng(seed), len(METRICS) * servers
    attention = shares(rng, len(GROUPS) + len(LEADS), len(LEADS), series).transpose(1, 0, 2)
    return Looked(
        shares(rng, len(CATEGORIES) + len(STATIC), series), shares(rng, len(ENCODER), len(GROUPS), series),
        shares(rng, len(DECODER), len(LEADS), series), attention,
    )  # fmt: skip


@pytest.mark.parametrize("metric", range(len(METRICS)))
def test_every_input_belongs_to_exactly_one_group(metric: int) -> None:
    assert Counter(groups_of(metric).keys()) == Counter(VARIABLES)
    named = Counter(variable for variables in NAMED.values() for variable in variables)
    assert max(named.values()) == 1
    assert not [variable for variable in named if variable.startswith("climb_")]


def test_the_own_climb_is_a_trend_and_the_others_are_of_other_metrics() -> None:
    climbs = {name: group for name, group in groups_of(1).items() if name.startswith("climb_")}
    assert climbs.pop("climb_memory_pct") == "Its trend"
    assert set(climbs.values()) == {"Other metrics of this server"}


def test_shares_sum_to_one_and_fall() -> None:
    why = reasons(looked(), 3, servers=2, server=1)
    assert sum(one.share for one in why.groups) == pytest.approx(1.0, abs=1e-5)
    assert [one.share for one in why.groups] == sorted((one.share for one in why.groups), reverse=True)
    assert sum(one.inputs for one in why.groups) == len(VARIABLES)


def test_what_is_ahead_counts_as_much_as_it_was_attended_to() -> None:
    given = looked()
    given.attention[...] = 0.0
    given.attention[:, len(GROUPS)] = 1.0
    found = dict(zip(VARIABLES, variable_shares(given, 0), strict=True))
    assert all(found[name] == 0.0 for name in ENCODER)
    assert sum(found[name] for name in DECODER) == pytest.approx(2 / 3, abs=1e-5)
    np.testing.assert_allclose([found[name] for name in DECODER], 2 / 3 * given.decoder[:, 0, 0], rtol=1e-5)


def test_the_stretch_that_was_attended_to_most_is_named_in_hours() -> None:
    given = looked()
    given.attention[:, GROUPS.index((-6, -4))] = 2.0
    why = reasons(given, 0)
    assert (why.from_h, why.to_h) == (3.0, 2.0)
