"""Which of a user's machines a training keeps to set its widths: always the same, and never one that was fitted."""

import numpy as np
import pytest

from ml.dataset.windows import Span, simulated_span
from ml.runtime.fusion import KINDS

spans = pytest.importorskip("ml.tft.spans", reason="the training packages are not installed")


@pytest.fixture(scope="module")
def span() -> Span:
    return simulated_span(60, 2, 7, injected=0.0)


def fleet(span: Span, count: int) -> Span:
    return spans.some(span, np.arange(count))


@pytest.mark.parametrize("count", [5, 8, 20, 60])
def test_every_machine_is_either_fitted_or_kept(span: Span, count: int) -> None:
    fitted, kept = spans.split(fleet(span, count))
    assert sorted(fitted.assets + kept.assets) == sorted(span.assets[:count])
    assert 1 <= len(kept.assets) <= count // 2


def test_about_a_fifth_is_kept(span: Span) -> None:
    assert 6 <= len(spans.split(span)[1].assets) <= 18


def test_a_machine_that_was_fitted_is_not_kept_when_the_fleet_has_grown_shrunk_or_changed_its_order(span: Span) -> None:
    fitted = set(spans.split(fleet(span, 40))[0].assets)
    others = (fleet(span, 60), fleet(span, 30), spans.some(span, np.arange(39, -1, -1)))
    assert all(fitted.isdisjoint(spans.split(one)[1].assets) for one in others)


@pytest.mark.parametrize(("known", "strange"), [(17, 3), (3, 2), (10, 10), (2, 3)])
def test_each_network_has_machines_to_fit_and_machines_to_keep(known: int, strange: int) -> None:
    for fleet_number in range(200):
        names = tuple(f"srv-{fleet_number}-{row}" for row in range(known + strange))
        profiles = ("web",) * known + ("unknown",) * strange
        shape = (1, known + strange)
        parts = spans.split(Span(0, names, profiles, np.zeros((*shape, 1), np.float32), np.zeros(shape, np.bool_)))
        assert all(spans.of_kind([part], kind) for part in parts for kind in KINDS)


def test_fewer_than_five_machines_are_too_few(span: Span) -> None:
    with pytest.raises(ValueError, match="at least 5 machines, not 4"):
        spans.split(fleet(span, 4))


def test_with_simulated_servers_beside_them_a_few_machines_are_all_fitted(
    span: Span, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spans, "simulated_spans", lambda *_: [fleet(span, 6)])
    mine = fleet(span, 3)
    train, held = spans.fitted_and_held(40, 1, [mine], lambda _: None)
    assert train[-1] is mine and len(train) == 3 and len(held) == 2
