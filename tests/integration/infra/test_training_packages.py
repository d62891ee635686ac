"""What `python -m ml train` needs is there and starts."""

import subprocess
import sys
from collections.abc import Callable

import pytest

from webapp.cli import bootstrap


@pytest.mark.parametrize("modules", [("torch", "lightning", "pytorch_forecasting"), ("lightgbm",)])
def test_the_environment_can_train(modules: tuple[str, ...], tool: Callable[[str], str]) -> None:
    """LightGBM in a process of its own: beside torch it would find torch's OpenMP where the system has none."""
    if "lightgbm" in modules:
        tool("OpenMP")
    done = subprocess.run([sys.executable, "-c", f"import {', '.join(modules)}"], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_torch_is_the_version_that_is_pinned() -> None:
    from importlib.metadata import version

    assert f"torch=={version('torch').partition('+')[0]}" == bootstrap.TORCH
