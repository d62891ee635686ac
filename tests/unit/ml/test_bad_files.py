"""Damaged telemetry files: taken with a note on what was changed, or refused in one sentence; never a traceback."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ml.cli import main
from ml.dataset.alibaba import convert_usage
from ml.dataset.bitbrains import convert
from ml.dataset.telemetry import DatasetError, Telemetry, read_telemetry, write_telemetry
from ml.dataset.windows import simulated_span
from ml.schema import METRIC_NAMES

Change = Callable[[pd.DataFrame], pd.DataFrame]
ZERO = pd.Timestamp(0, tz="UTC")


@pytest.fixture(scope="module")
def good(tmp_path_factory) -> Path:
    """Four days of four servers."""
    path = tmp_path_factory.mktemp("files") / "good.parquet"
    span = simulated_span(4, 4, 5)
    write_telemetry(path, Telemetry(0, span.assets, span.profiles, span.values))
    return path


@pytest.fixture
def changed(good, tmp_path) -> Callable[[Change], Path]:
    def write(change: Change) -> Path:
        change(pd.read_parquet(good)).to_parquet(tmp_path / "changed.parquet")
        return tmp_path / "changed.parquet"

    return write


def every(frame: pd.DataFrame, value: object) -> pd.DataFrame:
    return frame.assign(**dict.fromkeys(METRIC_NAMES, value))


def at_first(frame: pd.DataFrame, column: str, value: object) -> pd.DataFrame:
    return frame.assign(**{column: frame[column].where(frame.index > 0, value)})


SAME: dict[str, tuple[Change, tuple[str, ...]]] = {
    "other order": (lambda f: f.sample(frac=1.0, random_state=1), ("times were not in order: sorted",)),
    "repeated": (lambda f: pd.concat([f, f[:300]]), ("300 rows repeat a time of their asset: averaged",)),
    "no zone": (lambda f: f.assign(at=f["at"].dt.tz_localize(None)), ("times carry no zone: read as UTC",)),
    "another zone": (lambda f: f.assign(at=f["at"].dt.tz_convert("Asia/Kolkata")), ()),
    "off the grid": (lambda f: f.assign(at=f["at"] - pd.Timedelta(seconds=77)), ()),
    "numbers as words": (lambda f: f.assign(cpu_pct=f["cpu_pct"].astype(str)), ()),
    "as an index": (lambda f: f.set_index(["asset", "at"]), ()),
    "categories": (lambda f: f.astype({"asset": "category", "profile": "category"}), ()),
}  # fmt: skip


@pytest.mark.parametrize("kind", SAME)
def test_what_can_be_put_right_is_read_as_if_it_had_been(good, changed, kind):
    change, notes = SAME[kind]
    got, expected = read_telemetry(changed(change)), read_telemetry(good)
    assert got.notes == notes
    assert (got.first, got.assets, got.profiles) == (expected.first, expected.assets, expected.profiles)
    np.testing.assert_allclose(got.values, expected.values, rtol=1e-6)


@pytest.mark.parametrize(("change", "note"), [
    (lambda f: f.drop(columns="profile"), "no profile column: every asset is of unknown profile"),
    (lambda f: f.assign(profile="mainframe"), "profiles read as unknown: mainframe"),
    (lambda f: f.assign(cpu_pct=np.inf), "cpu_pct: 4608 values dropped, infinite"),
    (lambda f: f.assign(cpu_pct=1e30), "cpu_pct: 4608 values dropped, outside 0 to 200"),
    (lambda f: f.assign(cpu_pct=-1), "cpu_pct: 4608 values dropped, outside 0 to 200"),
])  # fmt: skip
def test_what_cannot_be_used_is_left_out_with_a_note_and_costs_only_itself(good, changed, change, note):
    got, expected = read_telemetry(changed(change)), read_telemetry(good)
    assert got.notes == (note,)
    np.testing.assert_array_equal(got.values[..., 1:], expected.values[..., 1:])


def test_a_server_without_a_profile_is_of_unknown_profile(good, changed):
    got = read_telemetry(changed(lambda f: f.assign(profile=f["profile"].where(f["asset"] != f["asset"][0]))))
    assert got.notes == ()
    assert sum(before != after for before, after in zip(read_telemetry(good).profiles, got.profiles, strict=True)) == 1
    assert "unknown" in got.profiles


@pytest.mark.parametrize("wrong", ["1970-01-01", "2023-09-01", "2200-01-01", "9999-12-31"])
def test_one_wrong_clock_costs_its_own_rows_only(good, changed, wrong):
    wrong_at = pd.Timestamp(wrong, tz="UTC").as_unit("ms")
    got, expected = read_telemetry(changed(lambda f: at_first(f, "at", wrong_at))), read_telemetry(good)
    assert got.notes == ("1 rows dropped, months away from the others: was a clock wrong?",)
    assert (got.first, got.values.shape) == (expected.first, expected.values.shape)
    np.testing.assert_array_equal(got.values[1:], expected.values[1:])


def test_a_server_whose_clock_never_ran_stays_without_observations(good, changed):
    got = read_telemetry(changed(lambda f: f.assign(at=f["at"].where(f["asset"] != f["asset"][0], ZERO))))
    assert got.assets == tuple(sorted(set(pd.read_parquet(good)["asset"])))
    assert np.isnan(got.values).all(axis=(0, 2)).sum() == 1


def test_hours_without_a_row_are_a_gap(good, changed):
    noon = pd.Timestamp("2024-01-03T12:00", tz="UTC")
    late = changed(lambda f: f.assign(at=f["at"].where(f["at"] < noon, f["at"] + pd.Timedelta(hours=7))))
    got, expected = read_telemetry(late), read_telemetry(good)
    assert len(got.values) == len(expected.values) + 84
    assert np.isnan(got.values).all(axis=(1, 2)).sum() == 84


REFUSED: dict[str, tuple[Change, str]] = {
    "no asset": (lambda f: f.drop(columns="asset"), "column asset is missing"),
    "no time": (lambda f: f.drop(columns="at"), "column at is missing"),
    "no metric": (lambda f: f[["asset", "profile", "at"]], "none of the metrics"),
    "no rows": (lambda f: f[:0], "it holds no rows"),
    "no values": (lambda f: every(f, np.nan), "it holds no value that is possible"),
    "only endless values": (lambda f: every(f, np.inf), "it holds no value that is possible"),
    "words": (lambda f: f.assign(cpu_pct="high"), "column cpu_pct holds str, not numbers"),
    "truths": (lambda f: f.assign(cpu_pct=f["cpu_pct"] > 30.0), "column cpu_pct holds bool, not numbers"),
    "times as values": (lambda f: f.assign(cpu_pct=f["at"]), "column cpu_pct holds datetime64"),
    "lists": (lambda f: f.assign(cpu_pct=[[1.0]] * len(f)), "column cpu_pct holds object, not numbers"),
    "times as words": (lambda f: f.assign(at=f["at"].astype(str)), "column at holds str, not timestamps"),
    "times as numbers": (lambda f: f.assign(at=range(len(f))), "column at holds int64, not timestamps"),
    "a time is missing": (lambda f: at_first(f, "at", pd.NaT), "rows without an asset or a time"),
    "a name is missing": (lambda f: at_first(f, "asset", None), "rows without an asset or a time"),
    "one moment": (lambda f: f.assign(at=ZERO), "1 ticks are too few"),
    "three ticks": (lambda f: f[:12], "3 ticks are too few"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_file_that_cannot_be_scored_ends_in_one_sentence(changed, kind, capsys):
    change, word = REFUSED[kind]
    assert main(["evaluate", "--data", str(changed(change))]) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("error: ")
    assert word in last


@pytest.mark.parametrize(
    "content", [b"", b"PAR1", b"PAR1" + 300 * b"x" + b"PAR1", b"asset,at,cpu_pct\na,2024-01-01,1\n"]
)
def test_what_is_no_parquet_file_is_refused(tmp_path, content):
    (tmp_path / "file.parquet").write_bytes(content)
    with pytest.raises(DatasetError, match="not a parquet file that can be read"):
        read_telemetry(tmp_path / "file.parquet")


def test_a_column_that_is_there_twice_is_refused(good, tmp_path):
    table = pq.read_table(good)
    pq.write_table(table.append_column("cpu_pct", table["cpu_pct"]), tmp_path / "twice.parquet")
    with pytest.raises(DatasetError, match="not a parquet file that can be read"):
        read_telemetry(tmp_path / "twice.parquet")


@pytest.mark.filterwarnings("ignore:invalid value encountered in cast")  # a bit pattern may be a signalling NaN
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(1, 9_000), st.integers(0, 255)), min_size=1, max_size=5))
def test_a_file_with_wrong_bytes_is_read_or_refused(good, tmp_path, flips):
    content = bytearray(good.read_bytes())
    for place, byte in flips:
        content[-place] = byte
    (tmp_path / "flipped.parquet").write_bytes(content)
    try:
        got = read_telemetry(tmp_path / "flipped.parquet")
    except DatasetError:
        return
    assert got.values.shape[2] == len(METRIC_NAMES)


def test_constant_servers_are_scored_without_a_figure_that_is_none(changed, capsys):
    assert main(["evaluate", "--data", str(changed(lambda f: every(f, 50.0))), "--model", "persistence"]) == 0
    told = capsys.readouterr().out.splitlines()[-1]
    found = json.loads(told, parse_constant=pytest.fail)["models"]["persistence"]
    assert found["skill"] is None  # yesterday's value is right, always: nothing to be better than
    assert found["ci95_skill_vs_best_naive"] == [None, None]
    assert found["coverage80"] == 1.0


TRACE = {"vm": "7", "ts": 1_372_636_800, "cpu_usage_pct": 14.0, "mem_capacity_kb": 2_000.0, "mem_usage_kb": 500.0,
         "disk_read_kbs": 1_500.0, "disk_write_kbs": 500.0, "net_rx_kbs": 10.0, "net_tx_kbs": 30.0}  # fmt: skip


@pytest.mark.parametrize(("change", "word"), [
    ({"ts": "yesterday"}, "column ts holds object, not numbers"), ({"ts": np.nan}, "does not hold epoch seconds"),
    ({"net_rx_kbs": "much"}, "column net_rx_kbs holds object, not numbers"), ({"vm": None}, "rows without the name"),
])  # fmt: skip
def test_a_trace_with_wrong_columns_is_refused(change, word):
    with pytest.raises(DatasetError, match=word):
        convert(pd.DataFrame([TRACE, {**TRACE, **change}]))


def test_a_trace_that_lacks_a_column_is_refused():
    with pytest.raises(DatasetError, match="column mem_usage_kb is missing"):
        convert(pd.DataFrame([TRACE]).drop(columns="mem_usage_kb"))


@pytest.mark.parametrize(("change", "word"), [
    ({"ts": None}, "column ts has gaps"), ({"cpu_util_percent": "much"}, "column cpu_util_percent holds object"),
])  # fmt: skip
def test_cluster_machines_with_wrong_columns_are_refused(change, word):
    row = {"machine_id": "m_1", "ts": 10, "cpu_util_percent": 20.0, "mem_util_percent": 30.0}
    with pytest.raises(DatasetError, match=word):
        convert_usage(pd.DataFrame([row, {**row, **change}]))
