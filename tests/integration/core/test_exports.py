"""Telemetry as a file, and the window that reads it."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.integration.core.steps import drive, held
from webapp.core.errors import Invalid
from webapp.core.services import exports, streams

pytestmark = pytest.mark.usefixtures("demo")


def test_every_row_is_exported_in_the_contracts_layout(tmp_path: Path) -> None:
    drive(held(), ticks=1)
    rows = exports.export(streams.DEMO, tmp_path / "fleet.parquet")
    table = pq.read_table(tmp_path / "fleet.parquet")
    assert rows == table.num_rows == 20 * 290
    assert table.column_names[:4] == ["asset", "profile", "at", "cpu_pct"]


def test_a_range_without_telemetry_leaves_no_file(tmp_path: Path) -> None:
    drive(held(), ticks=1)
    with pytest.raises(Invalid):
        exports.export(streams.DEMO, tmp_path / "x.parquet", end_at=datetime(2001, 1, 1, tzinfo=UTC))
    assert not list(tmp_path.glob("x.parquet*"))
