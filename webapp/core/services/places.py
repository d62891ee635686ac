"""Where stored files are, written so that the checkout and the data folder may move.

A path inside the data folder or the checkout is kept relative to it; any other is kept as it is.
"""

from pathlib import Path

from webapp.core.db import ROOT
from webapp.core.settings import settings

_DATA, _CODE = "data:", "code:"


def kept(path: Path) -> str:
    """How a path is written into the database."""
    for mark, base in ((_DATA, settings().data_dir.resolve()), (_CODE, ROOT)):
        if path.resolve().is_relative_to(base):
            return mark + path.resolve().relative_to(base).as_posix()
    return str(path.resolve())


def found(text: str) -> Path:
    """Where such a path is now."""
    if text.startswith(_DATA):
        return settings().data_dir.resolve() / text.removeprefix(_DATA)
    return ROOT / text.removeprefix(_CODE) if text.startswith(_CODE) else Path(text)
