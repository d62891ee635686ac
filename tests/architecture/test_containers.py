"""The container files have the right form; no container is started here."""

import re
import subprocess
import sys
from pathlib import Path

from tests.architecture.sources import ROOT, text

BIN = Path(sys.executable).parent


def complaints(*command: str) -> str:
    done = subprocess.run([str(BIN / command[0]), *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_the_dockerfile_keeps_the_rules() -> None:
    assert complaints("hadolint", "docker/Dockerfile") == ""


def test_only_the_target_for_training_has_torch() -> None:
    stages = re.split(r"^FROM ", text("docker/Dockerfile"), flags=re.MULTILINE)
    assert [stage.split()[:3] for stage in stages if "torch==" in stage] == [["console", "AS", "train"]]
    assert stages[-1].split() == ["console"]  # what is built when no target is named


def test_the_compose_file_is_one() -> None:
    assert complaints("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker/compose.yaml") == ""


def test_every_process_has_a_container() -> None:
    from webapp.cli import lineup
    from webapp.core.settings import settings

    names = {spec.name for spec in (*lineup.first(settings()), *lineup.rest())}
    assert all(f'command: ["run", "{name}"]' in text("docker/compose.yaml") for name in names)


def test_the_image_holds_everything_that_the_product_reads() -> None:
    kept = {line[1:] for line in text("docker/Dockerfile.dockerignore").splitlines() if line.startswith("!")}
    copied = text("docker/Dockerfile")
    assert all(name in copied for name in kept)
    assert {"webapp", "workers", "ml", "alembic", "assets", "reflex.lock", "rxconfig.py"} <= kept
