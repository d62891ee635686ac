"""Recorded cluster machines: irregular samples become 5-minute means, what has no unit in the contract is left out."""

import numpy as np
import pandas as pd
import pytest

from ml.dataset.alibaba import convert_usage, read_alibaba
from ml.dataset.telemetry import DatasetError
from ml.schema import METRIC_INDEX


def usage(ts: list[int], cpu: list[float]) -> pd.DataFrame:
    return pd.DataFrame(
        {"machine_id": "m_1", "ts": ts, "cpu_util_percent": cpu, "mem_util_percent": 90, "net_in": 40.0}
    )


def test_irregular_samples_become_means_that_hold_nothing_from_later():
    got = convert_usage(usage([10, 130, 300, 310], [10, 20, 30, 80]))
    assert got.first == 1
    assert got.values[:, 0, 0].tolist() == [20.0, 80.0]
    assert np.isnan(got.values[..., METRIC_INDEX["net_mbps"]]).all()
    assert got.notes[1] == "net_in: left out, the contract has no metric in their unit"


def test_marks_for_abnormal_are_gaps_and_said():
    got = convert_usage(usage([10, 310, 610], [10, 101, -1]))
    assert np.isnan(got.values[1:, 0, 0]).all()
    assert got.notes[-1] == "cpu_pct: 2 values dropped, marked as abnormal at the source"


@pytest.mark.parametrize(
    ("content", "word"), [(None, "no such file"), (b"x", "not a parquet"), ("ts", "ts is missing")]
)
def test_what_cannot_be_read_is_named(tmp_path, content, word):
    file = tmp_path / "machine_usage.parquet"
    if isinstance(content, bytes):
        file.write_bytes(content)
    elif content:
        usage([1], [1]).drop(columns=content).to_parquet(file)
    with pytest.raises(DatasetError, match=word):
        read_alibaba(file)


def test_recorded_machines_become_telemetry(shared_data):
    got = read_alibaba(shared_data / "alibaba2018", machines=3)
    assert got.assets == ("m_1932", "m_1933", "m_1934")
    assert np.isfinite(got.values[:, :, [0, 1]]).mean() > 0.7
    assert not np.isfinite(got.values[:, :, 2:]).any()
