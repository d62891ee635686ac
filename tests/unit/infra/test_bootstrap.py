"""The set-up says in one sentence what is missing."""

import ast
import os
import re
import sys
from collections.abc import Callable
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


def test_the_disk_that_is_needed_is_that_of_the_readme(log: Path) -> None:
    log.write_text("[Errno 28] No space left on device")
    needed = re.search(r"about [\d.]+ GB", bootstrap.why_pip_failed())
    assert needed and f"{needed[0]} of disk" in (Path(bootstrap.ROOT) / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def pip(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What pip is asked to install, in a machine without a GPU whose pip has no index of its own."""
    asked: list[list[str]] = []
    monkeypatch.setattr(bootstrap, "install", lambda what, options: asked.append(options))
    monkeypatch.setattr(bootstrap, "has_gpu", lambda: False)
    monkeypatch.setattr(bootstrap, "own_index", lambda: False)
    monkeypatch.setattr(bootstrap, "why_not", lambda *modules: "")
    monkeypatch.setattr(sys, "platform", "linux")
    return asked


LOCKED = bootstrap.locked("requirements-train.lock")
ALONE = ["--no-deps", "--only-binary", ":all:", "--retries", "1", bootstrap.TORCH]
WITH_ITS_LIBRARIES = ["--only-binary", ":all:", bootstrap.TORCH]


def test_a_lock_is_installed_as_it_is() -> None:
    assert LOCKED[:-1] == ["--no-deps", "--require-hashes", "--only-binary", ":all:", "-r"]
    assert Path(LOCKED[-1]) == Path(bootstrap.ROOT) / "requirements-train.lock"


def test_without_a_gpu_torch_comes_from_the_cpu_index_alone(pip: list[list[str]]) -> None:
    bootstrap.install_training()
    assert pip == [[*ALONE, "--index-url", bootstrap.CPU_INDEX], LOCKED]


def test_an_index_of_the_users_own_comes_first(pip: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "own_index", lambda: True)
    bootstrap.install_training()
    assert pip == [ALONE, LOCKED]


def test_elsewhere_than_on_linux_the_ordinary_torch_has_no_cuda(
    pip: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    bootstrap.install_training()
    assert pip == [ALONE, LOCKED]


@pytest.mark.parametrize("own", [False, True])
def test_with_a_gpu_torch_gets_cuda_after_the_lock(
    own: bool, pip: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "has_gpu", lambda: True)
    monkeypatch.setattr(bootstrap, "own_index", lambda: own)
    bootstrap.install_training()
    assert pip == [ALONE, LOCKED, WITH_ITS_LIBRARIES]


def test_a_cuda_build_from_an_own_index_gets_its_libraries(
    pip: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "own_index", lambda: True)
    monkeypatch.setattr(bootstrap, "why_not", lambda *modules: "OSError: libcudart" if modules == ("torch",) else "")
    bootstrap.install_training()
    assert pip == [ALONE, LOCKED, WITH_ITS_LIBRARIES]


@pytest.mark.parametrize("broken", ["lightning", "lightgbm"])
def test_packages_that_do_not_start_are_one_sentence(
    broken: str, pip: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "why_not", lambda *modules: "ImportError: x" if broken in modules else "")
    with pytest.raises(bootstrap.Stop, match=r"do not start \(ImportError: x\)\.$"):
        bootstrap.install_training()


@pytest.mark.parametrize(
    "reason",
    [
        "OSError: libgomp.so.1: cannot open shared object file: No such file or directory",
        "  Reason: tried: '/opt/homebrew/opt/libomp/lib/libomp.dylib' (no such file)",
    ],
)
def test_a_library_that_pip_cannot_bring_is_told_and_holds_up_nothing(
    reason: str, pip: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Beside torch, which has a copy of the library, it would not be missed.
    monkeypatch.setattr(bootstrap, "why_not", lambda *modules: reason if modules == ("lightgbm",) else "")
    bootstrap.install_training()
    said = capsys.readouterr().err
    assert "apt-get install libgomp1" in said
    assert said.count("\n") == 1


def test_a_driver_or_its_tool_is_a_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(bootstrap, "DRIVER", str(tmp_path / "version"))
    assert not bootstrap.has_gpu()
    (tmp_path / "nvidia-smi").write_text("#!/bin/sh\n")
    (tmp_path / "nvidia-smi").chmod(0o755)
    assert bootstrap.has_gpu()
    (tmp_path / "nvidia-smi").rename(tmp_path / "version")
    assert bootstrap.has_gpu()


@pytest.mark.parametrize(
    ("name", "value", "own"),
    [
        ("PIP_INDEX_URL", "https://mirror.example.org/simple", True),
        ("PIP_EXTRA_INDEX_URL", "https://mirror.example.org/simple", True),
        ("PIP_FIND_LINKS", "/wheels", True),
        ("PIP_NO_INDEX", "1", True),
        ("PIP_TIMEOUT", "30", False),
    ],
)
def test_pip_says_whether_the_user_chose_an_index(
    name: str, value: str, own: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for known in [known for known in os.environ if known.startswith("PIP_")]:
        monkeypatch.delenv(known)
    monkeypatch.setattr(bootstrap, "PYTHON", sys.executable)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv(name, value)
    assert bootstrap.own_index() is own


def test_a_file_of_pips_is_read_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "pip.conf"
    file.write_text("[install]\nindex-url = https://mirror.example.org/simple\n")
    monkeypatch.setattr(bootstrap, "PYTHON", sys.executable)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(file))
    assert bootstrap.own_index()


def test_a_module_that_does_not_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "PYTHON", sys.executable)
    assert bootstrap.why_not("json", "ast") == ""
    assert bootstrap.why_not("json", "no_such_module") == "ModuleNotFoundError: No module named 'no_such_module'"


@pytest.fixture
def unreachable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], dict[str, str]]:
    """An environment that has everything but training, which cannot be had; called, it tells the stamps."""
    environment = {"ROOT": tmp_path, "STAMP": tmp_path / "stamp.json", "PYTHON": sys.executable}
    for name, value in environment.items():
        monkeypatch.setattr(bootstrap, name, str(value))
    monkeypatch.setattr(bootstrap, "digest", lambda lock: lock)
    bootstrap.stamp("run", "dev")

    def refuse() -> None:
        raise bootstrap.Stop("The package index cannot be reached.")

    monkeypatch.setattr(bootstrap, "install_training", refuse)
    return bootstrap.stamps


def test_without_training_the_console_starts_and_says_so(
    unreachable: Callable[[], dict[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    bootstrap.setup("run")
    said = capsys.readouterr().err
    assert said.startswith("forewarn: training is not available, the next start tries again (The package index cannot")
    assert said.count("\n") == 1
    assert "train" not in unreachable()


def test_without_training_the_developers_setup_fails(unreachable: Callable[[], dict[str, str]]) -> None:
    with pytest.raises(bootstrap.Stop, match="cannot be reached"):
        bootstrap.setup("dev")
    assert "train" not in unreachable()


def test_what_is_installed_is_not_looked_at_again(
    unreachable: Callable[[], dict[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    bootstrap.stamp("train")
    bootstrap.setup("run")
    bootstrap.setup("dev")
    assert capsys.readouterr() == ("", "")
