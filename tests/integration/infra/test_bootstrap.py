"""From a bare Python to an installed environment, with one tiny package instead of ninety."""

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from webapp.cli import bootstrap

ROOT = Path(__file__).resolve().parents[3]
TORCH = bootstrap.TORCH.removeprefix("torch==")


def make_wheel(folder: Path, version: str, name: str = "tiny") -> str:
    """A package of one module; returns its hash."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": f"VERSION = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = [f"{file},sha256={_digest(text.encode())},{len(text)}" for file, text in files.items()]
    with zipfile.ZipFile(path, "w") as archive:
        for inside, text in files.items():
            archive.writestr(inside, text)
        archive.writestr(f"{info}/RECORD", "\n".join([*rows, f"{info}/RECORD,,"]) + "\n")
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


class Checkout:
    """A copy of what the set-up needs, with its own lock."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "webapp" / "cli").mkdir(parents=True)
        shutil.copy(ROOT / "webapp" / "cli" / "bootstrap.py", folder / "webapp" / "cli")
        (folder / "webapp" / "cli" / "app.py").write_text(
            "def main():\n    import sys, tiny\n    print(tiny.VERSION, sys.argv[1:])\n"
        )
        (folder / "wheels").mkdir()
        make_wheel(folder / "wheels", TORCH, "torch")
        hashes = {name: make_wheel(folder / "wheels", "1.0", name) for name in bootstrap.TRAINING if name != "torch"}
        lines = [f"{name}==1.0 --hash=sha256:{digest}\n" for name, digest in hashes.items()]
        (folder / "requirements-train.lock").write_text("".join(lines))

    def want(self, version: str) -> None:
        digest = make_wheel(self.folder / "wheels", version)
        (self.folder / "requirements.lock").write_text(f"tiny=={version} --hash=sha256:{digest}\n")

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        mine = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
        pip = {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": (self.folder / "wheels").as_uri()}
        command = [sys.executable, str(self.folder / "webapp" / "cli" / "bootstrap.py"), *arguments]
        return subprocess.run(command, env={**mine, **pip}, cwd="/", capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    made = Checkout(tmp_path_factory.mktemp("bootstrap") / "a checkout")  # a space: paths are quoted everywhere
    made.want("1.0")
    return made


def test_one_command_installs_and_starts(checkout: Checkout) -> None:
    done = checkout.run("run", "--port", "9000")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].endswith("['up', '--port', '9000']")


def test_a_second_run_installs_nothing_until_the_lock_changes(checkout: Checkout) -> None:
    checkout.want("2.0")
    assert "Installing" in checkout.run("run").stdout
    assert checkout.run("run").stdout == "2.0 ['up']\n"


def test_the_environment_can_train(checkout: Checkout) -> None:
    code = f"import {', '.join(bootstrap.TRAINING)}; print(torch.VERSION)"
    python = checkout.folder / ".venv" / "bin" / "python"
    assert subprocess.check_output([python, "-c", code], text=True) == f"{TORCH}\n"


def test_the_console_starts_without_torch_and_tries_again(checkout: Checkout) -> None:
    wheel = checkout.folder / "wheels" / f"torch-{TORCH}-py3-none-any.whl"
    lock = checkout.folder / "requirements-train.lock"
    lock.write_text(lock.read_text() + "\n")  # a new release's lock
    python = checkout.folder / ".venv" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "uninstall", "--quiet", "--yes", "torch"], check=True)
    hidden = wheel.rename(wheel.with_suffix(".away"))
    for _ in range(2):
        started = checkout.run("run")
        assert started.returncode == 0
        assert started.stdout.endswith("2.0 ['up']\n")
        assert started.stderr.startswith("forewarn: training is not available, the next start tries again (")
        assert started.stderr.count("\n") == 1
    hidden.rename(wheel)
    assert checkout.run("run").stderr == ""
    assert checkout.run("run").stdout == "2.0 ['up']\n"


def test_a_package_with_another_hash_is_refused_in_one_line(checkout: Checkout) -> None:
    checkout.want("3.0")
    lock = checkout.folder / "requirements.lock"
    lock.write_text("tiny==3.0 --hash=sha256:" + "0" * 64 + "\n")
    refused = checkout.run("run")
    assert refused.returncode == 1
    assert refused.stderr.startswith("forewarn: pip could not install the packages (ERROR: THESE PACKAGES DO NOT MATCH")
    assert refused.stderr.count("\n") == 1


def test_a_broken_environment_is_made_again(checkout: Checkout) -> None:
    checkout.want("4.0")
    checkout.run("setup")
    (checkout.folder / ".venv" / "bin" / "python").unlink()
    assert checkout.run("run").stdout.endswith("4.0 ['up']\n")


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path)
    checkout.want("5.0")
    (tmp_path / ".venv").write_text("a file in the way")
    refused = checkout.run("run")
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "Traceback" not in refused.stderr
