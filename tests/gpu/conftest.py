"""What the GPU tests share. Where CUDA cannot run they are skipped, and torch is not even imported."""

import shutil
from pathlib import Path
from types import ModuleType

import pytest

DRIVER = Path("/proc/driver/nvidia/version")


@pytest.fixture(scope="session")
def cuda() -> ModuleType:
    """torch with a CUDA device; without one the test is skipped, in CI as well: few machines have a GPU."""
    if not DRIVER.exists() and shutil.which("nvidia-smi") is None:
        pytest.skip("this machine has no NVIDIA driver")
    torch = pytest.importorskip("torch", reason="the training packages are not installed")
    pytest.importorskip("pytorch_forecasting", reason="the training packages are not installed")
    if not torch.cuda.is_available():
        pytest.skip(f"torch {torch.__version__} finds no CUDA device")
    return torch
