"""Which Forewarn this is: version, commit, schema."""

import tomllib
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from webapp.core.db import ROOT


@lru_cache(maxsize=1)
def version() -> str:
    """The version of this checkout, or of the installed package."""
    file = ROOT / "pyproject.toml"
    if file.is_file():
        return str(tomllib.loads(file.read_text())["project"]["version"])
    return metadata.version("forewarn")


@lru_cache(maxsize=1)
def commit() -> str | None:
    """The commit of this checkout, None where it is none. Reads Git's own files: no process is started."""
    git = ROOT / ".git"
    if git.is_file():  # a worktree
        git = Path(git.read_text().removeprefix("gitdir:").strip())
    head = git / "HEAD"
    if not head.is_file():
        return None
    text = head.read_text().strip()
    return _resolve(git, text.removeprefix("ref: ")) if text.startswith("ref: ") else text


def _resolve(git: Path, reference: str) -> str | None:
    common = git / "commondir"
    base = (git / common.read_text().strip()) if common.is_file() else git
    if (base / reference).is_file():
        return (base / reference).read_text().strip()
    packed = base / "packed-refs"
    lines = packed.read_text().splitlines() if packed.is_file() else []
    return next((line.split()[0] for line in lines if line.endswith(f" {reference}")), None)
