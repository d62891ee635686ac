"""The set-up says in one sentence what is missing."""

import ast
import sys
from pathlib import Path

import pytest

from webapp.cli import bootstrap


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "install.log"
    monkeypatch.setattr(bootstrap, "LOG", str(file))
    return file


def test_it_parses_on_an_old_python_to_say_that_it_is_too_old() -> None:
    ast.parse(Path(bootstrap.__file__).read_text(), feature_version=(3, 6))


def test_an_old_python_without_a_newer_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "OLDEST", (4, 0))
    monkeypatch.setattr(bootstrap, "NEWEST", (4, 2))
    with pytest.raises(bootstrap.Stop, match=r"is needed; this is 3\.\d+ .*make run PYTHON="):
        bootstrap.check_platform()


def test_a_python_without_its_venv_module_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "find_spec", lambda name: None)
    with pytest.raises(bootstrap.Stop, match=rf"apt-get install python3\.{sys.version_info[1]}-venv"):
        bootstrap.make_venv()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (
            "WARNING: Retrying ... NewConnectionError('...')\nERROR: No matching distribution found for x",
            "cannot be reached",
        ),
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk is full"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "DO NOT MATCH THE HASHES"),
        ("", "no reason given"),
    ],
)
def test_a_failed_installation_is_one_sentence(line: str, says: str, log: Path) -> None:
    log.write_text(line)
    assert says in bootstrap.why_pip_failed()
    assert "\n" not in bootstrap.why_pip_failed()


def test_the_stamp_depends_on_the_lock() -> None:
    assert bootstrap.digest("requirements.lock") != bootstrap.digest("requirements-dev.lock")
