"""The door for telemetry: each kind of wrong row is refused with its field and its number."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.schema import METRICS, Profile
from webapp.core.clock import tick_of
from webapp.core.errors import Invalid
from webapp.core.policies import telemetry
from webapp.core.policies.streams import slug_problem

AT = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


def row(**other: object) -> dict[str, object]:
    made: dict[str, object] = {"asset": "ppweb001", "at": "2026-11-21T08:00:00Z", "cpu_pct": 40.0}
    return {name: value for name, value in (made | other).items() if value != "absent"}


def errors(*rows: object, most: int = 10) -> list[tuple[str, int | None]]:
    with pytest.raises(Invalid) as refused:
        telemetry.parse({"rows": list(rows)}, AT, most)
    assert refused.value.message.endswith("Nothing was stored.")
    return [(one.field, one.row) for one in refused.value.errors]


def test_a_right_row_becomes_ticks_and_values_in_contract_order() -> None:
    (parsed,) = telemetry.parse({"rows": [row(profile="database", error_pct=1)]}, AT, 10)
    assert parsed.tick == tick_of(AT)
    assert parsed.profile is Profile.DATABASE
    assert parsed.values == (40.0, None, None, None, None, None, 1.0)


@pytest.mark.parametrize(
    ("field", "value"),
    [("cpu_pct", math.nan), ("cpu_pct", math.inf), ("cpu_pct", -math.inf), ("cpu_pct", 10**400), ("cpu_pct", "40"),
     ("cpu_pct", True), ("cpu_pct", []), ("cpu_pct", -0.1), ("cpu_pct", 200.5), ("error_pct", 101), ("unheard_of", 1),
     ("cpu_pct", {"value": 1}), ("asset", "absent"), ("asset", ""), ("asset", 7), ("asset", "a" * 129),
     ("asset", "a\x00b"), ("asset", "a/b"), ("asset", ".."), ("asset", " a"), ("asset", "\ud800"),
     ("asset", "a\u202eb"), ("asset", "e\u0301"), ("at", "absent"), ("at", 1700000000), ("at", "yesterday"),
     ("at", "2026-11-21T08:00:00"), ("at", "2026-11-21"),
     ("at", "2026-11-21T08:05:01Z"), ("at", "2026-10-17T07:59:59Z"), ("at", "9999-12-31T23:59:59-14:00"),
     ("at", "0001-01-01T00:00:00+14:00"), ("at", "x" * 5000), ("profile", "toaster"), ("profile", 3),
     ("profile", ["web"])],
)  # fmt: skip
def test_a_wrong_value_is_named_with_its_row(field: str, value: object) -> None:
    assert errors(row(asset="other"), row(**{field: value})) == [(field, 1)]


def test_a_row_without_any_metric_is_refused() -> None:
    assert errors(row(cpu_pct=None)) == [("cpu_pct", 0)]


def test_the_same_server_twice_in_a_tick_is_refused() -> None:
    assert errors(row(), row(at="2026-11-21T08:01:00+00:00")) == [("at", 1)]


def test_every_wrong_row_is_named() -> None:
    assert errors(row(cpu_pct=-1), row(asset="b"), "row", row(asset="c", net_mbps="x")) == [
        ("cpu_pct", 0),
        ("rows", 2),
        ("net_mbps", 3),
    ]


def test_a_flood_of_errors_is_cut_and_counted() -> None:
    with pytest.raises(Invalid, match="And 199 more") as refused:
        telemetry.parse({"rows": [row(asset=f"s{n}", cpu_pct=-1) for n in range(200)]}, AT, 500)
    assert len(refused.value.errors) == telemetry.SHOWN


@pytest.mark.parametrize("document", [None, [], 5, "rows", {}, {"rows": {}}, {"rows": []}, {"rows": [row()], "x": 1}])
def test_a_batch_of_another_shape_is_refused(document: object) -> None:
    with pytest.raises(Invalid) as refused:
        telemetry.parse(document, AT, 10)
    assert refused.value.errors[0].row is None


def test_a_batch_of_too_many_rows_is_refused() -> None:
    assert errors(*(row(asset=f"s{n}") for n in range(11))) == [("rows", None)]


@pytest.mark.parametrize("zone", ["Z", "+00:00", "+05:45", "-09:30"])
def test_any_zone_is_understood(zone: str) -> None:
    offset = datetime.fromisoformat(f"2026-11-21T08:00:00{zone}").utcoffset() or timedelta()
    local = (AT + offset).strftime("%Y-%m-%dT%H:%M:%S") + zone
    assert telemetry.parse({"rows": [row(at=local)]}, AT, 10)[0].tick == tick_of(AT)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_the_bounds_of_the_contract_are_accepted(metric: object) -> None:
    name, low, high = metric.name, metric.low, metric.high  # type: ignore[attr-defined]
    assert telemetry.parse({"rows": [row(**{name: low}), row(asset="b", **{name: high})]}, AT, 10)


@pytest.mark.parametrize("slug", ["", "-a", "a-", "A", "a b", "a_b", "a" * 49, "a/b", "ä", "a\n"])
def test_a_stream_is_named_plainly(slug: str) -> None:
    assert slug_problem(slug) is not None
    assert slug_problem("my-servers-2") is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
def test_no_document_breaks_the_door(document: object) -> None:
    with pytest.raises(Invalid):
        telemetry.parse(document, AT, 10)


@given(st.dictionaries(st.sampled_from(["asset", "at", "profile", "cpu_pct", "memory_pct", "x"]), JSON))
def test_a_row_is_taken_whole_or_refused(item: dict[str, object]) -> None:
    try:
        (parsed,) = telemetry.parse({"rows": [item]}, AT, 10)
    except Invalid:
        return
    assert parsed.asset == item["asset"]
    assert all(value is None or math.isfinite(value) for value in parsed.values)
