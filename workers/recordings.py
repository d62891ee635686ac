"""Recorded traces as a playback needs them: one array on disk, read a tick at a time.

A file is checked and converted once; what plays it maps the array, so a long trace of many servers costs no
memory. The folder is named after its content: the same trace is stored once.
"""

import hashlib
import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.contracts import Floats
from ml.dataset.bitbrains import convert
from ml.dataset.telemetry import EPOCH, Telemetry, from_frame, read_frame
from webapp.core.clock import tick_of

_TRACE_COLUMNS = frozenset({"vm", "ts", "cpu_usage_pct"})


@dataclass(frozen=True, slots=True)
class Recorded:
    """A stored trace: `values` [T, N, M] from the absolute tick `first`."""

    first: int
    assets: tuple[str, ...]
    profiles: tuple[str, ...]
    values: Floats

    @property
    def last(self) -> int:
        return self.first + len(self.values) - 1


def read(path: Path) -> Telemetry:
    """A telemetry file, or a recorded VM trace told by its columns. Raises DatasetError with the reason."""
    frame = read_frame(path)
    return convert(frame) if set(frame.columns) >= _TRACE_COLUMNS else from_frame(frame, str(path))


def store(telemetry: Telemetry, folder: Path) -> Path:
    """Keep a trace under `folder`, whole or not at all; returns its own folder."""
    digest = hashlib.sha256(
        telemetry.values.tobytes() + repr((telemetry.first, telemetry.assets, telemetry.profiles)).encode()
    ).hexdigest()
    target = folder / digest[:16]
    if target.is_dir():
        return target
    folder.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(dir=folder, prefix=".partial-"))
    try:
        np.save(partial / "values.npy", telemetry.values)
        index = {"first": telemetry.first + tick_of(EPOCH), "assets": telemetry.assets, "profiles": telemetry.profiles}
        (partial / "index.json").write_text(json.dumps(index))
        partial.rename(target)
    except FileExistsError:
        return target  # the same trace was stored beside us
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return target


def load(folder: Path) -> Recorded:
    """A stored trace, its values mapped from disk. Raises OSError when it is gone."""
    index = json.loads((folder / "index.json").read_text())
    values = np.load(folder / "values.npy", mmap_mode="r")
    return Recorded(index["first"], tuple(index["assets"]), tuple(index["profiles"]), values)
