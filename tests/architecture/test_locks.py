"""What is installed: pinned with hashes, the same for people and for the product, and no CUDA."""

import re

import pytest

from tests.architecture.sources import text

LOCKS = ("requirements.lock", "requirements-dev.lock")


def pins(lock: str) -> dict[str, str]:
    """Version by package (and marker)."""
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", text(lock), re.MULTILINE))


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_hashes(lock: str) -> None:
    blocks = re.split(r"^(?=[a-z0-9])", text(lock), flags=re.MULTILINE)
    assert [block.split()[0] for block in blocks if "==" in block and "--hash=sha256:" not in block] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_nobody_downloads_cuda(lock: str) -> None:
    assert [name for name in pins(lock) if name.startswith(("nvidia", "cuda", "torch", "triton"))] == []


def test_the_developers_lock_holds_the_products_pins() -> None:
    own, more = pins(LOCKS[0]), pins(LOCKS[1])
    assert {name: version for name, version in own.items() if more.get(name) != version} == {}
