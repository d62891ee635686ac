"""Secrets of what is outside, each in a file of its own in the data folder that nobody else may read: in no row."""

import os
from pathlib import Path
from secrets import token_hex

from webapp.core.errors import Unavailable
from webapp.core.settings import settings


def keep(noun: str, text: str) -> str:
    """Write a secret; returns the name of its file, which a row may hold."""
    folder, name = _folder(), f"{noun}-{token_hex(8)}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "w") as out:
        out.write(text)
    return name


def kept(name: str, what: str) -> str:
    """A secret by the name of its file. Raises Unavailable, naming `what` it is, when it cannot be read."""
    try:
        return (_folder() / name).read_text()
    except OSError as error:
        raise Unavailable(
            f"The {what} cannot be read ({error.strerror}): restore the folder `secrets` of the data folder, or "
            "remove it and add it again."
        ) from error


def drop(name: str | None) -> None:
    """Forget a secret; nothing for None, and when it is gone already."""
    if name is not None:
        (_folder() / name).unlink(missing_ok=True)


def _folder() -> Path:
    return settings().data_dir / "secrets"
