"""Where an installation lives."""

import os
from pathlib import Path

import pytest

from webapp.cli import place
from webapp.core.errors import Conflict


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "FOREWARN_DATA_DIR",
        "FOREWARN_REDIS_URL",
        "REDIS_URL",
        "FOREWARN_METRICS_DIR",
        "PROMETHEUS_MULTIPROC_DIR",
    ):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


def test_the_socket_lies_in_the_data_folder() -> None:
    assert place.socket_path(Path("/srv/data")) == Path("/srv/data/run/valkey.sock")


def test_a_deep_folder_gets_a_short_socket_of_its_own() -> None:
    one, other = (place.socket_path(Path("/srv") / ("x" * 100) / name) for name in ("a", "b"))
    assert one != other
    assert len(os.fsencode(one)) <= 107


def test_a_given_broker_is_kept_and_hidden_from_the_web_framework(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere")
    place.settle(tmp_path)
    assert os.environ["FOREWARN_REDIS_URL"] == "redis://elsewhere"
    assert "REDIS_URL" not in os.environ


def test_the_data_folder_can_be_held_once(tmp_path: Path) -> None:
    place.make_writable(tmp_path)
    with place.lock(tmp_path) as holder:
        place.note_holder(holder, "on port 1234")
        with pytest.raises(Conflict, match="on port 1234"):
            place.lock(tmp_path)


def test_the_run_folder_is_private(tmp_path: Path) -> None:
    place.make_writable(tmp_path / "new" / "data")
    assert (tmp_path / "new" / "data" / "run").stat().st_mode & 0o777 == 0o700


def test_a_run_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "theirs")
    with pytest.raises(Conflict, match="belongs to somebody else"):
        place.make_private(tmp_path / "run")
