"""Model artefacts on disk: a folder with safetensors and a manifest, written whole or not at all.

Guards that what is loaded is what was approved: every file's hash is checked, nothing is unpickled,
and a model made for another contract, tick length or horizon is refused with the reason in the error.

    ArtifactError
    |-- ArtifactMissing        no such folder, or a file of it is absent
    |-- ArtifactTampered       a file or the manifest is not what its hash says
    |-- ArtifactIncompatible   made for another data contract, tick length, horizon or runtime
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load, save

from ml.contracts import Manifest
from ml.schema import HORIZON, TICK_SECONDS, schema_hash

Tensors = Mapping[str, NDArray[np.generic]]
MANIFEST: Final = "manifest.json"
WEIGHTS: Final = "model.safetensors"


class ArtifactError(Exception):
    """Anything that keeps an artefact from being used; the message is fit for an operator."""


class ArtifactMissing(ArtifactError):
    """The folder or one of its files is not there."""


class ArtifactTampered(ArtifactError):
    """A file does not have the hash that the manifest gives."""


class ArtifactIncompatible(ArtifactError):
    """The model was made for something else than what this process serves."""


def write(folder: Path, tensors: Tensors, manifest: Manifest) -> tuple[Manifest, str]:
    """Write an artefact to `folder` (which must not exist yet); returns the manifest with file hashes, and its sha256.

    Everything goes to a temporary neighbour first, is flushed to disk and renamed, so a crash leaves no half model.
    """
    if folder.exists():
        raise ArtifactError(f"{folder} exists already; an artefact is never overwritten")
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        blob = save({name: np.ascontiguousarray(tensors[name]) for name in sorted(tensors)})
        _flush(temporary / WEIGHTS, blob)
        complete = replace(manifest, files={WEIGHTS: hashlib.sha256(blob).hexdigest()})
        digest = fingerprint(complete)
        document = {**asdict(complete), "sha256": digest}
        _flush(temporary / MANIFEST, (json.dumps(document, indent=2, sort_keys=True) + "\n").encode())
        temporary.chmod(0o755)
        temporary.rename(folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return complete, digest


def _flush(path: Path, blob: bytes) -> None:
    with path.open("wb") as file:
        file.write(blob)
        file.flush()
        os.fsync(file.fileno())


def fingerprint(manifest: Manifest) -> str:
    """The artefact's sha256: over the whole manifest, and through its file hashes over every byte of the model."""
    return hashlib.sha256(json.dumps(asdict(manifest), sort_keys=True).encode()).hexdigest()


def read_manifest(folder: Path) -> tuple[Manifest, str]:
    """The manifest and its sha256, checked against each other but not yet against the files."""
    path = folder / MANIFEST
    if not path.is_file():
        raise ArtifactMissing(f"no model artefact in {folder}: {MANIFEST} is missing")
    try:
        document: dict[str, Any] = json.loads(path.read_bytes())
        digest = document.pop("sha256")
        manifest = Manifest(**document)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArtifactTampered(f"{path} is not a manifest: {error}") from error
    if fingerprint(manifest) != digest:
        raise ArtifactTampered(f"{path} was changed after it was written")
    return manifest, digest


def read(folder: Path) -> tuple[Manifest, str, dict[str, NDArray[np.generic]]]:
    """Load and verify an artefact: manifest, sha256, tensors. Raises one of this module's errors, naming the reason."""
    manifest, digest = read_manifest(folder)
    check(manifest)
    blobs = {name: _verified(folder / name, expected) for name, expected in manifest.files.items()}
    if WEIGHTS not in blobs:
        raise ArtifactMissing(f"{folder} names no {WEIGHTS}")
    return manifest, digest, load(blobs[WEIGHTS])


def _verified(path: Path, expected: str) -> bytes:
    if not path.is_file():
        raise ArtifactMissing(f"{path} is missing")
    blob = path.read_bytes()
    if hashlib.sha256(blob).hexdigest() != expected:
        raise ArtifactTampered(f"{path} does not have the hash that its manifest gives")
    return blob


def check(manifest: Manifest) -> None:
    """Raise ArtifactIncompatible when the model's time base, horizon or data contract is not this process's."""
    for what, theirs, ours in (
        ("tick length in seconds", manifest.tick_seconds, TICK_SECONDS),
        ("horizon in steps", manifest.horizon, HORIZON),
        ("data contract", manifest.schema_hash, schema_hash()),
    ):
        if theirs != ours:
            raise ArtifactIncompatible(f"{manifest.model} {manifest.version}: its {what} is {theirs}, not {ours}")
