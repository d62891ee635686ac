"""Telemetry files: what is written is read back; what is wrong in a file is named, never quietly repaired."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ml.dataset.bitbrains import convert, read_bitbrains
from ml.dataset.telemetry import DatasetError, Telemetry, from_frame, read_telemetry, tick_time, write_telemetry
from ml.dataset.windows import simulated_span


def frame(at: list[str], cpu: list[float], **more: object) -> pd.DataFrame:
    times = pd.to_datetime(at, utc=True)
    return pd.DataFrame({"asset": "a", "profile": "web", "at": times, "cpu_pct": cpu, **more})


def test_a_file_round_trip_keeps_every_number_and_every_gap(tmp_path):
    span = simulated_span(8, 1, 5)
    values = span.values.copy()
    values[10:20, 3] = np.nan
    values[:, 2, 4] = np.nan
    sent = Telemetry(2016, span.assets, span.profiles, values)
    write_telemetry(tmp_path / "t.parquet", sent)
    got = read_telemetry(tmp_path / "t.parquet")
    place = [got.assets.index(name) for name in sent.assets]
    assert (got.first, got.notes) == (2016, ())
    np.testing.assert_array_equal(got.values[:, place], values)
    assert tuple(got.profiles[row] for row in place) == sent.profiles


def test_a_finer_grid_becomes_means_that_hold_nothing_from_later():
    got = from_frame(frame([f"2024-01-01T00:0{minute}:00" for minute in range(7)], list(range(7))))
    np.testing.assert_allclose(got.values[:, 0, 0], [0.0, 3.0, 6.0])
    assert tick_time(got.first).isoformat() == "2024-01-01T00:00:00+00:00"


def test_gaps_stay_gaps():
    got = from_frame(frame(["2024-01-01T00:00", "2024-01-01T00:15"], [1.0, 2.0]))
    assert np.isnan(got.values[1:3]).all()


def test_repeats_disorder_and_impossible_values_are_named():
    times = ["2024-01-01T00:10", "2024-01-01T00:00", "2024-01-01T00:00", "2024-01-01T00:05"]
    got = from_frame(frame(times, [1.0, 2.0, 4.0, np.inf], memory_pct=[-1.0, 50.0, 50.0, 900.0]))
    assert got.values[0, 0, 0] == 3.0
    assert set(got.notes) == {
        "1 rows repeat a time of their asset: averaged", "times were not in order: sorted",
        "cpu_pct: 1 values dropped, infinite", "memory_pct: 2 values dropped, outside 0 to 200",
    }  # fmt: skip


def test_unheard_of_profiles_and_zoneless_times_are_named():
    rough = frame(["2024-01-01"], [1.0]).assign(profile="mainframe", at=pd.to_datetime(["2024-01-01"]))
    got = from_frame(rough)
    assert got.profiles == ("unknown",)
    assert set(got.notes) == {"times carry no zone: read as UTC", "profiles read as unknown: mainframe"}


@pytest.mark.parametrize(("change", "word"), [
    ({"drop": "asset"}, "asset is missing"), ({"drop": "cpu_pct"}, "none of the metrics"),
    ({"at": [1]}, "not timestamps"), ({"cpu_pct": ["high"]}, "holds str, not numbers"),
    ({"asset": [None]}, "without an asset"),
])  # fmt: skip
def test_unusable_files_are_refused_with_the_reason(change, word):
    given = frame(["2024-01-01"], [1.0])
    given = given.drop(columns=change["drop"]) if "drop" in change else given.assign(**change)
    with pytest.raises(DatasetError, match=word):
        from_frame(given)


def test_a_missing_or_broken_file_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="no such file"):
        read_telemetry(tmp_path / "nothing.parquet")
    (tmp_path / "broken.parquet").write_text("hello")
    with pytest.raises(DatasetError, match="not a parquet file"):
        read_telemetry(tmp_path / "broken.parquet")


def test_trace_units_become_contract_units():
    row = {"vm": "7", "ts": 1_372_636_801, "cpu_usage_pct": 114.0, "mem_capacity_kb": 2_000.0, "mem_usage_kb": 500.0,
           "disk_read_kbs": 1_500.0, "disk_write_kbs": 500.0, "net_rx_kbs": 10.0, "net_tx_kbs": 30.0}  # fmt: skip
    got = convert(pd.DataFrame([row, {**row, "ts": row["ts"] + 299}]))
    np.testing.assert_allclose(got.values[0, 0, [0, 1, 3, 4]], [114.0, 25.0, 2.0, 0.04], rtol=1e-5)
    assert len(got.values) == 2
    assert tick_time(got.first).isoformat() == "2013-07-01T00:00:00+00:00"
    with pytest.raises(DatasetError, match="epoch seconds"):
        convert(pd.DataFrame([{**row, "ts": row["ts"] * 1_000}]))


@pytest.fixture(scope="module")
def recorded(shared_data) -> Path:
    return shared_data / "bitbrains"


def test_recorded_machines_become_telemetry(recorded):
    got = read_bitbrains(recorded, machines=3)
    known = np.isfinite(got.values).mean(axis=(0, 1))
    assert got.values.shape[1:] == (3, 7)
    assert (known[[0, 1, 3, 4]] > 0.9).all()
    assert (known[[2, 5, 6]] == 0).all()
    assert set(got.profiles) == {"unknown"}


def test_repeated_timestamps_in_recorded_machines_are_said(recorded):
    got = read_bitbrains(recorded, messy=True)
    assert got.notes[0] == "17706 rows of 4 machines repeat a timestamp with other values: averaged"


def test_recorded_machines_are_forecast(recorded, champion, plain_window):
    values = read_bitbrains(recorded, machines=3).values[3_000:3_288].transpose(1, 0, 2)
    forecast = champion.predict(plain_window(values))
    known = np.isfinite(forecast.quantiles).all(axis=(2, 3))
    assert known[:, [0, 1, 3, 4]].all()
    assert not known[:, [2, 5, 6]].any()
