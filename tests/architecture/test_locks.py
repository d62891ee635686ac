"""What is installed: pinned with hashes, the same for people, product and training, and no CUDA."""

import re
import tomllib

import pytest

from tests.architecture.sources import python, text, tracked
from webapp.cli import bootstrap

LOCKS = tuple(bootstrap.LOCKS.values())


def pins(lock: str) -> dict[str, set[str]]:
    """Versions and their markers by package."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([a-z0-9._-]+)==([^\\\n]+)", text(lock), re.MULTILINE):
        found.setdefault(name, set()).add(version.strip())
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_hashes(lock: str) -> None:
    blocks = re.split(r"^(?=[a-z0-9])", text(lock), flags=re.MULTILINE)
    assert [block.split()[0] for block in blocks if "==" in block and "--hash=sha256:" not in block] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_nobody_downloads_cuda(lock: str) -> None:
    unwanted = re.compile(r"(nvidia|cuda|triton|nccl)|torch$")
    assert [name for name in pins(lock) if unwanted.match(name)] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_index(lock: str) -> None:
    assert "://" not in text(lock)
    assert "index-url" not in text(lock)


@pytest.mark.parametrize("lock", LOCKS[1:])
def test_the_other_locks_hold_the_products_pins(lock: str) -> None:
    own, more = pins(LOCKS[0]), pins(lock)
    assert {name: version for name, version in own.items() if more.get(name) != version} == {}


def test_developing_and_training_agree() -> None:
    dev, train = pins(bootstrap.LOCKS["dev"]), pins(bootstrap.LOCKS["train"])
    assert {name for name in dev.keys() & train.keys() if dev[name] != train[name]} == set()


def test_what_torch_needs_besides_cuda_is_locked() -> None:
    needs = {"filelock", "sympy", "networkx", "jinja2", "fsspec", "mpmath", "typing-extensions", "setuptools"}
    assert needs <= pins(bootstrap.LOCKS["train"]).keys()


def test_one_version_of_torch_from_one_place() -> None:
    groups = tomllib.loads(text("pyproject.toml"))["dependency-groups"]
    assert bootstrap.TORCH in groups["train"]
    assert bootstrap.TORCH in text("docker/Dockerfile").split()
    assert f"TORCH_INDEX={bootstrap.CPU_INDEX}\n" in text("docker/Dockerfile")
    host = bootstrap.CPU_INDEX.split("/")[2]
    readable = [name for name in tracked() if name.endswith((".md", ".toml", ".lock", ".yaml", "file", "/run"))]
    holders = [name for name in {*readable, *(name for name, _ in python())} if host in text(name)]
    assert sorted(holders) == ["docker/Dockerfile", "webapp/cli/bootstrap.py"]
