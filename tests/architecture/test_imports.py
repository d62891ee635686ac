"""What a process loads, measured in a fresh one."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT

_SHOW = "import sys; {}; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"


def loaded(statement: str) -> set[str]:
    """Top-level packages after a statement, in a new interpreter."""
    done = subprocess.run(
        [sys.executable, "-c", _SHOW.format(statement)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_every_import_contract_holds() -> None:
    command = shutil.which("lint-imports", path=str(Path(sys.executable).parent))
    done = subprocess.run([str(command), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_workers_load_no_web_framework() -> None:
    names = loaded("import workers.main")
    assert not {name for name in names if name.startswith("reflex")}
    assert not names & {"torch", "plotly", "pandas"}


@pytest.mark.parametrize("module", ["ml.runtime", "webapp.main", "workers.main"])
def test_what_serves_loads_nothing_that_trains(module: str) -> None:
    assert not loaded(f"import {module}") & {"torch", "lightning", "pytorch_forecasting", "lightgbm"}


@pytest.mark.parametrize("package", ["webapp", "webapp.core", "webapp.cli"])
def test_importing_a_package_costs_nothing(package: str) -> None:
    assert not loaded(f"import {package}") & {"reflex", "numpy", "sqlalchemy", "typer", "redis"}


def test_the_command_line_loads_no_heavy_library_for_its_help() -> None:
    heavy = {"reflex", "numpy", "sqlalchemy", "redis", "pandas", "psutil", "pydantic", "rich", "alembic"}
    assert not loaded("import webapp.cli.app") & heavy
