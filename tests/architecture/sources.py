"""The tracked files, as the rules below look at them."""

import subprocess
from functools import cache, lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@lru_cache(maxsize=1)
def tracked() -> tuple[str, ...]:
    """Every file of the product, from Git where it is a checkout, else from the folders."""
    command = ["git", "ls-files", "-co", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        return tuple(name for name in listed.stdout.splitlines() if (ROOT / name).is_file())
    hidden = (".venv", ".web", ".data", ".states", "__pycache__")
    found = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    return tuple(str(path) for path in found if not any(part in hidden for part in path.parts))


def python(*folders: str) -> list[tuple[str, str]]:
    """Name and text of each Python file below these folders, or of all."""
    wanted = tuple(f"{folder}/" for folder in folders) or ("",)
    return [(name, text(name)) for name in tracked() if name.endswith(".py") and name.startswith(wanted)]


@cache
def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")
